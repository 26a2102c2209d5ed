"""Two rows that change together or not at all, as each family of databases can say it in a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from exporter.repair.pen import Pen


@dataclass(frozen=True, slots=True)
class Release:
    """A reservation (alias r) to be released, its row of stock (s), and the order (o) that must be as it was seen.

    Conditions are SQL with these aliases. `there` is whether the order was found: else none with these may be there.
    """

    lock: Pen
    lock_is: Sequence[str]
    released: str
    stock: Pen
    stock_is: Sequence[str]
    quantity: int
    order: Pen
    order_is: Sequence[str]
    there: bool

    @property
    def enough(self) -> str:
        return f"{self.stock.column('reserved')} >= {self.quantity}"

    @property
    def order_stands(self) -> str:
        some = f"EXISTS (SELECT 1 FROM {self.order.name} AS o WHERE {' AND '.join(self.order_is)})"
        return some if self.there else f"NOT {some}"

    @property
    def lock_stands(self) -> str:
        return f"EXISTS (SELECT 1 FROM {self.lock.name} AS r WHERE {' AND '.join(self.lock_is)})"


def together(release: Release) -> str:
    """Rows are locked before they are judged: a payment that comes at the same moment waits, or is seen."""
    return {"mysql": _mysql, "postgresql": _postgres, "sqlite": _sqlite}[release.lock.family](release)


def _mysql(release: Release) -> str:
    """One statement over two tables; the order is locked into a variable, so that the client prints nothing."""
    lock, stock = release.lock, release.stock
    status, reserved = lock.column("status"), stock.column("reserved")
    where = [*release.lock_is, *release.stock_is, release.enough, release.order_stands]
    return (
        "START TRANSACTION;\n"
        f"SELECT COUNT(*) INTO @orders FROM {release.order.name} AS o\n"
        f"WHERE {' AND '.join(release.order_is)} FOR UPDATE;\n"
        f"UPDATE {lock.name} AS r, {stock.name} AS s\n"
        f"SET {status} = {release.released}, {reserved} = {reserved} - {release.quantity}\n"
        f"WHERE {' AND '.join(where)};\n"
        "SET @changed = @changed + ROW_COUNT();\n"
        "COMMIT;"
    )


def _postgres(release: Release) -> str:
    """The stock first, then the reservation if that changed; both in one statement, after the rows are locked."""
    lock = release.lock
    orders = f"SELECT COUNT(*) AS orders FROM (SELECT 1 FROM {release.order.name} AS o WHERE "
    locks = f"SELECT COUNT(*) AS held FROM (SELECT 1 FROM {lock.name} AS r WHERE "
    where = [*release.stock_is, release.enough, release.lock_stands, release.order_stands]
    return (
        "BEGIN;\n"
        f"{orders}{' AND '.join(release.order_is)} FOR UPDATE) AS locked;\n"
        f"{locks}{' AND '.join(release.lock_is)} FOR UPDATE) AS locked;\n"
        f"WITH given_back AS (\n  {_give_back(release)}\n  WHERE {' AND '.join(where)} RETURNING 1\n)\n"
        f"UPDATE {lock.name} AS r SET {_bare(lock, 'status')} = {release.released}\n"
        f"WHERE {' AND '.join(release.lock_is)} AND EXISTS (SELECT 1 FROM given_back);\n"
        "COMMIT;"
    )


def _sqlite(release: Release) -> str:
    """It has one writer at a time; `changes()` is what the statement before changed."""
    where = [*release.stock_is, release.enough, release.lock_stands, release.order_stands]
    return (
        "BEGIN IMMEDIATE;\n"
        f"{_give_back(release)}\nWHERE {' AND '.join(where)};\n"
        f"UPDATE {release.lock.name} AS r SET {_bare(release.lock, 'status')} = {release.released}\n"
        f"WHERE {' AND '.join(release.lock_is)} AND changes() = 1;\n"
        "COMMIT;"
    )


def _give_back(release: Release) -> str:
    reserved = release.stock.column("reserved")
    return f"UPDATE {release.stock.name} AS s SET {_bare(release.stock, 'reserved')} = {reserved} - {release.quantity}"


def _bare(pen: Pen, word: str) -> str:
    """What is set has no alias before it, in the databases that say so."""
    return Pen(pen.table, pen.family).column(word)
