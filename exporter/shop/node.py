"""A server of the shop asked in its own words: for what no mapping names, such as its status or its digests."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy

from exporter.database import StatementError, privileges
from exporter.database.abilities import Ability, abilities
from exporter.database.errors import GRANT_ELSEWHERE, Denied, Missing, Refused, ShopError, Unsupported
from exporter.database.faults import account
from exporter.database.server import Server, flavour, server
from exporter.database.shape import TableShape, shape
from exporter.shop.measured import Measured, whole_reads
from exporter.shop.mentions import read_tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from exporter.database.catalog import Catalog, TableFacts
    from exporter.database.deadline import Deadline
    from exporter.database.select import Select
    from exporter.database.session import Family
    from exporter.shop.run import Run
    from exporter.shop.source import Source


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

    def facts(self, schema: str | None, table: str) -> TableFacts:
        """What the server says about a table, at most an hour old."""
        return self.catalog.facts(schema, table, self._run.deadline)

    def ask(self, statement: str, binds: Mapping[str, Any] | None = None, *, about: str) -> Sequence[Any]:
        """All rows; the statement itself must bound their number. `about` says what is read: "the digests".

        Raises Unsupported where the server does not know the words, Missing the table, Denied, or another ShopError.
        """
        try:
            return self._run.note(self._source, sqlalchemy.text(statement).bindparams(**(binds or {})))
        except StatementError as error:
            raise self._run.noted(self._told(error, statement, about)) from None

    def shapes(self, names: Collection[str], schema: str | None = None) -> Mapping[str, TableShape]:
        """By name, without sizes and foreign keys; a table that is missing or hidden is left out."""
        noted = _Noted(self._source, self._run)
        return shape(noted, self.catalog.schema(schema), names, self._run.deadline, whole=False)

    def quoted(self, name: str) -> str:
        """A name as `ask` may have it in its statement, whatever signs are in it."""
        mark = "`" if self.family == "mysql" else '"'
        return f"{mark}{name.replace(mark, mark * 2)}{mark}".replace(":", r"\:")

    def first(self, statements: Mapping[str, str], *, about: str) -> tuple[str, Sequence[Any]]:
        """Name and rows of the first of these statements that the server knows; next time it is asked first.

        Raises what `ask` raises, and Unsupported when it knows none.
        """
        known = self._source.words.get(about)
        for name in sorted(statements, key=lambda each: each != known):
            with contextlib.suppress(Unsupported):
                rows = self.ask(statements[name], about=about)
                self._source.words[about] = name
                return name, rows
        raise Unsupported(f"this server knows no statement for {about}")

    def select(self, select: Select, *, about: str, cap: int) -> Sequence[Mapping[str, Any]]:
        """The rows of a SELECT that somebody else wrote, by column name; its plan is judged before it runs.

        Raises Refused where it would read a large table from end to end or finds more than `cap` rows.
        """
        tables = read_tables(select, self.catalog, self._run.deadline)
        asked = select.bounded(cap + 1, {})
        try:
            rows = self._run.guarded(self._source, asked, tables, advice="the columns that it filters by")
        except StatementError as error:
            raise self._run.noted(self._told(error, select.text, about)) from None
        if len(rows) > cap:
            raise Refused(f"{about} finds more than {cap} rows; group them, or raise max_rows")
        return [row._mapping for row in rows]  # noqa: SLF001 - a public name of SQLAlchemy

    def measure(self, select: Select, values: Mapping[str, Any], *, about: str, cap: int, small: int) -> Measured:
        """How long a SELECT takes that people run anyway, and whether it reads a table of more than `small` rows whole.

        Its plan is not judged: the run's deadline, the server's own limit and `cap` rows bound it.
        """
        tables = read_tables(select, self.catalog, self._run.deadline)
        sizes = {name: self.facts(schema, name).rows for schema, name in tables}
        try:
            asked, ended = self._run.measure(self._source, select.bounded(cap, values))
        except StatementError as error:
            raise self._run.noted(self._told(error, select.text, about)) from None
        return Measured(asked.seconds, asked.rows, ended, whole_reads(asked.plan, select, sizes, small))

    def server(self) -> Server:
        """What it says about itself; asked anew at each call."""
        return server(self._source.database, self._run.deadline)

    def abilities(self) -> list[Ability]:
        """What it offers to probes; asked anew at each call."""
        return abilities(self._source.database, self._run.deadline)

    def _told(self, error: StatementError, statement: str, about: str) -> ShopError:
        fault = error.fault
        code = f" ({fault.code})" if fault.code else ""
        if fault.kind in ("denied", "access"):
            return Denied(
                f"the account may not read {about}{code}{GRANT_ELSEWHERE}",
                self._grant(statement, fault.names.get("column", "")),
            )
        if fault.kind in ("table", "column"):
            return Missing(f"this server has no such table or column for {about}{code}")
        if fault.kind == "unknown":
            return Unsupported(f"this server does not know the statement for {about}{code}")
        return ShopError(f"the database refuses the statement for {about}{code}: {fault.text}")

    def _grant(self, statement: str, column: str) -> str:
        """For the one column that is refused, if it is one; empty where the time of the run is over."""
        database, deadline = self._source.database, self._run.deadline
        with contextlib.suppress(ShopError, StatementError):
            needed = privileges.need(statement, self.schema, column)
            return privileges.grant(flavour(database, deadline), needed, account(database, deadline))
        return ""


@dataclass(frozen=True, slots=True)
class _Noted:
    """The database, each statement kept in the trace of the run."""

    source: Source
    run: Run

    @property
    def family(self) -> Family:
        return self.source.database.family

    def ask(self, statement: sqlalchemy.Executable, _deadline: Deadline, /) -> Sequence[Any]:
        return self.run.note(self.source, statement)
