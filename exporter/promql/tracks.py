"""The samples of one series, and the series of one metric."""

from __future__ import annotations

import math
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from itertools import chain

from exporter.promql.vector import Value, Window

_STALE_BITS = struct.pack("<Q", 0x7FF0000000000002)
STALE: float = struct.unpack("<d", _STALE_BITS)[0]
"""The value that ends a series: a NaN with the bits that Prometheus gives a stale marker."""


def is_stale(value: float) -> bool:
    return math.isnan(value) and struct.pack("<d", value) == _STALE_BITS


def key_of(labels: Mapping[str, str]) -> tuple[str, ...]:
    """Names and texts in turn: the same for the same labels, and a fifth of the memory of a frozenset of them."""
    return tuple(chain.from_iterable(sorted(labels.items())))


class Track:
    """One series: 16 bytes a sample, and what it is now (`latest`; None when it has ended)."""

    __slots__ = ("labels", "latest", "markers", "times", "values")

    def __init__(self, labels: Mapping[str, str]) -> None:
        self.labels = labels
        self.times = array("q")
        self.values = array("d")
        self.markers = 0
        self.latest: Value | None = None

    def append(self, time: int, value: float) -> None:
        """Raises ValueError when there is a later sample; a second one of the same ms replaces the first."""
        if self.times and time <= self.times[-1]:
            if time < self.times[-1]:
                raise ValueError(
                    f"a sample of {time} ms comes after one of {self.times[-1]} ms; append in order of time"
                )
            self.times.pop()
            self.markers -= is_stale(self.values.pop())
        self.times.append(time)
        self.values.append(value)
        if value != value and is_stale(value):  # noqa: PLR0124 - a NaN, asked in the quickest way
            self.markers += 1
            self.latest = None
        elif self.latest is None or self.latest.value != value:
            self.latest = Value(self.labels, value)

    def at(self, oldest: int, newest: int) -> tuple[Value, int] | None:
        """The newest sample between the two times; None when there is none, or when it ends the series."""
        position = len(self.times) - 1 if self.times[-1] <= newest else bisect_right(self.times, newest) - 1
        if position < 0 or self.times[position] < oldest:
            return None
        if position == len(self.times) - 1:
            return None if self.latest is None else (self.latest, self.times[position])
        value = self.values[position]
        return None if is_stale(value) else (Value(self.labels, value), self.times[position])

    def between(self, oldest: int, newest: int) -> Window | None:
        """The samples between the two times; None when there are none but stale markers."""
        first, end = bisect_left(self.times, oldest), len(self.times)
        if self.times[-1] > newest:
            end = bisect_right(self.times, newest, first)
        times, values = self.times[first:end], self.values[first:end]
        if self.markers:
            kept = [(time, value) for time, value in zip(times, values, strict=True) if not is_stale(value)]
            times, values = array("q", (time for time, _ in kept)), array("d", (value for _, value in kept))
        return Window(self.labels, times, values) if times else None

    def forget(self, before: int) -> None:
        """Drops what is older. The newest stays, unless it only ends the series."""
        end = bisect_left(self.times, before)
        if end == len(self.times) and self.latest is not None:
            end -= 1
        if self.markers:
            self.markers -= sum(map(is_stale, self.values[:end]))
        del self.times[:end], self.values[:end]


class Family:
    """The series of one metric.

    `members` is another number after each series that came or went, `news` after each that has another value now.
    """

    __slots__ = ("members", "news", "tracks")

    def __init__(self) -> None:
        self.tracks: dict[tuple[str, ...], Track] = {}
        self.members = 0
        self.news = 0
