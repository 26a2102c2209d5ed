"""What is known of one event: its history, and totals to which every finished bucket is added once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from exporter.probes.order_rate.buckets import DAY, HOUR, History

Tally = Mapping[str, tuple[int, int]]
"""By currency: orders, and their amount in minor units."""

_NOTHING = (0, 0)


@dataclass(frozen=True, slots=True)
class Ledger:
    """`since`: from this bucket on counts go into the totals, older ones are history only.

    `recent` are tallies of buckets that will be looked at once more, for what was committed late. `last` is the time
    of the newest order that was seen.
    """

    since: int | None = None
    history: History = field(default_factory=History)
    totals: Tally = field(default_factory=dict)
    recent: Mapping[int, Tally] = field(default_factory=dict)
    last: datetime | None = None

    @property
    def orders(self) -> int:
        return sum(count for count, _ in self.totals.values())

    def until(self, end: int) -> Ledger:
        """Ready to count the buckets before `end`, the first that is not finished.

        An absence of more than a day goes into the history only. A clock that was set back makes what is yet to come
        unknown again, and a bucket that is counted a second time adds only what is new.
        """
        since = end if self.since is None else min(max(self.since, end - DAY), end)
        recent = {bucket: tally for bucket, tally in self.recent.items() if end - DAY <= bucket < end + 2 * HOUR}
        return replace(self, since=since, history=self.history.until(end), recent=recent)

    def booked(self, tallies: Mapping[int, Tally], last: datetime | None = None) -> Ledger:
        """These buckets counted: what is more than was known of them is added."""
        totals, recent = dict(self.totals), dict(self.recent)
        for bucket, tally in tallies.items():
            if bucket not in recent and not self._awaits(bucket):
                continue
            known = recent.get(bucket, {})
            recent[bucket] = {**known, **{name: _more(known.get(name, _NOTHING), tally[name]) for name in tally}}
            for name, after in recent[bucket].items():
                before, total = known.get(name, _NOTHING), totals.get(name, _NOTHING)
                totals[name] = total[0] + after[0] - before[0], total[1] + after[1] - before[1]
        counts = {bucket: sum(count for count, _ in tally.values()) for bucket, tally in tallies.items()}
        return replace(self, history=self.history.with_counts(counts), totals=totals, recent=recent).seen(last)

    def _awaits(self, bucket: int) -> bool:
        return self.since is not None and bucket >= self.since and self.history.get(bucket) is None

    def settled(self, buckets: Collection[int]) -> Ledger:
        """These were looked at for the last time."""
        return replace(self, recent={bucket: each for bucket, each in self.recent.items() if bucket not in buckets})

    def seen(self, last: datetime | None) -> Ledger:
        if last is None or (self.last is not None and last <= self.last):
            return self
        return replace(self, last=last)


def _more(before: tuple[int, int], after: tuple[int, int]) -> tuple[int, int]:
    """Orders that are deleted were there: neither figure falls."""
    return max(before[0], after[0]), max(before[1], after[1])
