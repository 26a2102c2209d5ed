"""Aggregation over groups of series, by and without."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass

from exporter.promql import numbers
from exporter.promql.statistics import REDUCTIONS, quantile
from exporter.promql.vector import NAME, NEWEST, EvaluationError, Instant, Node, Value, Version

_Members = list[Value]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which labels a result keeps: those named (`by`), or all but those named and the metric's name (`without`)."""

    labels: frozenset[str] = frozenset()
    without: bool = False

    def __call__(self, labels: Mapping[str, str]) -> dict[str, str]:
        if self.without:
            return {name: text for name, text in labels.items() if name not in self.labels and name != NAME}
        return {name: text for name, text in labels.items() if name in self.labels}

    def groups(self, values: _Members) -> list[_Members]:
        """The values that belong together, in the order of the first of each group."""
        key_of = self._key()
        found: defaultdict[Hashable, _Members] = defaultdict(list)
        for value in values:
            found[key_of(value.labels)].append(value)
        return list(found.values())

    def _key(self) -> Callable[[Mapping[str, str]], Hashable]:
        """What is the same for two series of one group, and quick to ask of ten thousand."""
        if self.without:
            return lambda labels: frozenset(self(labels).items())
        names = tuple(self.labels)
        return lambda labels: tuple(map(labels.get, names))


def _reduced(compute: Callable[[Sequence[float]], float]) -> Callable[[Grouping, Node, Node], Node]:
    def build(grouping: Grouping, inner: Node, _: Node) -> Node:
        def run(now: Instant) -> list[Value]:
            groups = grouping.groups(inner(now))
            return [Value(grouping(members[0].labels), compute([each.value for each in members])) for members in groups]

        return run

    return build


def _lone_is_zero(compute: Callable[[Sequence[float]], float]) -> Callable[[Sequence[float]], float]:
    return lambda numbers: 0.0 if len(numbers) == 1 else compute(numbers)


def _quantile(grouping: Grouping, inner: Node, share: Node) -> Node:
    def run(now: Instant) -> list[Value]:
        wanted = share(now)
        return [
            Value(grouping(members[0].labels), quantile(wanted, [each.value for each in members]))
            for members in grouping.groups(inner(now))
        ]

    return run


def _ranked(*, highest: bool) -> Callable[[Grouping, Node, Node], Node]:
    """The elements themselves, as many as asked of each group; NaN comes last."""

    def place(value: Value) -> tuple[bool, float]:
        return math.isnan(value.value), -value.value if highest else value.value

    def build(grouping: Grouping, inner: Node, most: Node) -> Node:
        def run(now: Instant) -> list[Value]:
            values, count = inner(now), most(now)
            if not abs(count) < 2**63:
                raise EvaluationError(f"the number of elements cannot be {numbers.written(count)}")
            groups = grouping.groups(values) if count >= 1 else []
            return [value for members in groups for value in sorted(members, key=place)[: int(count)]]

        return run

    return build


def _count_values(grouping: Grouping, inner: Node, label: Node) -> Node:
    def run(now: Instant) -> list[Value]:
        name = label(now)
        kept = grouping if grouping.without else Grouping(grouping.labels | {name})
        values = [Value({**labels, name: numbers.written(value)}, value) for labels, value in inner(now)]
        return [Value(kept(members[0].labels), float(len(members))) for members in kept.groups(values)]

    return run


_AGGREGATIONS: Mapping[str, Callable[[Grouping, Node, Node], Node]] = {
    **{name: _reduced(compute) for name, compute in REDUCTIONS.items()},
    "bottomk": _ranked(highest=False),
    "count_values": _count_values,
    "group": _reduced(lambda _: 1.0),
    "quantile": _quantile,
    "topk": _ranked(highest=True),
}
# In 2.x the deviation of a single element is 0, also of one that is not finite.
_AGGREGATIONS_OF_2 = {name: _reduced(_lone_is_zero(REDUCTIONS[name])) for name in ("stddev", "stdvar")}


def aggregations(version: Version) -> Mapping[str, Callable[[Grouping, Node, Node], Node]]:
    """By name what builds the node of an aggregation, from its grouping, what is aggregated, and its parameter."""
    return _AGGREGATIONS if version == NEWEST else {**_AGGREGATIONS, **_AGGREGATIONS_OF_2}
