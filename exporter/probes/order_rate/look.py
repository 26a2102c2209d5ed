"""Every read of `order_rate`: orders counted by the server, never fetched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy
from sqlalchemy import func

from exporter.probes.order_rate.buckets import SECONDS, start_of
from exporter.probes.order_rate.ledger import Tally
from exporter.probes.order_rate.plan import Stretch
from exporter.shop import Shop, Table
from exporter.shop.indexes import has_index

PAID_WITHIN = timedelta(hours=2)
"""Where no index leads by the time of payment, payments are looked for among orders that are so much older at most."""

LONGER = int(PAID_WITHIN.total_seconds()) // SECONDS
"""The same, in buckets."""

AHEAD = timedelta(minutes=5)
"""Clocks of the shop may be ahead of ours by this much."""

_CURRENCY = re.compile("[A-Z]{3}")


@dataclass(frozen=True)
class Look:
    """`event` is our column: created, paid, shipped."""

    shop: Shop
    now: datetime

    def tallies(self, event: str, stretch: Stretch, *, money: bool = True) -> tuple[dict[int, Tally], datetime | None]:
        """Orders of each bucket by currency, 0 among them, and when the newest of all was.

        Without `money` all count as of one currency: then an index on the time tells it alone.
        """
        table = self._table(event)
        edges = range(stretch.first, stretch.end + 1)
        binds = {f"edge{place}": table.when(start_of(edge), event) for place, edge in enumerate(edges[:-1])}
        statement = table.kept(
            ("rate tallies", event, money), binds, lambda: _tallies(table, event, binds, money=money)
        )
        rows = self._rows(statement, event, start_of(stretch.first), start_of(stretch.end), binds)
        found: dict[int, dict[str, tuple[int, int]]] = {bucket: {} for bucket in edges[:-1]}
        for row in rows:
            currency = _currency(table, row) if money else ""
            for bucket, (count, amount) in zip(edges, _differences(table, row, stretch.length), strict=False):
                before = found[bucket].get(currency, (0, 0))
                if count:
                    found[bucket][currency] = before[0] + count, before[1] + amount
        return dict(found), max((at for row in rows if (at := table.value(event, row.last))), default=None)

    def newest(self, event: str, since: datetime) -> datetime | None:
        """When the newest order since then was; None without one."""
        table = self._table(event)
        statement = table.kept(
            ("rate newest", event), {}, lambda: sqlalchemy.select(func.max(table.c[event]).label("last"))
        )
        rows = self._rows(statement, event, since, self.now + AHEAD, {})
        return max((at for row in rows if (at := table.value(event, row.last))), default=None)

    def statuses(self, since: datetime) -> dict[str, int]:
        """Orders created since then by status in our words; "unknown" where the mapping does not know it.

        Along an index on status and creation only statuses that the mapping knows are counted.
        """
        table = self._table("created", "status")
        status = table.c.status
        counted = sqlalchemy.select(status.label("status"), func.count().label("n")).group_by(status)
        during: tuple[str, datetime, datetime] | None = "created", since, self.now + AHEAD
        if self.by_index():
            span = [table.when(at, "created") for at in (since, self.now + AHEAD)]
            known = table.only({"status": table.statuses(*table.map.status)})
            counted = counted.where(*known, table.c.created >= span[0], table.c.created < span[1])
            during = None
        found = dict.fromkeys(table.map.status, 0)
        for row in self._asked(counted, during=during):
            kind = table.status_kind(table.value("status", row.status)) or "unknown"
            found[kind] = found.get(kind, 0) + int(row.n)
        return found

    def by_index(self) -> bool:
        """Is there an index on status and creation, which alone can tell how many orders have which status."""
        return has_index(self._table("created", "status"), "created", {"status": ()})

    def direct(self, event: str) -> bool:
        """Is its own time what rows are found by."""
        return event == "created" or has_index(self._table(event), event, {})

    def _table(self, *columns: str) -> Table:
        return self.shop.require("orders", *columns)

    def _asked(self, statement: sqlalchemy.Select[Any], **more: Any) -> list[Any]:
        """Raises the error of a shard that gave no answer: its last one is of another bucket."""
        rows = self.shop.rows(statement, word="orders", **more)
        if silent := self.shop.silent("orders"):
            raise next(iter(silent.values()))
        return rows

    def _rows(
        self, statement: sqlalchemy.Select[Any], event: str, since: datetime, until: datetime, binds: dict[str, Any]
    ) -> list[Any]:
        during = event, since, until
        if not self.direct(event) and event == "paid" and self.shop.maps("orders", "created"):
            table = self.shop.require("orders", "paid")
            span = table.when(since, "paid"), table.when(until, "paid")
            statement = statement.where(table.c.paid >= span[0], table.c.paid < span[1])
            during = "created", since - PAID_WITHIN, until
        return self._asked(statement, during=during, binds=binds or None)


def _tallies(table: Table, event: str, binds: dict[str, Any], *, money: bool) -> sqlalchemy.Select[Any]:
    """The newest order, and orders and money since each edge; by currency."""
    columns: list[Any] = [func.max(table.c[event]).label("last")]
    for place, (name, value) in enumerate(binds.items()):
        since = table.c[event] >= sqlalchemy.bindparam(name, value)
        columns.append(func.sum(sqlalchemy.case((since, 1), else_=0)).label(f"n{place}"))
        if money and "amount" in table.c:
            columns.append(func.sum(sqlalchemy.case((since, table.c.amount), else_=0)).label(f"a{place}"))
    if not money or "currency" not in table.c:
        return sqlalchemy.select(*columns)
    return sqlalchemy.select(table.c.currency.label("currency"), *columns).group_by(table.c.currency)


def _currency(table: Table, row: Any) -> str:
    """What is no currency becomes "other": a label has few values."""
    written = table.value("currency", row.currency) if "currency" in table.c else None
    code = (written or table.map.money.currency).upper()
    return code if _CURRENCY.fullmatch(code) else "other"


def _differences(table: Table, row: Any, length: int) -> Iterator[tuple[int, int]]:
    """Orders and minor units of each bucket, from what came since its beginning. A sum of floats is rounded."""
    counts = [int(getattr(row, f"n{place}") or 0) for place in range(length)]
    sums = [getattr(row, f"a{place}", None) for place in range(length)]
    amounts = [0 if each is None else round(table.value("amount", each)) for each in sums]
    return zip(_steps(counts), _steps(amounts), strict=True)


def _steps(since: list[int]) -> Iterable[int]:
    return (here - after for here, after in zip(since, [*since[1:], 0], strict=True))
