"""Numbers of many numbers: what aggregations of series and functions over time have in common."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence


def total(numbers: Sequence[float]) -> float:
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond float64, or infinities of both signs
        return sum(numbers)


def average(numbers: Sequence[float]) -> float:
    whole = total(numbers)
    if math.isinf(whole) and not any(map(math.isinf, numbers)):
        return total([number / len(numbers) for number in numbers])
    return whole / len(numbers)


def _extreme(choose: Callable[[Sequence[float]], float]) -> Callable[[Sequence[float]], float]:
    def extreme(numbers: Sequence[float]) -> float:
        known = [number for number in numbers if number == number]  # noqa: PLR0124 - leaves out NaN, quickly
        return choose(known) if known else math.nan

    return extreme


def variance(numbers: Sequence[float]) -> float:
    """The population's; NaN if a number is not finite."""
    if not all(map(math.isfinite, numbers)):
        return math.nan
    # Distances from one of them, so that equal numbers have none at all.
    distances = [number - numbers[0] for number in numbers]
    middle = average(distances)
    try:
        return math.fsum((distance - middle) ** 2 for distance in distances) / len(numbers)
    except OverflowError:
        return math.inf


def deviation(numbers: Sequence[float]) -> float:
    return math.sqrt(variance(numbers))


def quantile(share: float, numbers: Sequence[float]) -> float:
    """Between the two nearest numbers, in proportion; NaN counts as the lowest number."""
    if not numbers or math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    ordered = sorted(numbers, key=lambda number: (not math.isnan(number), number))
    rank = share * (len(ordered) - 1)
    lower = int(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


REDUCTIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "avg": average,
    "count": lambda numbers: float(len(numbers)),
    "max": _extreme(max),
    "min": _extreme(min),
    "stddev": deviation,
    "stdvar": variance,
    "sum": total,
}
