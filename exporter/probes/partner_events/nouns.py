"""A partner as it is known, and an event that it told again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

OTHER, UNKNOWN, ONLY = "other", "unknown", "default"
"""Partners beyond those that have series of their own; rows that name none; a shop that names none at all."""

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_ENOUGH = 20


@dataclass(frozen=True, slots=True)
class Duplicate:
    """`extra` rows too many were noticed at this look; `times`: how often the event is there in all."""

    at: datetime
    partner: str
    order: str
    event: str
    extra: int
    times: int


@dataclass(frozen=True, slots=True)
class Partner:
    """`pause` is the longest between two of its events, in seconds, and half of what it was a week ago."""

    events: int = 0
    first: datetime | None = None
    last: datetime | None = None
    pause: float = 0.0

    def told(self, at: datetime) -> Partner:
        """One more event; one that came before the newest known is counted only."""
        if self.last is None or self.first is None:
            return Partner(self.events + 1, at, at)
        if at <= self.last:
            return Partner(self.events + 1, self.first, self.last, self.pause)
        seconds = (at - self.last).total_seconds()
        faded: float = self.pause * 0.5 ** (seconds / _WEEK.total_seconds())
        return Partner(self.events + 1, self.first, at, max(seconds, faded))

    @property
    def usual_pause(self) -> float | None:
        if self.first is None or self.last is None or self.events < _ENOUGH or self.last - self.first < _DAY:
            return None
        return self.pause
