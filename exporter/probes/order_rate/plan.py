"""What to count next: the last hour in every run, the rest a little at a time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from exporter.probes.order_rate.buckets import HOUR, History
from exporter.probes.order_rate.ledger import Ledger

ROWS = 5_000
"""Orders that one run may count for the past; a statement takes as many whole buckets as that allows."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """`length` buckets from `first` on, counted by one statement."""

    first: int
    length: int

    @property
    def end(self) -> int:
        return self.first + self.length


def urgent(ledger: Ledger, end: int) -> Stretch | None:
    """What is unknown of the hour before `end`: nothing is judged without it."""
    return _stretch(ledger.history, end - HOUR, end)


def again(ledger: Ledger, end: int, longest: int) -> Stretch | None:
    """The oldest of those that are to be looked at once more, when an hour of them is an hour old."""
    first = min(ledger.recent, default=end)
    return Stretch(first, longest) if first + HOUR <= end - HOUR else None


def missed(ledger: Ledger, end: int, longest: int) -> Stretch | None:
    """Finished buckets that belong into the totals and were not counted in their time, the newest first."""
    since = end if ledger.since is None else ledger.since
    gap = ledger.history.unknown(since, end - HOUR)
    return Stretch(max(gap[0], gap[1] - longest), gap[1] - max(gap[0], gap[1] - longest)) if gap else None


def past(history: History, ends: Iterable[int], longest: int) -> Iterator[Stretch]:
    """Unknown stretches of history: what the next verdicts need of past weeks (windows that end there), then all."""
    if not history.gaps:
        return
    first, last = history.first // HOUR, history.end // HOUR
    wanted = [end // HOUR + step for steps in ((-1, 0), (1,)) for end in ends for step in steps]
    for hour in dict.fromkeys((*wanted, *range(last, first - 1, -1))):
        begin, end = hour * HOUR, (hour + 1) * HOUR
        while found := _stretch(history, begin, end, longest):
            yield found
            begin = found.end


def longest(history: History, end: int) -> int:
    """So many buckets one statement may take, by the busiest of the last hour."""
    return max(1, min(HOUR, ROWS // max(1, history.most(end, HOUR))))


def _stretch(history: History, begin: int, end: int, longest: int = HOUR) -> Stretch | None:
    gap = history.unknown(begin, end)
    return Stretch(gap[0], min(longest, gap[1] - gap[0])) if gap else None
