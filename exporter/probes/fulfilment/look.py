"""Which orders are read, along which time: each once when it is shipped, and once when its promise is over."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from exporter.shop import Record, Shop, Table
from exporter.shop.indexes import has_index
from exporter.shop.stretches import Behind, Stretch, gathered, stretches

SMALL = 5_000
"""Rows up to which a table is simply read along any time."""

ROWS = 400
"""Orders of one stretch of time that are aimed at: the next one is made shorter or longer."""

_STRETCHES = 8
"""So many stretches are read in one run at most."""

_FIRST, _SHORTEST, _LONGEST = 600.0, 1.0, 86_400.0

_AHEAD, _FIRST_SHOP = timedelta(days=1), datetime(2000, 1, 1, tzinfo=UTC)
"""A moment further ahead than this, or before that, stands for "never": 9999-12-31, 1970-01-01."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Up to `mark` orders were read; the next stretch is `span` seconds long. `behind`: shards not read so far."""

    mark: datetime | None = None
    span: float = _FIRST
    behind: Behind = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """`whole`: all up to the end that was asked for, and none left out."""

    records: list[Record]
    feed: Feed
    whole: bool


@dataclass(frozen=True)
class Look:
    """No stretch of time is begun after `ends` (monotonic)."""

    shop: Shop
    now: datetime
    ends: float

    @property
    def orders(self) -> Table:
        return self.shop.require("orders", "number")

    def direct(self, column: str) -> bool:
        """Is this time what orders are found by, at the price of those that are found."""
        table = self.orders
        if column not in table.c:
            return False
        return has_index(table, column, {}) or table.facts.rows * len(table.shards) <= SMALL

    def promised(self, *, all_of_them: bool) -> tuple[str, Mapping[str, Collection[Any]]]:
        """The time by which orders are read when their promise is over, and which statuses are enough.

        Where an index leads by the status, those that are paid and not shipped suffice, unless all are wanted.
        """
        table = self.orders
        times = [each for each in ("paid", "created") if each in table.c]
        paid = table.statuses("paid") if "status" in table.c else ()
        if paid and not all_of_them:
            for by in times:
                if self._by_status(table, by):
                    return by, {"status": paid}
        return next((by for by in times if self.direct(by)), times[-1]), {}

    def onward(
        self, feed: Feed, by: str, start: datetime, until: datetime, match: Mapping[str, Collection[Any]]
    ) -> Read:
        """The next orders with this time, oldest first; none from before `start` or since `until`.

        Stretch by stretch, until enough were read: a week without any is gone through in a few runs.
        """
        records, whole = list[Record](), True
        feed = replace(feed, mark=min(max(feed.mark or start, start), until))
        for _ in range(_STRETCHES):
            read, feed = self._stretch(feed, by, until, match)
            records += read.records
            whole = whole and read.whole
            if len(records) >= ROWS / 2 or read.until >= until or time.monotonic() > self.ends:
                break
        never_set = [without_never(record, self.now) for record in records]
        return Read(never_set, feed, whole and feed.mark == until and not feed.behind)

    def _stretch(
        self, feed: Feed, by: str, until: datetime, match: Mapping[str, Collection[Any]]
    ) -> tuple[Stretch, Feed]:
        since = feed.mark or until
        end = min(until, since + timedelta(seconds=feed.span))
        found = stretches(self.shop, "orders", by, since, end, ends=self.ends, match=match, behind=feed.behind)
        read = gathered(Stretch([], since, behind=feed.behind), found)
        return read, Feed(read.until, _span(feed.span, len(read.records), more=end < until), read.behind)

    def again(self, keys: Collection[str]) -> tuple[dict[str, Record], Collection[str]]:
        """The same orders as they are now, by key, and the keys of which nobody knows."""
        rows = self.shop.lookup("orders", "key", keys) if keys else []
        found = {str(row["key"]): without_never(row, self.now) for row in rows}
        return found, self.shop.unknown("orders", "key")

    def ahead(self) -> list[Record]:
        """Orders that are said to be shipped in the future, as a zone taken for another makes them."""
        soon = self.now + timedelta(minutes=5)
        return self.shop.window("orders", "shipped", soon, soon + _AHEAD, cap=100).records

    def _by_status(self, table: Table, by: str) -> bool:
        status, time = table.theirs("status"), table.theirs(by)
        fixed = {status, *table.map.where}
        return any(
            not index.partial
            and time in index.columns
            and status in (before := index.columns[: index.columns.index(time)])
            and fixed.issuperset(before)
            for index in table.facts.indexes
        )


def without_never(record: Record, now: datetime) -> Record:
    """The record, in which moments that stand for "never" are not set."""
    never = [
        word
        for word, value in record.items()
        if isinstance(value, datetime) and not _FIRST_SHOP <= value <= now + _AHEAD
    ]
    return {**record, **dict.fromkeys(never)} if never else record


def _span(before: float, rows: int, *, more: bool) -> float:
    if rows > ROWS:
        return max(_SHORTEST, before / 2)
    return min(_LONGEST, before * 2) if more and rows < ROWS / 3 else before
