"""Aggregation over groups of series: sum, min, max, avg, count and group, by and without."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
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

    def key(self) -> Callable[[Mapping[str, str]], Hashable]:
        """What is the same for two series of one group, and quick to ask of ten thousand."""
        if self.without:
            return lambda labels: frozenset(self(labels).items())
        names = tuple(self.labels)
        return lambda labels: tuple(map(labels.get, names))


def aggregate(operation: str, grouping: Grouping, inner: Node) -> Node:
    compute, key_of = AGGREGATIONS[operation], grouping.key()

    def run(now: Instant) -> list[Value]:
        groups: defaultdict[Hashable, list[float]] = defaultdict(list)
        first: dict[Hashable, Mapping[str, str]] = {}
        for labels, number in inner(now):
            key = key_of(labels)
            groups[key].append(number)
            first.setdefault(key, labels)
        return [Value(grouping(first[key]), compute(numbers)) for key, numbers in groups.items()]

    return run
