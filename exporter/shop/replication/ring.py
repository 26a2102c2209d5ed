"""Where the primary was, and when: the age of what a replica lacks is read from it. Pure; time is an argument."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.shop.replication.positions import Position

MOST = 640
"""Marks that are kept: when there are more they are thinned, so that a month fits. None is larger than a short text."""

_ROOM = 512
_FINE = 0.03
"""A mark may be as wide as this share of its age: a lag is known to within half of that."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The primary came to this position after `before` (when it was last seen short of it), and not after `at`."""

    position: Position
    before: float
    at: float


@dataclass(frozen=True, slots=True)
class Behind:
    """Between `least` and `most` seconds; `most` is infinite where the ring does not reach back far enough."""

    least: float
    most: float

    @property
    def known(self) -> bool:
        return self.most != float("inf")

    @property
    def seconds(self) -> float:
        return (self.least + self.most) / 2 if self.known else self.least


class Ring:
    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._seen = float("-inf")

    def add(self, position: Position, at: float) -> None:
        """A position that takes something back (RESET MASTER, a restore) begins anew."""
        if self.marks and (not position.comparable(last := self.marks[-1].position) or position.lacks(last)):
            self.marks, self._seen = [], float("-inf")
        if not self.marks or self.marks[-1].position != position:
            self.marks.append(Mark(position, self._seen, at))
            if len(self.marks) > MOST:
                self._thin()
        self._seen = at

    def behind(self, replica: Position, at: float) -> Behind:
        """How old at `at` the oldest transaction is that the replica lacks; nothing when it lacks none that was seen.

        The ring is not empty, and its positions are comparable with the replica's.
        """
        first = bisect_left(self.marks, True, key=lambda mark: replica.lacks(mark.position))
        if first == len(self.marks):
            return Behind(0.0, 0.0)
        mark = self.marks[first]
        return Behind(max(0.0, at - mark.at), max(0.0, at - mark.before))

    def writers(self, domain: str) -> set[int]:
        """The servers that were seen to write in this domain (MariaDB)."""
        return {mark.position.writers[domain] for mark in self.marks if domain in mark.position.writers}

    def _thin(self) -> None:
        """Of marks that lie closer together than is fine enough at their age, the later one answers for both."""
        now = self.marks[-1].at
        kept = [self.marks[-1]]
        for mark in reversed(self.marks[:-1]):
            after = kept[-1]
            if after.at - mark.before <= _FINE * (now - after.at):
                kept[-1] = replace(after, before=mark.before)
            else:
                kept.append(mark)
        kept.reverse()
        self.marks = kept[-_ROOM:]
        self.marks[0] = replace(self.marks[0], before=float("-inf") if len(kept) > _ROOM else kept[0].before)
