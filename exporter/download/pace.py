"""How often a shop may be asked for an export, the most expensive of its calls; restarts do not make it more often."""

from __future__ import annotations

from datetime import datetime, timedelta

_SOON, _AGAIN = 0.8, 60.0
"""Of `every`, and in seconds after a failure."""


def rests(asked: datetime | None, now: datetime, every: float, *, failed: bool) -> bool:
    """Whether it was asked for a moment ago; what failed may be asked for a little sooner, for it may be mended."""
    length = min(every * _SOON, _AGAIN) if failed else every * _SOON
    return asked is not None and timedelta(0) <= now - asked < timedelta(seconds=length)
