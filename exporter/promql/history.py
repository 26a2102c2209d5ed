"""The recent past of the process's own samples: what ranges, offsets and subqueries look back into."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping

from exporter.promql.selectors import Selector
from exporter.promql.tracks import Family, Track, key_of
from exporter.promql.vector import NAME, Value, Window, filled

_MOST_FOUND = 10_000
_SERIES_BYTES = 950
_SAMPLE_BYTES = 16
"""As measured, with what an array keeps free to grow into."""

_MOST_SELECTORS = 5_000
"""Templates query with the labels of their alerts, which never end."""


class History:
    """Samples by metric name, filled from outside in order of time.

    `since` (ms): before it nothing is known, and so nothing is absent either.
    """

    def __init__(self) -> None:
        self.since: float = -math.inf
        self._families: dict[str, Family] = {}
        self._counted = 0
        self._members = 0
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
        known = family.tracks.get(key_of(labels)) if family else None
        return known or Track(labels)

    def extend(self, track: Track, time: int, value: float, *, only: bool = False) -> None:
        """`append` to a series that `track` has found; the time in ms. `only`: it replaces all samples before."""
        name, count, before = track.labels.get(NAME, ""), len(track.times), track.latest
        track.append(time, value)
        if only:
            track.forget(time)
        family = self._families.get(name) or self._families.setdefault(name, Family())
        if track.latest is not before:
            family.news += 1
        if not count:
            family.tracks[key_of(track.labels)] = track
            self._came_or_went(family)
        self._counted += len(track.times) - count

    def forget(self, before: float, name: str | None = None) -> None:
        """Drops what is older than `before` (Unix seconds), of one metric or all; a series keeps its newest value."""
        for each in [*self._families] if name is None else {name} & self._families.keys():
            self._forget(each, round(before * 1000))

    def keep(self, names: Collection[str]) -> None:
        """Drops the series of all other metrics."""
        for name in self._families.keys() - set(names):
            self._counted -= sum(len(track.times) for track in self._families.pop(name).tracks.values())
        self._members += 1

    def _forget(self, name: str, before: int) -> None:
        family = self._families[name]
        ended = []
        for key, track in family.tracks.items():
            if track.times[0] < before:
                self._counted -= len(track.times)
                track.forget(before)
                self._counted += len(track.times)
                if not track.times:
                    ended.append(key)
        for key in ended:
            del family.tracks[key]
        if ended:
            self._came_or_went(family)
        if not family.tracks:
            del self._families[name]

    def _came_or_went(self, family: Family) -> None:
        self._members += 1
        family.members = self._members

    @property
    def series(self) -> int:
        return sum(len(family.tracks) for family in self._families.values())

    @property
    def samples(self) -> int:
        return self._counted

    @property
    def bytes(self) -> int:
        """About how much memory series and samples take, but for the texts of labels."""
        return self.series * _SERIES_BYTES + self.samples * _SAMPLE_BYTES

    def news(self, names: Iterable[str]) -> tuple[tuple[int, int], ...]:
        """For each metric two numbers that stay the same as long as none of its series changes its newest value."""
        families = (self._families.get(name) for name in names)
        return tuple((family.members, family.news) if family else (0, 0) for family in families)

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
        members = family.members if family else self._members
        known = self._found.get(id(selector))
        if known is not None and known[0] is selector and known[1] == members:
            return known[2]
        families = [family] if family else self._families.values()
        tracks = [track for each in families for track in each.tracks.values() if selector.accepts(track.labels)]
        if len(self._found) >= _MOST_SELECTORS:
            self._found.clear()
        if len(self._found) >= _MOST_FOUND:
            self._found.clear()
        self._found[id(selector)] = selector, members, tracks
        return tracks
