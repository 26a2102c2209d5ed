"""How far this machine's clock is from a room's, told by the `Date` of its answers. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import requests

WORTH_SAYING = 300.0
"""Seconds; below, the way of an answer and the whole seconds of its `Date` may be all there is to it."""


def ahead(response: requests.Response, now: datetime) -> float | None:
    """By how many seconds `now` is ahead of the room's clock; None where the room tells no time."""
    try:
        said = parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError, OverflowError):
        return None
    return (now - (said if said.tzinfo else said.replace(tzinfo=UTC))).total_seconds()


def skewed(seconds: float | None) -> bool:
    return seconds is not None and abs(seconds) > WORTH_SAYING


def said(seconds: float) -> str:
    """`71 min ahead of the room's`."""
    return f"{abs(seconds) / 60:.0f} min {'ahead of' if seconds > 0 else 'behind'} the room's"
