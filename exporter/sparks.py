"""The last hours of one figure a probe, for the small curves of the status page: in memory, and bounded there."""

from __future__ import annotations

import math
import threading
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from exporter.model import Metric, Name, Reading, Sample

POINTS = 72
"""Points of one curve: 288 bytes of figures, about 450 with what holds them. 2,400 probes are 1.1 MB."""
FINEST, WIDEST = 5.0, 320.0
"""Seconds a point stands for, at first and at last: a new curve tells of minutes, and in the end of 6.4 hours."""

SUMMED = (
    "_orders", "_skus", "_anomalies", "_messages", "_cards", "_rows", "_reservations", "_changes", "_findings",
    "_locks", "_events",
)  # fmt: skip
"""Metrics whose samples add up to one number; of others the largest is the one to see."""
_DULL = ("_timestamp_seconds", "_ratio", "_total")


@dataclass(frozen=True, slots=True)
class Trend:
    """A curve as it is shown: `points` end now and are `step` seconds apart, None where there was no answer."""

    metric: Metric
    points: tuple[float | None, ...]
    step: float


class _Curve:
    __slots__ = ("metric", "start", "step", "values")

    def __init__(self, metric: Metric | None, at: float) -> None:
        self.metric, self.start, self.step = metric, at, FINEST
        self.values = array("f")

    def note(self, at: float, value: float) -> None:
        """The highest of what falls into one point stands, for a peak is what one looks for."""
        while (place := int((at - self.start) // self.step)) >= POINTS:
            self._make_room(place)
        self.values.extend(math.nan for _ in range(place + 1 - len(self.values)))
        known = self.values[place]
        self.values[place] = value if math.isnan(known) or value > known else known

    def _make_room(self, place: int) -> None:
        if self.step < WIDEST:
            pairs = [self.values[each : each + 2] for each in range(0, len(self.values), 2)]
            self.values = array("f", (max((v for v in pair if not math.isnan(v)), default=math.nan) for pair in pairs))
            self.step *= 2
        else:
            over = place + 1 - POINTS
            self.values, self.start = self.values[over:], self.start + over * self.step


class Sparks:
    """Fed with every reading; any thread may ask."""

    def __init__(self) -> None:
        self._curves: dict[Name, _Curve] = {}
        self._lock = threading.Lock()

    def note(self, reading: Reading) -> None:
        """A run that failed leaves a hole."""
        found = headline(reading.samples)
        metric, value = found or (None, math.nan)
        at = reading.at.timestamp()
        with self._lock:
            curve = self._curves.get(reading.name)
            if curve and metric and curve.metric is None:
                curve.metric = metric
            is_other = curve is not None and metric is not None and curve.metric != metric
            if curve is None or is_other or at < curve.start:
                curve = self._curves[reading.name] = _Curve(metric, at)
            curve.note(at, value)

    def only(self, names: Iterable[Name]) -> None:
        """Forgets what is watched no more."""
        wanted = set(names)
        with self._lock:
            self._curves = {name: curve for name, curve in self._curves.items() if name in wanted}

    def trend(self, name: Name) -> Trend | None:
        """None before there are two figures to compare."""
        with self._lock:
            curve = self._curves.get(name)
            if curve is None or curve.metric is None:
                return None
            points = tuple(None if math.isnan(value) else value for value in curve.values)
            known = sum(point is not None for point in points)
            return Trend(curve.metric, points, curve.step) if known > 1 else None


def headline(samples: Sequence[Sample]) -> tuple[Metric, float] | None:
    """The figure that stands for a probe: its first that can rise and fall."""
    first = next((s.metric for s in samples if s.metric.kind == "gauge" and not s.metric.name.endswith(_DULL)), None)
    if first is None:
        return None
    values = [each.value for each in samples if each.metric is first]
    return first, sum(values) if first.name.endswith(SUMMED) else max(values)
