"""The functions that are evaluated, in one table; a function that is not in it is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from exporter.promql import labels, numbers
from exporter.promql.calls import Argument, Builder
from exporter.promql.dates import DATES
from exporter.promql.histograms import bucket_quantiles
from exporter.promql.looks import Look
from exporter.promql.overtime import absent_over_time, functions_over_time, over_time
from exporter.promql.ranges import OverTime
from exporter.promql.vector import Instant, Node, Value, Version, mapped


def _each(compute: Callable[..., float]) -> Builder:
    """A function of every element and of scalars that follow it."""

    def build(arguments: Sequence[Argument]) -> Node:
        vector, *scalars = (argument.run for argument in arguments)

        def run(now: Instant) -> list[Value]:
            values, given = vector(now), [scalar(now) for scalar in scalars]
            return mapped(values, lambda value: compute(value, *given)) if given else mapped(values, compute)

        return run

    return build


def _clamp(arguments: Sequence[Argument]) -> Node:
    vector, low, high = (argument.run for argument in arguments)

    def run(now: Instant) -> list[Value]:
        values, least, most = vector(now), low(now), high(now)
        if most < least:
            return []
        return mapped(values, lambda value: numbers.greatest(least, numbers.least(most, value)))

    return run


def _absent(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0]
    told = inner.selector.absent() if inner.selector else {}

    def run(now: Instant) -> list[Value]:
        at = inner.run.moment.of(now) if isinstance(inner.run, Look) else now.ms
        return [] if at < now.samples.since or inner.run(now) else [Value(told, 1.0)]

    return run


def _absent_over_time(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0]
    return absent_over_time(inner.run, inner.selector.absent() if inner.selector else {})


def _scalar(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0].run

    def run(now: Instant) -> float:
        values = inner(now)
        return values[0].value if len(values) == 1 else math.nan

    return run


def _vector(arguments: Sequence[Argument]) -> Node:
    inner = arguments[0].run
    return lambda now: [Value({}, inner(now))]


def _time(_: Sequence[Argument]) -> Node:
    return lambda now: now.ms / 1000


def _timestamp(arguments: Sequence[Argument]) -> Node:
    """Of a selector's series their samples' own times; of anything computed the time of the evaluation."""
    inner = arguments[0].run
    if not isinstance(inner, Look):
        return lambda now: mapped(inner(now), lambda _: now.ms / 1000)

    def run(now: Instant) -> list[Value]:
        stamped = inner.stamped(now)
        times = iter([time / 1000 for _, time in stamped])
        return mapped([value for value, _ in stamped], lambda _: next(times))

    return run


def _date(part: Callable[[float], float]) -> Builder:
    def build(arguments: Sequence[Argument]) -> Node:
        if not arguments:
            return lambda now: [Value({}, part(now.at))]
        inner = arguments[0].run
        return lambda now: mapped(inner(now), part)

    return build


def _sorted(*, falling: bool) -> Builder:
    """NaN comes last either way."""

    def place(value: Value) -> tuple[bool, float]:
        return math.isnan(value.value), -value.value if falling else value.value

    def build(arguments: Sequence[Argument]) -> Node:
        inner = arguments[0].run
        return lambda now: sorted(inner(now), key=place)

    return build


def _histogram_quantile(version: Version) -> Builder:
    def build(arguments: Sequence[Argument]) -> Node:
        share, inner = (argument.run for argument in arguments)
        return lambda now: bucket_quantiles(share(now), inner(now), version)

    return build


_FUNCTIONS: Mapping[str, Builder] = {
    **{name: _date(part) for name, part in DATES.items()},
    "abs": _each(abs),
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "ceil": _each(numbers.ceil),
    "clamp": _clamp,
    "clamp_max": _each(numbers.least),
    "clamp_min": _each(numbers.greatest),
    "floor": _each(numbers.floor),
    "round": _each(numbers.rounded),
    "scalar": _scalar,
    "sgn": _each(numbers.sign),
    "sort": _sorted(falling=False),
    "sort_desc": _sorted(falling=True),
    "time": _time,
    "timestamp": _timestamp,
    "vector": _vector,
}


def _over_time(compute: OverTime, *, named: bool) -> Builder:
    """A function over time; the range may stand before or behind the scalars."""

    def build(arguments: Sequence[Argument]) -> Node:
        (range_,) = (argument.run for argument in arguments if argument.ranged)
        return over_time(compute, range_, [argument.run for argument in arguments if not argument.ranged], named=named)

    return build


def functions(version: Version) -> Mapping[str, Builder]:
    """By name what builds a call's node, as that major version of Prometheus evaluates it."""
    return {
        **_FUNCTIONS,
        **{
            name: _over_time(compute, named=name == "last_over_time")
            for name, compute in functions_over_time(version).items()
        },
        "histogram_quantile": _histogram_quantile(version),
        "label_join": labels.label_join(version),
        "label_replace": labels.label_replace(version),
    }
