"""Aggregation over groups of series: sum, min, max, avg, count and group, by and without."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from exporter.promql.vector import NAME, Instant, Node, Value


def _sum(numbers: Sequence[float]) -> float:
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):  # beyond float64, or infinities of both signs
        return sum(numbers)


def _average(numbers: Sequence[float]) -> float:
    total = _sum(numbers)
    if math.isinf(total) and not any(map(math.isinf, numbers)):
        return _sum([number / len(numbers) for number in numbers])
    return total / len(numbers)


def _extreme(choose: Callable[[Sequence[float]], float]) -> Callable[[Sequence[float]], float]:
    def extreme(numbers: Sequence[float]) -> float:
        known = [number for number in numbers if not math.isnan(number)]
        return choose(known) if known else math.nan

    return extreme


AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": _sum,
    "avg": _average,
    "min": _extreme(min),
    "max": _extreme(max),
    "count": lambda numbers: float(len(numbers)),
    "group": lambda _: 1.0,
}


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which labels a result keeps: those named (`by`), or all but those named and the metric's name (`without`)."""

    labels: frozenset[str] = frozenset()
    without: bool = False

    def __call__(self, labels: Mapping[str, str]) -> dict[str, str]:
        if self.without:
            return {name: text for name, text in labels.items() if name not in self.labels and name != NAME}
        return {name: text for name, text in labels.items() if name in self.labels}


def aggregate(operation: str, grouping: Grouping, inner: Node) -> Node:
    compute = AGGREGATIONS[operation]

    def run(now: Instant) -> list[Value]:
        groups: dict[frozenset[tuple[str, str]], tuple[dict[str, str], list[float]]] = {}
        for value in inner(now):
            labels = grouping(value.labels)
            groups.setdefault(frozenset(labels.items()), (labels, []))[1].append(value.value)
        return [Value(labels, compute(numbers)) for labels, numbers in groups.values()]

    return run
