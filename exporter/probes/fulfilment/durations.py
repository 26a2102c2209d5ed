"""How long an order took from one moment to the next: counts between bounds, and percentiles of these. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Any

_HOUR = 3600
BOUNDS = (300, 900, 1800, *(hours * _HOUR for hours in (1, 2, 4, 8, 12, 18, 24, 36, 48, 72, 120, 168)))
"""Upper bounds in seconds, inclusive; what took longer counts beyond the last."""

STEPS: Mapping[str, tuple[str, str]] = {
    "paid_to_started": ("paid", "started"),
    "started_to_shipped": ("started", "shipped"),
    "paid_to_shipped": ("paid", "shipped"),
    "created_to_shipped": ("created", "shipped"),
    "shipped_to_delivered": ("shipped", "delivered"),
    "paid_to_delivered": ("paid", "delivered"),
}
"""By name: from which of our columns to which."""

ENDS: Mapping[str, tuple[str, ...]] = {
    "shipped": ("paid_to_started", "started_to_shipped", "paid_to_shipped", "created_to_shipped"),
    "delivered": ("shipped_to_delivered", "paid_to_delivered"),
}
"""What is known of an order when it is shipped, and when it is delivered."""

_BACKWARDS: Mapping[str, str] = {
    "paid_to_started": "started_before_paid",
    "started_to_shipped": "shipped_before_started",
    "paid_to_shipped": "shipped_before_paid",
    "created_to_shipped": "shipped_before_created",
    "shipped_to_delivered": "delivered_before_shipped",
    "paid_to_delivered": "delivered_before_paid",
}
BACKWARDS = tuple(_BACKWARDS.values())

_SKEW = 5.0
"""Two clocks may differ by so many seconds: what went backwards by no more took no time."""


@dataclass(frozen=True, slots=True)
class Took:
    """`seconds` by step, where both ends are known and in order; `faults`: how many seconds a step went backwards."""

    seconds: Mapping[str, float]
    faults: Mapping[str, float]


def took(record: Mapping[str, Any], end: str) -> Took:
    """What the order of this record took up to `end` ("shipped", "delivered"); a missing moment is no duration."""
    seconds, faults = dict[str, float](), dict[str, float]()
    for step in ENDS[end]:
        start, stop = (_moment(record, column) for column in STEPS[step])
        if start is None or stop is None:
            continue
        length = (stop - start).total_seconds()
        if length < -_SKEW:
            faults[_BACKWARDS[step]] = -length
        else:
            seconds[step] = max(0.0, length)
    return Took(seconds, faults)


def _moment(record: Mapping[str, Any], column: str) -> datetime | None:
    found: datetime | None = record.get(column)
    return found


def bucket(seconds: float) -> int:
    """The place of the counts to which this length belongs."""
    return bisect_left(BOUNDS, seconds)


def empty() -> list[int]:
    return [0] * (len(BOUNDS) + 1)


def quantile(counts: Sequence[int], share: float) -> float | None:
    """The length below which this share lies, between two bounds by proportion; beyond the last bound that bound.

    None of no counts.
    """
    total = sum(counts)
    if not total:
        return None
    wanted = share * total
    place = next(place for place, below in enumerate(accumulate(counts)) if below >= wanted and counts[place])
    if place == len(BOUNDS):
        return float(BOUNDS[-1])
    low = BOUNDS[place - 1] if place else 0
    before = sum(counts[:place])
    return low + (BOUNDS[place] - low) * max(0.0, wanted - before) / counts[place]
