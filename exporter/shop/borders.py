"""Where in a table's key a moment lies, found by point reads: for tables without an index on time.

Keys grow with time (auto-increment, Snowflake), give or take `SLACK`; when sampled rows disagree, it says so.
"""

from __future__ import annotations

import bisect
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, select

from exporter.database.catalog import HOUR

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from exporter.shop.table import Table

SLACK = timedelta(minutes=10)
"""Rows may be out of order by this much: a transaction takes its key early and its time late, or the reverse."""

_WIDTH = 16
"""Point reads in one statement: the round trip costs as much as several of them."""


class NotOrdered(Exception):  # noqa: N818 - an answer: the caller reads the table in another way
    """The key of this table does not follow the time."""


@dataclass(slots=True)
class Known:
    """Sampled keys and the moment of the first row at or after each, both ascending; kept between runs."""

    keys: list[int] = field(default_factory=list)
    moments: list[datetime] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    @property
    def fresh(self) -> bool:
        return self.since + HOUR > time.monotonic()

    def add(self, key: int, moment: datetime) -> None:
        place = bisect.bisect_left(self.keys, key)
        if place < len(self.keys) and self.keys[place] == key:
            return
        before = self.moments[place - 1] if place else None
        after = self.moments[place] if place < len(self.keys) else None
        if (before and moment < before - SLACK) or (after and moment > after + SLACK):
            raise NotOrdered
        # Small disorder is levelled, so that the list stays ascending.
        moment = max(moment, before) if before else moment
        moment = min(moment, after) if after else moment
        self.keys.insert(place, key)
        self.moments.insert(place, moment)


@dataclass(frozen=True, slots=True)
class Borders:
    """`ask` runs a statement and returns its rows."""

    table: Table
    by: str
    known: Known
    ask: Callable[[Any], Sequence[Any]]

    def around(self, since: datetime, until: datetime) -> tuple[int, int | None] | None:
        """Keys (first, end) between which all rows of [since, until) lie; no end when they may be the last rows.

        None for an empty table. Raises NotOrdered.
        """
        key = self._key
        last_row = self.table.kept(
            ("newest", self.by), {}, lambda: select(key, self._time).order_by(key.desc()).limit(1)
        )
        newest = self.ask(last_row)
        if not newest:
            return None
        last, latest = int(newest[0][0]), self._moment(newest[0][1])
        if self.known.keys and (last < self.known.keys[-1] or latest < self.known.moments[-1] - SLACK):
            raise NotOrdered
        if not self.known.keys:
            oldest = self.ask(select(key, self._time).order_by(key).limit(1))[0]
            self.known.add(int(oldest[0]), self._moment(oldest[1]))
        first = self._reach(since - SLACK, last)
        end = None if latest < until + 2 * SLACK else self._reach(until + 2 * SLACK, last, above=True)
        return first, end

    @property
    def _key(self) -> ColumnElement[Any]:
        return self.table.c.key

    @property
    def _time(self) -> ColumnElement[Any]:
        return self.table.c[self.by]

    def _moment(self, stored: Any) -> datetime:
        found: datetime | None = self.table.value(self.by, stored)
        if found is None:
            raise NotOrdered
        return found

    def _reach(self, moment: datetime, last: int, *, above: bool = False) -> int:
        """A key whose row is up to SLACK before `moment`, or the nearest on that side (`above`: on the other)."""
        while True:
            place = bisect.bisect_left(self.known.moments, moment)
            low = self.known.keys[place - 1] if place else self.known.keys[0]
            high = self.known.keys[place] if place < len(self.known.keys) else last + 1
            if place == 0:
                return low
            if high - low <= 1 or self._near(place, moment, above=above):
                return high if above else low
            self._sample(low, high)

    def _near(self, place: int, moment: datetime, *, above: bool) -> bool:
        moments = self.known.moments
        if above:
            return place < len(moments) and moments[place] <= moment + SLACK
        return moments[place - 1] >= moment - SLACK

    def _sample(self, low: int, high: int) -> None:
        count = min(_WIDTH, high - low - 1)
        points = sorted({max(low + 1, low + (high - low) * step // (count + 1)) for step in range(1, count + 1)})
        padded = points + points[-1:] * (_WIDTH - len(points))
        reads = [
            select(self._time)
            .where(self._key >= point)
            .order_by(self._key)
            .limit(1)
            .scalar_subquery()
            .label(f"t{place}")
            for place, point in enumerate(padded)
        ]
        row = self.ask(select(*reads))[0]
        for point, stored in zip(points, row, strict=False):
            self.known.add(point, self._moment(stored))
