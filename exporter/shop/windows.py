"""Rows of a stretch of time, read in pages: along an index on time, or between two keys where there is none."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import ColumnElement, or_

from exporter.shop.borders import Borders, Known, NotOrdered
from exporter.shop.indexes import advice, has_growing_key, has_index
from exporter.shop.run import Run
from exporter.shop.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from exporter.mapping.shards import Shard
    from exporter.shop.shards import Tour
    from exporter.shop.table import Record, Table

    Bind = Callable[[str], ColumnElement[Any]]
    Where = Callable[[Bind], list[ColumnElement[bool]]]

PAGE = 500
_SMALL = 5_000
"""Rows up to which a table is simply read; its keys need not follow the time."""


_RESERVE = 0.25
"""Share of a run's time that a scan of many shards leaves for what comes after it."""


@dataclass(frozen=True, slots=True)
class Scan:
    """`truncated`: there are more rows than were asked for. `scanned` of `total` shards were read; `silent` failed."""

    records: list[Record]
    truncated: bool = False
    scanned: int = 1
    total: int = 1
    silent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Window:
    """Rows with since <= by < until of one physical table. `known`: where its borders are kept between runs."""

    run: Run
    source: Source
    table: Table
    by: str
    since: datetime
    until: datetime
    match: Mapping[str, Collection[Any]]
    known: dict[str, Known]

    def read(self, most: int) -> list[Any]:
        """At most so many rows, in the order of time or of the key."""
        return self._by_time(most) if self._borders is None else self._by_key(most)

    def inside(self) -> list[ColumnElement[bool]]:
        """The conditions of this window, the keys between which it lies among them where that helps the server."""
        if self._borders is None:
            return self._span
        key, (first, end) = self.table.c.key, self._borders
        return [key >= first, *([key < end] if end is not None else []), *self._span]

    @cached_property
    def _borders(self) -> tuple[int, int | None] | None:
        """The keys to read between; None where the time itself is read along.

        That is where an index serves it, where the table is small, and where keys do not follow the time: then the
        guard refuses the statement on a large table, and names the index to ask for.
        """
        table = self.table
        if has_index(table, self.by, self.match) or table.facts.rows <= _SMALL or not has_growing_key(table):
            return None
        try:
            return self._found_borders()
        except NotOrdered:
            return None

    @property
    def _span(self) -> list[ColumnElement[bool]]:
        time, moments = self.table.c[self.by], self._moments
        return [time >= moments["since"], time < moments["until"]]

    @cached_property
    def _moments(self) -> dict[str, Any]:
        return {"since": self.table.when(self.since, self.by), "until": self.table.when(self.until, self.by)}

    def _by_time(self, most: int) -> list[Any]:
        time, key = self.table.c[self.by], self.table.c.key
        span = self._moments

        def page(after: Any) -> tuple[dict[str, Any], Where]:
            if after is None:
                return span, lambda p: [time >= p("since"), time < p("until")]
            # Written out, because servers do not use an index for (time, key) > (:t, :k).
            return {"until": span["until"], "at": getattr(after, self.by), "last": after.key}, lambda p: [
                time >= p("at"),
                time < p("until"),
                or_(time > p("at"), key > p("last")),
            ]

        return self._pages(page, (time, key), most)

    def _by_key(self, most: int) -> list[Any]:
        time, key = self.table.c[self.by], self.table.c.key
        first, end = self._borders or (0, None)
        binds = self._moments | ({} if end is None else {"end": end})

        def page(after: Any) -> tuple[dict[str, Any], Where]:
            def where(p: Bind) -> list[ColumnElement[bool]]:
                start = key >= p("first") if after is None else key > p("last")
                ends = [] if end is None else [key < p("end")]
                return [start, *ends, time >= p("since"), time < p("until")]

            return binds | ({"first": first} if after is None else {"last": after.key}), where

        return self._pages(page, (key,), most)

    def _found_borders(self) -> tuple[int, int | None] | None:
        place = f"{self.table.at}.{self.by}"
        remembered = place in self.known and self.known[place].fresh
        if not remembered:
            self.known[place] = Known()
        try:
            return Borders(self.table, self.by, self.known[place], self._point).around(self.since, self.until)
        except NotOrdered:
            # A table that was emptied and filled again deserves a second look.
            del self.known[place]
            if not remembered:
                raise
            return self._found_borders()

    def _point(self, statement: Any) -> Sequence[Any]:
        return self.run.ask(self.source, statement, self.table.place, guarded=False)

    def _pages(
        self, page: Callable[[Any], tuple[dict[str, Any], Where]], order: tuple[ColumnElement[Any], ...], most: int
    ) -> list[Any]:
        rows: list[Any] = []
        while len(rows) < most:
            limit = min(PAGE, most - len(rows))
            binds, where = page(rows[-1] if rows else None)
            binds = {**binds, "most": limit}
            statement = self._statement(binds, where, order)
            found = self.run.ask(
                self.source, statement, self.table.place, binds, advice=advice(self.table, self.by, self.match)
            )
            rows += found
            if len(found) < limit:
                break
        return rows

    def _statement(
        self, binds: Mapping[str, Any], where: Where, order: tuple[ColumnElement[Any], ...]
    ) -> sqlalchemy.Select[Any]:
        def bind(name: str) -> sqlalchemy.BindParameter[Any]:
            return sqlalchemy.bindparam(name, binds[name])

        def build() -> sqlalchemy.Select[Any]:
            chosen = self.table.select().where(*self.table.only(self.match), *where(bind))
            return chosen.order_by(*order).limit(bind("most"))

        match = tuple((word, tuple(values)) for word, values in self.match.items())
        return self.table.kept(("window", self.by, match, *binds), binds, build)


def scan(
    tour: Tour, table: Table, window: Callable[[Table, Run], Window], cap: int, among: Sequence[Shard] | None
) -> Scan:
    """One window over every shard, or over some, until the cap or the time is reached."""
    rows: list[Any] = []
    scanned = 0

    def read(shard: Shard, run: Run) -> list[Any]:
        return window(table.on(shard), run).read(cap + 1 - len(rows))

    for _, found in tour.over(table.shards, read, among=among, reserve=_RESERVE):
        rows += found
        scanned += 1
        if len(rows) > cap:
            break
    records = table.records(rows[:cap])
    return Scan(
        records,
        len(rows) > cap,
        scanned,
        len(table.shards),
        frozenset(map(str, tour.silent(table.shards if among is None else among))),
    )
