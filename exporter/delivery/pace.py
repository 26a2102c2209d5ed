"""The pace of one robot: what may leave now, what must wait, and what goes together. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from exporter.notify import Channel
from exporter.state import Pending

MINUTE = 60.0
_RESERVED = 4 / 18  # the part of a minute that only critical cards may use
_SPACED = 3  # the last messages of a minute leave one by one, so that a flood is told soon and not after a minute
_STORM = 3  # more cards than a minute holds are told in so many messages

Weigh = Callable[[Pending], int]
"""How many messages a card needs: a companion that calls a person counts too."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Send `rows` (several: as one digest) now, or, when there are none, look again at `at`."""

    rows: tuple[Pending, ...] = ()
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """How far into a minute's messages a kind of card may go: `freely`, and then spaced up to `most`."""

    freely: int
    most: int
    apart: float = 0.0

    def opens(self, sends: Sequence[float], now: float) -> float:
        """The first moment at which one more message may leave."""
        used = len(sends)
        if used < self.freely:
            return max(now, sends[-1] + self.apart) if sends else now
        if used < self.most:
            return max(now, sends[-1] + MINUTE / (_SPACED + 1))
        return max(now, sends[used - self.most] + MINUTE)

    def holds(self, rows: Sequence[Pending], sends: Sequence[float], weigh: Weigh) -> bool:
        """Whether all of these may leave one by one at once."""
        free = self.freely - len(sends)
        return len(rows) <= free and sum(map(weigh, rows)) <= free


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_minute` messages in any 60 seconds, never more, and each `apart` seconds after the one before it.

    `sends` are those of the last minute, oldest first. Without `merging` every card leaves by itself.
    """

    per_minute: int
    apart: float = 0.0
    merging: bool = True

    @classmethod
    def of(cls, channel: Channel) -> Pace:
        return cls(channel.per_minute, channel.APART, merging=not channel.FOR_PROGRAMS)

    def share(self, *, critical: bool) -> Share:
        reserved = round(self.per_minute * _RESERVED)
        if critical:
            return Share(self.per_minute - min(1, reserved), self.per_minute, self.apart)
        most = self.per_minute - reserved
        return Share(most - min(_SPACED, most // 4), most, self.apart)

    def opens(self, row: Pending, sends: Sequence[float], now: float) -> float:
        return self.share(critical=row.critical).opens(sends, now)

    def choose(self, due: Sequence[Pending], sends: Sequence[float], now: float, weigh: Weigh) -> Choice:
        """What of `due` (oldest first, not empty) leaves next."""
        loose = [row for row in due if self.merging and row.mergeable]
        bound = sorted((row for row in due if not self.merging or not row.mergeable), key=lambda row: not row.critical)
        choices = [self._group(bound[:1], sends, now)] if bound else []
        choices += [self._group(self._next(loose, sends, weigh), sends, now)] if loose else []
        return next((each for each in choices if each.rows), min(choices, key=lambda each: each.at))

    def _next(self, rows: Sequence[Pending], sends: Sequence[float], weigh: Weigh) -> Sequence[Pending]:
        """The oldest while there is room for all; else the critical ones, and what remains goes together.

        In a storm the critical ones go together as well, unless they are very few.
        """
        if self.share(critical=False).holds(rows, sends, weigh):
            return rows[:1]
        critical = [row for row in rows if row.critical]
        if critical and len(rows) > self.per_minute and sum(map(weigh, critical)) >= _STORM:
            return critical
        if critical and self.share(critical=True).holds(critical, sends, weigh):
            return critical[:1]
        return rows

    def _group(self, rows: Sequence[Pending], sends: Sequence[float], now: float) -> Choice:
        at = self.share(critical=any(row.critical for row in rows)).opens(sends, now)
        return Choice(tuple(rows)) if at <= now else Choice(at=at)
