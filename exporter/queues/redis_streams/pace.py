"""How fast a list is consumed, from what has left its ends between looks: it keeps no times of its own."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from exporter.queues.nouns import Delay

_LOOKS = 20
"""Looks over which the pace is taken."""

FIRST = "a list keeps no times: how fast it is consumed is known from the second look on"


@dataclass(frozen=True, slots=True)
class Sight:
    """One look: when (ms by the server's clock), how many waited, and prints from both ends inward."""

    at: int
    total: int
    left: Sequence[str]
    right: Sequence[str]

    @property
    def whole(self) -> bool:
        return len(self.left) + len(self.right) == self.total


@dataclass(slots=True)
class Pace:
    """Of one list. `moved`: when something was last seen to have left it, or when it was first looked at."""

    last: Sight | None = None
    consumed: int = 0
    moved: int = 0
    points: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=_LOOKS))

    def delay(self, topic: str, now: Sight) -> Delay:
        """All who read a list share what waits: it has no groups."""
        known = self.last is not None
        left = _left(self.last, now) if self.last else 0
        self.last, self.consumed = now, self.consumed + left
        if left or not known or not now.total:
            self.moved = now.at
        self.points.append((now.at, self.consumed))
        if not now.total:
            return Delay(topic, "", 0.0, backlog=0, consumed=self.consumed)
        if not known:
            return Delay(topic, "", None, backlog=now.total, consumed=self.consumed, why=FIRST)
        (began, before), (ended, after) = self.points[0], self.points[-1]
        still = (now.at - self.moved) / 1000
        seconds = max(still, now.total * (ended - began) / 1000 / (after - before)) if after > before else still
        return Delay(topic, "", seconds, backlog=now.total, consumed=self.consumed, estimated=True)


def _left(before: Sight, now: Sight) -> int:
    """At least so many have left: what goes on inside a long list is not seen."""
    there = {*now.left, *now.right}
    if now.whole:
        return sum(each not in there for each in (*before.left, *before.right))
    return sum(_off(old, new) for old, new in ((before.left, now.left), (before.right, now.right)))


def _off(before: Sequence[str], now: Sequence[str]) -> int:
    """From this end; one that new elements came to lost none."""
    if not before or not now or before[0] in now:
        return 0
    return before.index(now[0]) if now[0] in before else len(before)
