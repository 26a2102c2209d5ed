"""step(): what each group was told, what is active and what flipped → what each group is told now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from exporter.grouping.notice import notice, reason_of
from exporter.grouping.settings import Settings, passed
from exporter.grouping.standing import Standing
from exporter.model import Alert, AlertKey, Entry, Flip, Group, Ledger, Mute

Route = Callable[[Mapping[str, str]], Settings | None]
"""How alerts with these labels are told; None: nobody is."""

_NOBODY = ""
"""The key of the ledger of alerts that no route takes: should one take them later, they are told then."""

_Sorted = dict[str, tuple[Settings | None, list[Standing]]]


def step(
    ledgers: Mapping[str, Ledger],
    active: Iterable[Alert],
    flips: Sequence[Flip],
    *,
    mutes: Mapping[AlertKey, Mute],
    now: datetime,
    route: Route,
    external_url: str = "",
) -> tuple[dict[str, Ledger], list[Group]]:
    """One round; `active` are the alerts after `flips`. Every flip is told once, by the first notice that it may be.

    An alert that fires and that no ledger knows was told before there were ledgers.
    """
    firing = {alert.key: alert for alert in active if alert.status == "firing"}
    resting = {key: each for key, each in ledgers.items() if _rests(each, now)}
    after = {key: replace(each, entries={}) for key, each in resting.items()}
    notices: list[Group] = []
    for key, (settings, standings) in _sorted(_entries(ledgers, firing, flips), firing, mutes, route).items():
        before = ledgers.get(key, Ledger(key))
        if before.told_at is None and any(each.entry.told for each in standings):
            before = replace(before, told_at=now)  # told as part of another group: the route was changed
        group = _told(before, settings, standings, now, external_url) if settings else None
        if group and settings:
            notices.append(group)
            before = replace(before, told_at=now, rests=now + timedelta(seconds=settings.interval))
        after[key] = replace(before, entries=_remembered(standings, group))
    return after, notices


def known(ledgers: Mapping[str, Ledger], active: Iterable[Alert], flips: Iterable[Flip]) -> list[Alert]:
    """All alerts that may be muted now: those that fire, and those whose end was not told yet."""
    overs = (entry.over for ledger in ledgers.values() for entry in ledger.entries.values())
    ended = {each.alert.key: each.alert for each in (*overs, *flips) if each and each.alert.status == "resolved"}
    return list((ended | {alert.key: alert for alert in active if alert.status == "firing"}).values())


def _entries(
    ledgers: Mapping[str, Ledger], firing: Mapping[AlertKey, Alert], flips: Iterable[Flip]
) -> dict[AlertKey, Entry]:
    entries = {key: entry for ledger in ledgers.values() for key, entry in ledger.entries.items()}
    for flip in flips:
        key = flip.alert.key
        entry = entries.get(key, Entry(key))
        over = flip if flip.alert.status == "resolved" else None
        entries[key] = replace(entry, flips=entry.flips + 1, since=entry.since or flip.at, over=over)
    return entries | {key: Entry(key, told=True) for key in firing.keys() - entries.keys()}


def _sorted(
    entries: Mapping[AlertKey, Entry],
    firing: Mapping[AlertKey, Alert],
    mutes: Mapping[AlertKey, Mute],
    route: Route,
) -> _Sorted:
    """The alerts that are to be remembered, by the key of their ledger; in an order that outlives a restart."""
    found: _Sorted = {}
    for key, entry in sorted(entries.items(), key=lambda each: each[0]):
        alert, mute = entry.over.alert if entry.over else firing.get(key), mutes.get(key)
        if alert is None:
            continue
        taken = mute if mute and mute.why == "acknowledged" else entry.taken
        standing = Standing(replace(entry, taken=taken), alert, mute)
        settings = route(alert.labels)
        if not standing.forgotten and (settings or standing.fires):
            ledger = settings.key(alert.labels) if settings else _NOBODY
            found.setdefault(ledger, (settings, []))[1].append(standing)
    return found


def _told(
    ledger: Ledger, settings: Settings, standings: Sequence[Standing], now: datetime, external_url: str
) -> Group | None:
    """What the group is told now, if anything."""
    news = [each for each in standings if each.news]
    if news and _due(ledger, settings, standings, news, now):
        return notice(settings, standings, reason_of(news, standings), now, external_url)
    if not news and _repeats(ledger, settings, standings, now):
        return notice(settings, standings, "repeat interval elapsed", now, external_url)
    return None


def _due(
    ledger: Ledger, settings: Settings, standings: Sequence[Standing], news: Sequence[Standing], now: datetime
) -> bool:
    if ledger.told_at is None:
        return any(passed(each.entry.since or now, settings.wait, now) for each in news)
    # that all is over is worth knowing at once; that it flaps can wait
    over = not any(each.visible for each in standings) and any(each.entry.told for each in news)
    return over or not _rests(ledger, now)


def _repeats(ledger: Ledger, settings: Settings, standings: Sequence[Standing], now: datetime) -> bool:
    """What is mere information is told once."""
    worth = any(each.repeatable and each.alert.labels.get("severity") != "info" for each in standings)
    return bool(worth and settings.repeat and ledger.told_at) and passed(ledger.told_at or now, settings.repeat, now)


def _remembered(standings: Sequence[Standing], group: Group | None) -> dict[AlertKey, Entry]:
    """What there is to remember once `group` was told."""
    entries = {}
    for each in standings:
        entry = each.entry
        if group and (each.visible or each.news):
            if not each.fires:
                continue
            entry = Entry(entry.key, told=True)
        entries[entry.key] = entry
    return entries


def _rests(ledger: Ledger, now: datetime) -> bool:
    """Whether news must wait; a clock that was set back makes nobody wait."""
    return ledger.told_at is not None and ledger.rests is not None and ledger.told_at <= now < ledger.rests
