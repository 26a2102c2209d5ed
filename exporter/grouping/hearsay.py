"""hear(): what an Alertmanager said before and what it says now → what flipped. Pure; time is an argument.

Several Alertmanagers that watch each other may each say the same, late and in any order, and each repeats from time to
time what still fires. What was said within `window` of the same alert is the same news.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from exporter.model import Alert, Flip, Group, Heard, Said, Told

Known = Callable[[Alert], Alert]
"""The alert with what we know of it ourselves: value and evidence."""

ValueNow = Callable[[Alert], float | None]
"""What its rule compares now; None where we cannot tell."""


def hear(before: Heard, told: Group, window: timedelta, known: Known, value_now: ValueNow) -> tuple[Heard, list[Flip]]:
    """After a notification; an alert is news when its status is, or when it began anew.

    Who is not named any more may be silenced there, or its end is not sent (`send_resolved: false`): nobody is told
    that it is over. It stays while another Alertmanager may be late, and where alerts were left out.
    """
    recent = {key: each for key, each in before.said.items() if told.at - each.at < window}
    left_out = before.said if told.truncated else {}
    said = {key: each for key, each in left_out.items() if each.alert.status == "firing"} | recent
    flips: list[Flip] = []
    for each in told.alerts:
        alert = known(_alert(each))
        old, fresh = before.said.get(alert.key), alert.key in recent
        if old is None or _is_news(old, each, fresh=fresh):
            flips.append(_flip(old, alert, each.ends or told.at, value_now))
            said[alert.key] = Said(alert, told.at, each.ends)
        elif old.alert.status == each.status:
            said[alert.key] = Said(replace(alert, since=old.alert.since), told.at, old.ends)
        elif old.ends:
            said[alert.key] = replace(old, claim=alert, at=old.at if old.claim else told.at)
        else:
            said[alert.key] = old  # the end of a former time
    unnamed = sum(each.at != told.at and each.alert.status == "firing" for each in said.values())
    return replace(before, at=told.at, said=said, truncated=max(0, told.truncated - unnamed)), flips


def believe(before: Heard, now: datetime, window: timedelta) -> tuple[Heard, list[Flip]]:
    """For a `window` nobody has said again that it ended: what was taken for late was not, and is told now."""
    claims = {key: each.claim for key, each in before.said.items() if each.claim and now - each.at >= window}
    said = {key: Said(claim, now) for key, claim in claims.items()}
    return replace(before, said={**before.said, **said}), [Flip(claim, now) for claim in claims.values()]


def _flip(old: Said | None, alert: Alert, at: datetime, value_now: ValueNow) -> Flip:
    """The end of an alert tells what it was about while it fired."""
    if alert.status == "firing":
        return Flip(alert, at)
    if old:
        alert = replace(alert, value=old.alert.value, evidence=old.alert.evidence)
    return Flip(alert, at, value_now=value_now(alert))


def _is_news(old: Said, each: Told, *, fresh: bool) -> bool:
    """`fresh`: it was said a short while ago. Two Prometheus tell two times of one beginning."""
    if old.ends:
        return not fresh or each.starts > old.ends
    if each.status == "resolved":
        return each.ends is None or each.ends >= old.alert.since
    return not fresh and each.starts > old.alert.since


def _alert(told: Told) -> Alert:
    return Alert(
        rule=told.labels.get("alertname", ""),
        labels=told.labels,
        status=told.status,
        since=told.starts,
        value=None,
        annotations=told.annotations,
    )


def over(heard: Heard, now: datetime, window: timedelta, longest: timedelta) -> bool:
    """Whether nothing needs to be known of this group any more."""
    silent = not (0 <= (now - heard.at).total_seconds() < longest.total_seconds())
    untold = any(ledger.entries for ledger in heard.ledgers.values())
    return silent or (not heard.firing and not untold and now - heard.at >= window)
