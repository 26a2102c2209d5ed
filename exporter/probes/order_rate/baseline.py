"""What is usual at this time: the same hour of past weeks, and how far it strays. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo

from exporter.probes.order_rate.buckets import bucket_of, start_of

WEEKS, YOUNG_WEEKS, DAYS = 8, 4, 6
ENOUGH = 8
"""Points; with fewer, chance alone raises several false alarms in 1,000 hours."""

_NORMAL = 1.4826
"""Standard deviations in a median of absolute deviations."""

_FEW = 3.0
"""A median of few deviations is often too small by chance: n points are taken for 1 + 3/n times as far astray."""

_WILDEST = 0.225
"""Of what is expected: however wildly the past went, four deviations never excuse less than a tenth of it."""

Excepted = Callable[[date], bool]
Total = Callable[[int], float | None]
"""What the window before a bucket came to; None where that is not known, or says nothing."""


@dataclass(frozen=True, slots=True)
class Usual:
    """`expected` in this window, and `spread`, one usual deviation from it; `points` is what both are taken from."""

    expected: float
    spread: float
    points: int

    @classmethod
    def of(cls, alike: Sequence[float], others: Sequence[float] = ()) -> Usual:
        """The median of windows that are `alike`; `others` tell with them how far the shop strays.

        The spread is at least what chance makes of a count, and a tenth: a flat past does not make a day exact.
        """
        middle, points = median(alike), [*alike, *others]
        stray = _NORMAL * (1 + _FEW / max(1, len(points))) * median([abs(value - middle) for value in points])
        return cls(middle, max(min(stray, _WILDEST * middle), math.sqrt(middle), 0.1 * middle), len(points))

    def deviations(self, value: float) -> float:
        """How many usual deviations the value lies below; negative above."""
        return (self.expected - value) / self.spread if self.spread else 0.0


def median(values: Sequence[float]) -> float:
    """0 for no values."""
    ordered, half = sorted(values), len(values) // 2
    if not ordered:
        return 0.0
    return float(ordered[half]) if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


@dataclass(frozen=True, slots=True)
class Past:
    """The ends of the same window in past weeks and on past days, newest first, by the clock on the shop's wall."""

    weeks: tuple[int, ...]
    days: tuple[int, ...]

    @classmethod
    def of(cls, end: int, length: int, zone: tzinfo, excepted: Excepted) -> Past:
        """Windows that touch an excepted day are left out."""

        def usable(days: Iterator[int]) -> Iterator[int]:
            for back in days:
                then = same_time(end, back, zone)
                touched = {day_of(then - length, zone), day_of(then - 1, zone)}
                if not any(map(excepted, touched)):
                    yield then

        weeks = usable(7 * week for week in range(1, WEEKS + 1))
        return cls(tuple(weeks), tuple(usable(iter(range(1, DAYS + 1)))))

    def usual(self, total: Total) -> Usual:
        """By the eight weeks; while some of them are not to be had, by four weeks and six days. See `points`."""
        weeks, days = ([value for end in ends if (value := total(end)) is not None] for ends in (self.weeks, self.days))
        if len(weeks) == WEEKS:
            return Usual.of(weeks, days)
        return Usual.of(weeks[:YOUNG_WEEKS] + days, weeks[YOUNG_WEEKS:])


def same_time(bucket: int, days: int, zone: tzinfo) -> int:
    """The bucket that so many days ago began at the same time of the local day."""
    local = start_of(bucket).astimezone(zone)
    then = local.replace(tzinfo=None) - timedelta(days=days)
    return bucket_of(then.replace(tzinfo=zone, fold=local.fold))


def day_of(bucket: int, zone: tzinfo) -> date:
    return start_of(bucket).astimezone(zone).date()
