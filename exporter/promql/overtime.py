"""Functions of ranges: one number for each series that has samples there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from exporter.promql.ranges import OverTime, over_range
from exporter.promql.statistics import REDUCTIONS, quantile
from exporter.promql.vector import Instant, Node, Span, Value, Version, Window, nameless, several_names, unique


def over_time(compute: OverTime, range_: Node, scalars: Sequence[Node], *, named: bool = False) -> Node:
    """Computes each window; `named` says that the result keeps the metric's name."""

    def run(now: Instant) -> list[Value]:
        span: Span = range_(now)
        given = [scalar(now) for scalar in scalars]
        made = []
        for window in span.windows:
            value = compute(window, span, *given)
            if value is not None:
                made.append(Value(window.labels if named else nameless(window.labels), value))
        return unique(made) if not named and several_names(span.windows) else made

    return run


def absent_over_time(range_: Node, labels: Mapping[str, str]) -> Node:
    def run(now: Instant) -> list[Value]:
        span: Span = range_(now)
        return [] if span.windows or span.end < now.samples.since else [Value(labels, 1.0)]

    return run


def _of_values(reduce: Callable[[Sequence[float]], float]) -> OverTime:
    return lambda window, _: reduce(window.values)


def _quantile(window: Window, _: Span, share: float) -> float:
    return quantile(share, window.values)


def functions_over_time(version: Version) -> Mapping[str, OverTime]:
    """By name what computes a window; the range is the last argument, but for `predict_linear`."""
    return {
        **over_range(version),
        **{f"{name}_over_time": _of_values(reduce) for name, reduce in REDUCTIONS.items()},
        "last_over_time": lambda window, _: window.values[-1],
        "present_over_time": lambda _, __: 1.0,
        "quantile_over_time": _quantile,
    }
