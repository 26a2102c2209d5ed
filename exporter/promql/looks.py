"""Looks at series in time: a selector with its offset and `@`, the range before it, and subqueries."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass

from exporter.promql.selectors import Selector
from exporter.promql.vector import NEWEST, Instant, Node, Span, Value, Version, Window

LOOKBACK = 300.0
"""Seconds for which a sample counts as the series' value, unless a later one or a stale marker comes."""
STEP = 60.0
"""Seconds between the steps of a subquery that names none."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Which time is meant: that of the evaluation, `fixed` in Unix seconds, or that of the whole expression.

    `offset` (ms, negative towards the future) is taken from it.
    """

    offset: int = 0
    fixed: float | None = None
    whole: bool = False

    @property
    def moved(self) -> bool:
        return self != Moment()

    def of(self, now: Instant) -> int:
        at = self.fixed if self.fixed is not None else now.origin if self.whole else now.at
        return round(at * 1000) - self.offset


@dataclass(frozen=True, slots=True)
class Look:
    """A selector at a moment: the newest value of each series within the lookback."""

    selector: Selector
    moment: Moment
    version: Version

    def _oldest(self, at: int) -> int:
        return at - round(LOOKBACK * 1000) + (self.version == NEWEST)  # the lookback is open on the left since 3.0

    def __call__(self, now: Instant) -> list[Value]:
        at = self.moment.of(now)
        return now.samples.instant(self.selector, self._oldest(at), at)

    def stamped(self, now: Instant) -> list[tuple[Value, int]]:
        """The same, each with the time (ms) of its sample."""
        at = self.moment.of(now)
        return now.samples.stamped(self.selector, self._oldest(at), at)


@dataclass(frozen=True, slots=True)
class Range:
    """A selector over a range, which is open on the left since 3.0; lengths in ms."""

    selector: Selector
    moment: Moment
    length: int
    version: Version

    def __call__(self, now: Instant) -> Span:
        end = self.moment.of(now)
        start = end - self.length
        return Span(start, end, now.ms, now.samples.windows(self.selector, start + (self.version == NEWEST), end))


@dataclass(frozen=True, slots=True)
class Subquery:
    """An expression evaluated at every multiple of `step` within a range; lengths in ms."""

    inner: Node
    moment: Moment
    length: int
    step: int
    version: Version

    def __call__(self, now: Instant) -> Span:
        end = self.moment.of(now)
        start = end - self.length
        first = -(-(start + (self.version == NEWEST)) // self.step) * self.step
        windows: dict[frozenset[tuple[str, str]], tuple[Mapping[str, str], array[int], array[float]]] = {}
        for time in range(first, end + 1, self.step):
            for labels, value in self.inner(Instant(now.samples, time / 1000, now.origin)):
                key = frozenset(labels.items())
                if key not in windows:
                    windows[key] = labels, array("q"), array("d")
                windows[key][1].append(time)
                windows[key][2].append(value)
        return Span(start, end, now.ms, [Window(*window) for window in windows.values()])
