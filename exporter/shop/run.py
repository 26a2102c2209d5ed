"""One run of a probe against one shop: a deadline over all its statements, their plans judged, a trace kept."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from exporter import masking
from exporter.database import StatementError
from exporter.database.deadline import Deadline
from exporter.database.errors import Denied, Ended, ShopError
from exporter.database.faults import told
from exporter.model import Asked, Step
from exporter.shop.guard import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import sqlalchemy

    from exporter.mapping.shards import Shard
    from exporter.shop.source import Source


@lru_cache(maxsize=256)
def _line(statement: str) -> str:
    return " ".join(statement.split())


@dataclass(frozen=True, slots=True)
class Place:
    """A physical table and the columns that are read there, for judging plans and for telling faults."""

    name: str
    columns: Sequence[str]
    schema: str | None = None


SHARE = 1 / 8
"""The part of a run that one shard may take from the others."""


@dataclass(slots=True)
class Run:
    """`refused`: what the account may not, also where a probe went on without it.

    `silent`: shards that gave no answer in this run, by word; `gone`: databases that nobody reaches now; `unknown`:
    values, by word and column, of which nobody knows whether a row has them. `began` is monotonic.
    """

    deadline: Deadline
    trace: list[Asked] = field(default_factory=list)
    refused: list[Denied] = field(default_factory=list)
    silent: dict[tuple[str, Shard], ShopError] = field(default_factory=dict)
    gone: dict[str | None, ShopError] = field(default_factory=dict)
    unknown: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def within(self, seconds: float) -> Run:
        """The same run for a part of it that may take so long."""
        return replace(self, deadline=Deadline(round(min(seconds, self.deadline.left), 3)))

    def elsewhere(self) -> Run:
        """The same run on other servers: who is silent here may answer there."""
        return replace(self, silent={}, gone={}, unknown={})

    def part(self) -> Run:
        """As much of the run as one shard may take from the others."""
        return self.within(self.deadline.total * SHARE)

    def note(
        self, source: Source, statement: sqlalchemy.Executable, binds: Mapping[str, Any] | None = None
    ) -> Sequence[Any]:
        """Rows of a statement whose plan is not judged; raises StatementError or a ShopError."""
        sql = list[str]()
        begun, rows = time.monotonic(), cast("Sequence[Any]", ())
        try:
            rows = source.database.ask(
                statement, self.deadline, binds, inspect=lambda _cursor, text, _binds: sql.append(text)
            )
        finally:
            self._keep(sql, begun, rows)
        return rows

    def ask(
        self,
        source: Source,
        statement: sqlalchemy.Executable,
        place: Place,
        binds: Mapping[str, Any] | None = None,
        *,
        advice: str = "",
        guarded: bool = True,
    ) -> Sequence[Any]:
        """Rows; raises a ShopError. `advice`: the index to ask for when the plan is refused.

        `guarded=False` is for statements that read single rows along a unique key by construction.
        """
        try:
            if guarded:
                return self.guarded(source, statement, ((place.schema, place.name),), binds, advice=advice)
            return self.note(source, statement, binds)
        except StatementError as error:
            raise self.noted(
                told(error.fault, source.catalog, place.schema, place.name, place.columns, deadline=self.deadline)
            ) from None

    def guarded(
        self,
        source: Source,
        statement: sqlalchemy.Executable,
        tables: Sequence[tuple[str | None, str]],
        binds: Mapping[str, Any] | None = None,
        *,
        advice: str,
    ) -> Sequence[Any]:
        """Rows, once the plan has been seen; `tables` are (schema, name). Raises StatementError or a ShopError."""
        steps, sql = list[Step](), list[str]()
        look = source.guard.inspect(steps)

        def inspect(cursor: Any, text: str, binds: Any) -> None:
            sql.append(text)
            look(cursor, text, binds)

        begun, rows = time.monotonic(), cast("Sequence[Any]", ())
        try:
            try:
                rows = source.database.ask(statement, self.deadline, binds, inspect=inspect)
            except Plan as plan:
                steps += plan.steps
                source.guard.judge(plan, tables, advice, self.deadline)
                steps.clear()
                rows = source.database.ask(statement, self.deadline, binds, inspect=inspect)
        finally:
            self._keep(sql, begun, rows, steps)
        return rows

    def measure(self, source: Source, statement: sqlalchemy.Executable) -> tuple[Asked, bool]:
        """Runs it whatever its plan, which is asked for before; true when it was ended at the limit.

        The time is from when the statement was sent to its last row, without a connection's. Literals are not kept.
        """
        sql, begun = list[str](), list[float]()

        def explain(cursor: Any, text: str, binds: Any) -> None:
            raise Plan(text, source.guard.explained(cursor, text, binds))

        def begin(_cursor: Any, text: str, _binds: Any) -> None:
            sql.append(masking.statement(text))
            begun.append(time.monotonic())

        steps, rows, ended = cast("tuple[Step, ...]", ()), cast("Sequence[Any]", ()), False
        try:
            source.database.ask(statement, self.deadline, inspect=explain)
        except Plan as plan:
            steps = plan.steps
        try:
            rows = source.database.ask(statement, self.deadline, inspect=begin)
        except Ended:
            ended = True
        finally:
            if begun:
                self._keep(sql, begun[-1], rows, steps)
        return self.trace[-1], ended

    def _keep(self, sql: Sequence[str], begun: float, rows: Sequence[Any], steps: Sequence[Step] = ()) -> None:
        """What failed is shown as well: it is what one wants to see."""
        if sql:
            self.trace.append(Asked(_line(sql[-1]), time.monotonic() - begun, len(rows), tuple(steps)))

    def noted(self, error: ShopError) -> ShopError:
        if isinstance(error, Denied):
            self.refused.append(error)
        return error
