"""Functions of the samples of one series in a range: rates, changes and lines through them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from exporter.promql.vector import NEWEST, Span, Version, Window

OverTime = Callable[..., float | None]
"""Of a window, its span and scalars that the function takes; None when the samples do not suffice."""

_ENOUGH = 2


def _risen(values: Sequence[float]) -> float:
    """How far a counter rose: where it falls, it began again at 0."""
    rise, last = values[-1] - values[0], values[0]
    for value in values:
        if value < last:
            rise += last
        last = value
    return rise


def _extrapolated(version: Version, *, counter: bool, per_second: bool) -> OverTime:
    """The difference, stretched to the ends of the range where the samples come near enough to them."""

    def compute(window: Window, span: Span) -> float | None:
        times, values = window.times, window.values
        if len(times) < _ENOUGH:
            return None
        difference = _risen(values) if counter else values[-1] - values[0]
        sampled = (times[-1] - times[0]) / 1000
        average = sampled / (len(times) - 1)
        start, end = (times[0] - span.start) / 1000, (span.end - times[-1]) / 1000
        if version == NEWEST and start >= average * 1.1:
            start = average / 2
        if counter and difference > 0 and values[0] >= 0:
            start = min(start, sampled * (values[0] / difference))  # before that it would have been below zero
        if start >= average * 1.1:
            start = average / 2
        if end >= average * 1.1:
            end = average / 2
        factor = (sampled + start + end) / sampled
        return difference * (factor / ((span.end - span.start) / 1000) if per_second else factor)

    return compute


def _last_two(*, counter: bool, per_second: bool) -> OverTime:
    def compute(window: Window, _: Span) -> float | None:
        if len(window.times) < _ENOUGH:
            return None
        before, last = window.values[-2:]
        difference = last if counter and last < before else last - before
        return difference / ((window.times[-1] - window.times[-2]) / 1000) if per_second else difference

    return compute


def _changes(window: Window, _: Span) -> float:
    pairs = zip(window.values, window.values[1:], strict=False)
    return float(sum(last != value and not (math.isnan(last) and math.isnan(value)) for last, value in pairs))


def _resets(window: Window, _: Span) -> float:
    return float(sum(value < last for last, value in zip(window.values, window.values[1:], strict=False)))


def _line(window: Window, origin: int) -> tuple[float, float]:
    """Slope (per second) and height at `origin` (ms) of the least-squares line; of equal values it is level."""
    values, count = window.values, len(window.values)
    if all(value == values[0] for value in values):
        return (math.nan, math.nan) if math.isinf(values[0]) else (0.0, values[0])
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    seconds = [(time - origin) / 1000 for time in window.times]
    middle, height = math.fsum(seconds) / count, math.fsum(values) / count
    both = math.fsum((x - middle) * (y - height) for x, y in zip(seconds, values, strict=True))
    slope = both / math.fsum((x - middle) ** 2 for x in seconds)
    return slope, height - slope * middle


def _deriv(window: Window, _: Span) -> float | None:
    return _line(window, window.times[0])[0] if len(window.times) >= _ENOUGH else None


def _predict_linear(window: Window, span: Span, ahead: float) -> float | None:
    if len(window.times) < _ENOUGH:
        return None
    slope, height = _line(window, span.at)
    return slope * ahead + height


def over_range(version: Version) -> Mapping[str, OverTime]:
    """The functions by name, as that major version of Prometheus computes them."""
    return {
        "changes": _changes,
        "delta": _extrapolated(version, counter=False, per_second=False),
        "deriv": _deriv,
        "idelta": _last_two(counter=False, per_second=False),
        "increase": _extrapolated(version, counter=True, per_second=False),
        "irate": _last_two(counter=True, per_second=True),
        "predict_linear": _predict_linear,
        "rate": _extrapolated(version, counter=True, per_second=True),
        "resets": _resets,
    }
