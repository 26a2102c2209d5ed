"""Parts of the date and time (UTC) that a number of Unix seconds means."""

from __future__ import annotations

import math
from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import UTC, datetime


def _of(part: Callable[[datetime], int]) -> Callable[[float], float]:
    def compute(seconds: float) -> float:
        try:
            return float(part(datetime.fromtimestamp(math.trunc(seconds), UTC)))
        except (ValueError, OverflowError, OSError):  # not a number, or not a year between 1 and 9999
            return math.nan

    return compute


DATES: Mapping[str, Callable[[float], float]] = {
    "day_of_month": _of(lambda when: when.day),
    "day_of_week": _of(lambda when: when.isoweekday() % 7),
    "day_of_year": _of(lambda when: when.timetuple().tm_yday),
    "days_in_month": _of(lambda when: monthrange(when.year, when.month)[1]),
    "hour": _of(lambda when: when.hour),
    "minute": _of(lambda when: when.minute),
    "month": _of(lambda when: when.month),
    "year": _of(lambda when: when.year),
}
