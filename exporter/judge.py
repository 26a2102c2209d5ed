"""Readings → flips → cards, written down in one transaction before anything is sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from exporter import alerts, cards, grouping
from exporter.bench import Bench
from exporter.config import Route
from exporter.doubt import Doubt
from exporter.metrics import alert_series
from exporter.model import Alert, AlertKey, Card, Flip, Group, Ledger, Link, Mute, Record, Sample
from exporter.rules import Judgement, Series
from exporter.selfmetrics import FAILED_RULES, JUDGED_AT, UNROUTED, kept
from exporter.state import State

log = logging.getLogger(__name__)

_NOTE_EVERY = timedelta(minutes=1)
_NOTE_PENDING = timedelta(seconds=10)
"""What was not noted before a crash does not count into `for`."""

Muted = Callable[[Collection[Alert], datetime], Mapping[AlertKey, Mute]]
"""Which of these alerts people have muted: silences and acknowledgements."""


Buttons = Callable[[Mapping[str, str], datetime], tuple[Link, ...]]
"""The links by which people mute what a group with these labels tells."""


def nobody(_among: Collection[Alert], _now: datetime) -> Mapping[AlertKey, Mute]:
    """Nothing is muted by people."""
    return {}


def no_buttons(_group: Mapping[str, str], _now: datetime) -> tuple[Link, ...]:
    return ()


class Judge:
    """Holds what is active now. `series` is one consistent picture of all current samples.

    `muted` says what people have muted; it is asked in every round. `buttons` are those that a card gets.
    """

    def __init__(
        self,
        bench: Bench,
        state: State,
        series: Callable[[], Series],
        wake: Callable[[], None],
        muted: Muted = nobody,
        *,
        buttons: Buttons = no_buttons,
    ) -> None:
        self._bench, self._state, self._series, self._wake = bench, state, series, wake
        self._muted, self._buttons = muted, buttons
        self._active: dict[AlertKey, Alert] = dict(state.alerts())
        self._ledgers = state.ledgers()
        self._mutes: Mapping[AlertKey, Mute] = {}
        self._noted = state.noted()
        self._resuming = True
        self._failed: Mapping[str, str] = {}
        self._judged_at: datetime | None = None
        self._unrouted = 0
        self._lock = threading.Lock()

    def use(self, bench: Bench) -> None:
        """Judges by these rules and routes from now on; alerts keep their state, and rules their past."""
        with self._lock:
            if bench.rulebook is not self._bench.rulebook:
                bench.rulebook.inherit(self._bench.rulebook)
            self._bench = bench

    def active(self) -> list[Alert]:
        return list(self._active.values())

    def mutes(self) -> Mapping[AlertKey, Mute]:
        """What is active and not told now, and why."""
        return self._mutes

    def failed(self) -> Mapping[str, str]:
        """The rules that could not be evaluated the last time, and why."""
        return self._failed

    def ledgers(self) -> Mapping[str, Ledger]:
        """What each group of alerts was told."""
        return self._ledgers

    def samples(self) -> list[Sample]:
        """What it says of itself."""
        judged = [JUDGED_AT(self._judged_at.timestamp())] if self._judged_at else []
        config, past = self._bench.config, kept(self._bench.rulebook.history)
        told = alert_series(self.active(), config.target()) if config.alerts.export else ()
        return [*judged, FAILED_RULES(len(self._failed)), UNROUTED(self._unrouted), *past, *told]

    def sit(self, now: datetime) -> list[Flip]:
        """One round over the current samples. What flipped is written down with its cards, or nothing changed."""
        with self._lock:
            self._resume(now)
            series = self._series()
            doubt = Doubt(self._bench.rulebook, self._bench.watched, series)
            judgement = self._bench.rulebook.judge(series, now, complete=doubt.complete())
            unjudged = judgement.failed.keys() | judgement.waiting
            unsure = doubt.unsure() | {alerts.Unsure(rule, shop) for rule in unjudged for shop in self._shops()}
            half_known = doubt.partial() | self._from_before(now)
            active, flips = alerts.step(self._active, judgement.findings, now, unsure, half_known)
            flips = [_ended(flip, judgement, doubt) for flip in flips]
            among = grouping.known(self._ledgers, active.values(), flips)
            mutes = self._bench.muted(among, now) | dict(self._muted(among, now))
            ledgers, groups = grouping.step(
                self._ledgers,
                active.values(),
                flips,
                mutes=mutes,
                now=now,
                route=self._bench.settings,
                external_url=self._bench.config.web.external_url,
            )
            written = [pair for group in groups for pair in self._cards(group)]
            pause = _NOTE_PENDING if any(each.status == "pending" for each in active.values()) else _NOTE_EVERY
            due = self._noted is None or not timedelta() <= now - self._noted < pause
            if flips or due or ledgers != self._ledgers or _changed(self._active, active):
                records = [_record(flip, mutes.get(flip.alert.key)) for flip in flips]
                self._state.commit(active, written, now, ledgers=ledgers, records=records)
                self._noted = now
            self._active, self._ledgers, self._mutes, self._judged_at = active, ledgers, mutes, now
        self._log(flips, judgement.failed)
        if written:
            self._wake()
        return flips

    def _from_before(self, now: datetime) -> set[alerts.Unsure]:
        """The alerts of a former run whose rules look back farther than this one has been watching."""
        return {
            alerts.Unsure(alert.rule, alert.labels.get("shop", ""))
            for alert in self._active.values()
            if self._bench.rulebook.outlives_past(alert, now)
        }

    def _resume(self, now: datetime) -> None:
        """The first round after a start: nobody looked in the meantime, and the state says since when."""
        if self._resuming and self._noted is not None:
            self._active = alerts.resumed(self._active, now - self._noted)
        self._resuming = False

    def _log(self, flips: Iterable[Flip], failed: Mapping[str, str]) -> None:
        for flip in flips:
            status = "no longer checked" if flip.lost else flip.alert.status
            log.info("%s is %s: %s", flip.alert.rule, status, dict(flip.alert.labels))
            if self._bench.route(flip.alert.labels) is None:
                self._unrouted += 1
                log.warning("%s: no route in alerts.routes takes it, so nobody is told", flip.alert.rule)
        for rule in sorted(failed.keys() - self._failed.keys()):
            log.error("rule %s cannot be evaluated, its alerts keep their state: %s", rule, failed[rule])
        self._failed = dict(failed)

    def _shops(self) -> set[str]:
        return {"", *self._bench.config.shops, *(alert.labels.get("shop", "") for alert in self._active.values())}

    def _cards(self, group: Group) -> list[tuple[str, Card]]:
        config, route = self._bench.config, self._bench.route(group.alerts[0].labels)
        if route is None:
            return []
        mention, buttons = _called(route, group), self._buttons(group.labels, group.at)
        card = cards.write(group, zone=config.zone, language=config.language, mention=mention, buttons=buttons)
        return [(channel, card) for channel in route.to]


def _called(route: Route, group: Group) -> tuple[str, ...]:
    """Whom the alerts call that began; those of the worst severity first."""
    begun = {each.labels.get("severity", "info"): None for each in group.news if each.status == "firing"}
    return tuple(dict.fromkeys(name for severity in begun for name in route.called(severity)))


def _ended(flip: Flip, judgement: Judgement, doubt: Doubt) -> Flip:
    """A flip with what is known of its end."""
    if flip.alert.status != "resolved":
        return flip
    value = judgement.value_now(flip.alert)
    return replace(flip, lost=value is None and doubt.lost(flip.alert), value_now=value)


def _record(flip: Flip, mute: Mute | None) -> Record:
    alert = flip.alert
    ended: Literal["lost", "resolved"] = "lost" if flip.lost else "resolved"
    status = "firing" if alert.status == "firing" else ended
    return Record(flip.at, alert.rule, alert.labels, status, alert.since, alert.value, mute.why if mute else "")


def _changed(before: Mapping[AlertKey, Alert], after: Mapping[AlertKey, Alert]) -> bool:
    """Is there something that a restart must know? A new value alone is not."""
    return {key: (a.status, a.since, a.gone) for key, a in before.items()} != {
        key: (a.status, a.since, a.gone) for key, a in after.items()
    }
