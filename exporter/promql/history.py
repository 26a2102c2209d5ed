"""The recent past of the process's own samples: what ranges, offsets and subqueries look back into."""

from __future__ import annotations

import math
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from sys import getsizeof

from exporter.promql.selectors import Selector
from exporter.promql.vector import NAME, Value, Window, filled

_STALE_BITS = struct.pack("<Q", 0x7FF0000000000002)
STALE: float = struct.unpack("<d", _STALE_BITS)[0]
"""The value that ends a series: a NaN with the bits that Prometheus gives a stale marker."""
_STALE = struct.pack("<d", STALE)

_Key = frozenset[tuple[str, str]]


def is_stale(value: float) -> bool:
    return math.isnan(value) and struct.pack("<d", value) == _STALE


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
        first, end = bisect_left(self.times, oldest), len(self.times)
        if self.times[-1] > newest:
            end = bisect_right(self.times, newest, first)
        times, values = self.times[first:end], self.values[first:end]
        if self.markers:
            kept = [(time, value) for time, value in zip(times, values, strict=True) if not is_stale(value)]
            times, values = array("q", (time for time, _ in kept)), array("d", (value for _, value in kept))
        return Window(self.labels, times, values) if times else None

    def forget(self, before: int) -> int:
        """Drops what is older; the number of dropped samples. The newest stays, unless it only ends the series."""
        end = bisect_left(self.times, before)
        if end == len(self.times) and self.latest is not None:
            end -= 1
        if self.markers:
            self.markers -= sum(map(is_stale, self.values[:end]))
        del self.times[:end], self.values[:end]
        return end


class _Family:
    """The series of one metric; `changes` is another number after each that came or went."""

    __slots__ = ("changes", "tracks")

    def __init__(self) -> None:
        self.tracks: dict[_Key, Track] = {}
        self.changes = 0


class History:
    """Samples by metric name, filled from outside in order of time."""

    def __init__(self) -> None:
        self._families: dict[str, _Family] = {}
        self._changes = 0
        self._samples = 0
        self._found: dict[int, tuple[Selector, int, list[Track]]] = {}

    def append(self, labels: Mapping[str, str], timestamp: float, value: float) -> None:
        """One sample of the series with these labels (the name as `__name__`); the time in Unix seconds.

        `STALE` as the value ends the series. Raises ValueError when the series has a later sample.
        """
        self.extend(self.track(labels), round(timestamp * 1000), value)

    def track(self, labels: Mapping[str, str]) -> Track:
        """The series with these labels, new if need be; it belongs to the history from its first sample on."""
        labels = filled(labels)
        family = self._families.get(labels.get(NAME, ""))
        known = family.tracks.get(frozenset(labels.items())) if family else None
        return known or Track(labels)

    def extend(self, track: Track, time: int, value: float) -> None:
        """`append` to a series that `track` has found; the time in ms."""
        before = len(track.times)
        track.append(time, value)
        self._samples += len(track.times) - before
        if not before:
            family = self._families.setdefault(track.labels.get(NAME, ""), _Family())
            family.tracks[frozenset(track.labels.items())] = track
            self._changes += 1
            family.changes = self._changes

    def forget(self, before: float, name: str | None = None) -> None:
        """Drops what is older than `before` (Unix seconds), of one metric or all; a series keeps its newest value."""
        names = [*self._families] if name is None else [name] if name in self._families else []
        for each in names:
            self._forget(each, round(before * 1000))

    def _forget(self, name: str, before: int) -> None:
        family = self._families[name]
        ended = []
        for key, track in family.tracks.items():
            if track.times[0] < before:
                self._samples -= track.forget(before)
                if not track.times:
                    ended.append(key)
        for key in ended:
            del family.tracks[key]
        if ended:
            self._changes += 1
            family.changes = self._changes
        if not family.tracks:
            del self._families[name]

    @property
    def series(self) -> int:
        return sum(len(family.tracks) for family in self._families.values())

    @property
    def samples(self) -> int:
        return self._samples

    @property
    def bytes(self) -> int:
        """The memory of samples and series, not counting the labels' texts, which the samples share."""
        return sum(
            getsizeof(track)
            + getsizeof(track.times)
            + getsizeof(track.values)
            + getsizeof(track.labels)
            + getsizeof(key)
            for family in self._families.values()
            for key, track in family.tracks.items()
        )

    def instant(self, selector: Selector, oldest: int, newest: int) -> list[Value]:
        found = (track.at(oldest, newest) for track in self._tracks(selector))
        return [pair[0] for pair in found if pair is not None]

    def stamped(self, selector: Selector, oldest: int, newest: int) -> list[tuple[Value, int]]:
        found = (track.at(oldest, newest) for track in self._tracks(selector))
        return [pair for pair in found if pair is not None]

    def windows(self, selector: Selector, oldest: int, newest: int) -> list[Window]:
        found = (track.between(oldest, newest) for track in self._tracks(selector))
        return [window for window in found if window is not None]

    def _tracks(self, selector: Selector) -> Iterable[Track]:
        """Labels do not change, so what a selector selects is kept until a series comes or goes."""
        family = None if selector.name is None else self._families.get(selector.name)
        if selector.name is not None and family is None:
            return ()
        changes = family.changes if family else self._changes
        known = self._found.get(id(selector))
        if known is not None and known[0] is selector and known[1] == changes:
            return known[2]
        families = [family] if family else self._families.values()
        tracks = [track for each in families for track in each.tracks.values() if selector.accepts(track.labels)]
        self._found[id(selector)] = selector, changes, tracks
        return tracks
