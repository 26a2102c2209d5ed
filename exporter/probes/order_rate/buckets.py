"""Counts by stretches of five minutes, for as long as a baseline looks back; a bucket is a number since 1970."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

SECONDS = 300
HOUR, DAY, WEEK = 12, 288, 2016
"""In buckets."""

KEPT = 8 * WEEK + DAY
"""Eight weeks; the day more is for longer windows and changes of the clock."""

UNKNOWN = -1


def bucket_of(moment: datetime) -> int:
    return int(moment.timestamp() // SECONDS)


def start_of(bucket: int) -> datetime:
    return datetime.fromtimestamp(bucket * SECONDS, UTC)


def _nothing() -> array[int]:
    return array("i", [UNKNOWN]) * KEPT


@dataclass(frozen=True, slots=True)
class History:
    """The counts of the last `KEPT` buckets before `end`; a bucket that was not counted is unknown, which is not 0."""

    end: int = KEPT
    counts: array[int] = field(default_factory=_nothing)

    @property
    def first(self) -> int:
        return self.end - KEPT

    @property
    def gaps(self) -> int:
        """How many buckets are unknown."""
        return self.counts.count(UNKNOWN)

    def get(self, bucket: int) -> int | None:
        found = self.counts[bucket - self.first] if self.first <= bucket < self.end else UNKNOWN
        return None if found == UNKNOWN else found

    def total(self, end: int, length: int) -> int | None:
        """Of the `length` buckets before `end`; None unless each of them is known."""
        start = end - length - self.first
        part = self.counts[start : start + length] if start >= 0 else ()
        return sum(part) if len(part) == length and min(part) >= 0 else None

    def most(self, end: int, length: int) -> int:
        """The largest known count of the `length` buckets before `end`."""
        start = max(0, end - length - self.first)
        return max(self.counts[start : max(start, end - self.first)], default=0)

    def unknown(self, first: int, end: int) -> tuple[int, int] | None:
        """The first unknown bucket of these, and the one after the last; None when all are known, or too old."""
        first, end = max(first, self.first), min(end, self.end)
        missing = [b for b in range(first, end) if self.counts[b - self.first] == UNKNOWN]
        return (missing[0], missing[-1] + 1) if missing else None

    def until(self, end: int) -> History:
        """The same, ending there: what is later is forgotten, what is new is unknown."""
        if end == self.end:
            return self
        moved = _nothing()
        first, last = max(self.first, end - KEPT), min(self.end, end)
        if first < last:
            moved[first - end + KEPT : last - end + KEPT] = self.counts[first - self.first : last - self.first]
        return History(end, moved)

    def with_counts(self, counts: Mapping[int, int]) -> History:
        """These buckets known; a count never falls, for orders that are deleted were there."""
        changed = self.counts[:]
        for bucket, count in counts.items():
            if self.first <= bucket < self.end:
                changed[bucket - self.first] = max(changed[bucket - self.first], count)
        return History(self.end, changed)
