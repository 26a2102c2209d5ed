"""The functions that are evaluated, in one table; a function that is not in it is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from exporter.promql import numbers
from exporter.promql.selectors import Selector
from exporter.promql.vector import Instant, Node, Value, nameless, unique


class Argument(NamedTuple):
    """A compiled argument; `selector` when it is written as a bare selector."""

    run: Node
    selector: Selector | None


Builder = Callable[[Sequence[Argument]], Node]


def _each(compute: Callable[..., float]) -> Builder:
    """A function of every element and of scalars that follow it."""

    def build(arguments: Sequence[Argument]) -> Node:
        vector, *scalars = (argument.run for argument in arguments)

        def run(now: Instant) -> list[Value]:
            given = [scalar(now) for scalar in scalars]
            return unique([Value(nameless(each.labels), compute(each.value, *given)) for each in vector(now)])

        return run

    return build


def _clamp(arguments: Sequence[Argument]) -> Node:
    vector, low, high = (argument.run for argument in arguments)

    def run(now: Instant) -> list[Value]:
        values, least, most = vector(now), low(now), high(now)
        if most < least:
            return []
        return unique(
            [Value(nameless(each.labels), numbers.greatest(least, numbers.least(most, each.value))) for each in values]
        )

    return run


def _absent(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0]
    labels = inner.selector.absent() if inner.selector else {}

    def run(now: Instant) -> list[Value]:
        return [] if inner.run(now) else [Value(labels, 1.0)]

    return run


def _scalar(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0].run

    def run(now: Instant) -> float:
        values = inner(now)
        return values[0].value if len(values) == 1 else math.nan

    return run


def _vector(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0].run

    def run(now: Instant) -> list[Value]:
        return [Value({}, inner(now))]

    return run


def _time(_: Sequence[Argument]) -> Node:
    return lambda now: now.at


FUNCTIONS: Mapping[str, Builder] = {
    "abs": _each(abs),
    "absent": _absent,
    "ceil": _each(numbers.ceil),
    "clamp": _clamp,
    "clamp_max": _each(numbers.least),
    "clamp_min": _each(numbers.greatest),
    "floor": _each(numbers.floor),
    "round": _each(numbers.rounded),
    "scalar": _scalar,
    "sgn": _each(numbers.sign),
    "time": _time,
    "vector": _vector,
}
