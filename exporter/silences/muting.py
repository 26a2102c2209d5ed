"""mutes(): silences and alerts → which of these are not told, by whom and until when. Pure; time is an argument."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Literal

from exporter.model import Alert, AlertKey, Mute, Silence
from exporter.silences.matchers import take


def mutes(silences: Iterable[Silence], alerts: Collection[Alert], now: datetime) -> Mapping[AlertKey, Mute]:
    """The alerts that are muted now. An acknowledgement goes before a silence: the end of what it covers is told.

    An acknowledged alert that ended and began anew is a new one: nobody has taken it.
    """
    standing = [each for each in silences if each.starts <= now < each.ends]
    taken = {name: each for each in sorted(standing, key=_began) for name in each.alerts}
    wide = sorted((each for each in standing if each.kind == "silence"), key=_over)
    found: dict[AlertKey, Mute] = {}
    for alert in alerts:
        mine = taken.get(digest(alert.key)) if taken else None
        if mine and alert.since <= mine.starts:
            found[alert.key] = _mute("acknowledged", mine)
        elif silence := next((each for each in reversed(wide) if take(each.matchers, alert.labels)), None):
            found[alert.key] = _mute("silenced", silence)
    return found


def stands(silence: Silence, alerts: Iterable[Alert], now: datetime) -> bool:
    """Whether it mutes, or would mute: an acknowledgement is over with the last of its alerts."""
    if not silence.starts <= now < silence.ends:
        return False
    return silence.kind == "silence" or any(
        alert.since <= silence.starts and digest(alert.key) in silence.alerts for alert in alerts
    )


def digest(key: AlertKey | Mapping[str, str]) -> str:
    """32 hex digits that stand for an alert's key, or for the labels of a group."""
    plain = key if isinstance(key, tuple) else sorted(key.items())
    return hashlib.sha256(json.dumps(plain).encode()).hexdigest()[:32]


def _mute(why: Literal["silenced", "acknowledged"], silence: Silence) -> Mute:
    return Mute(
        why,
        by=silence.by,
        since=silence.starts,
        until=silence.ends,
        comment=silence.comment,
        silence=silence.id,
    )


def _began(silence: Silence) -> datetime:
    return silence.starts


def _over(silence: Silence) -> datetime:
    return silence.ends
