"""A server of the shop asked in its own words: for what no mapping names, such as its status or its digests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy

from exporter.database import StatementError
from exporter.database.errors import GRANT_ELSEWHERE, Denied, Missing, Refused, ShopError, Unsupported
from exporter.database.server import Server, server
from exporter.shop.mentions import read_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.database.catalog import Catalog
    from exporter.database.select import Select
    from exporter.shop.run import Run, Source


class Node:
    """A cheap view, bounded by the run it belongs to. `name` is "" for the shop's own database."""

    def __init__(self, name: str, source: Source, run: Run) -> None:
        self.name, self._source, self._run = name, source, run

    @property
    def family(self) -> str:
        """One of mysql (MariaDB and TiDB too), postgresql and sqlite."""
        return self._source.database.family.name

    @property
    def catalog(self) -> Catalog:
        return self._source.catalog

    @property
    def schema(self) -> str:
        """What an unqualified table name means here."""
        return self.catalog.schema(None)

    def ask(self, statement: str, binds: Mapping[str, Any] | None = None, *, about: str) -> Sequence[Any]:
        """All rows; the statement itself must bound their number. `about` says what is read: "the digests".

        Raises Unsupported where the server does not know the words, Missing the table, Denied, or another ShopError.
        """
        try:
            return self._run.note(self._source, sqlalchemy.text(statement).bindparams(**(binds or {})))
        except StatementError as error:
            raise _told(error, about) from None

    def select(self, select: Select, *, about: str, cap: int) -> Sequence[Mapping[str, Any]]:
        """The rows of a SELECT that somebody else wrote, by column name; its plan is judged before it runs.

        Raises Refused where it would read a large table from end to end or finds more than `cap` rows.
        """
        tables = read_tables(select, self.catalog, self._run.deadline)
        asked = select.bounded(cap + 1, {})
        try:
            rows = self._run.guarded(self._source, asked, tables, advice="the columns that it filters by")
        except StatementError as error:
            raise _told(error, about) from None
        if len(rows) > cap:
            raise Refused(f"{about} finds more than {cap} rows; group them, or raise max_rows")
        return [row._mapping for row in rows]  # noqa: SLF001 - a public name of SQLAlchemy

    def server(self) -> Server:
        """What it says about itself; asked anew at each call."""
        return server(self._source.database, self._run.deadline)


def _told(error: StatementError, about: str) -> ShopError:
    fault = error.fault
    code = f" ({fault.code})" if fault.code else ""
    if fault.kind in ("denied", "access"):
        return Denied(f"the account may not read {about}{code}{GRANT_ELSEWHERE}")
    if fault.kind in ("table", "column"):
        return Missing(f"this server has no such table or column for {about}{code}")
    if fault.kind == "unknown":
        return Unsupported(f"this server does not know the statement for {about}{code}")
    return ShopError(f"the database refuses the statement for {about}{code}: {fault.text}")
