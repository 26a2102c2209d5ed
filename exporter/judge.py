"""Readings → flips; the teller makes cards of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from exporter import alerts
from exporter.bench import Bench
from exporter.doubt import Doubt
from exporter.evidence import Evidence
from exporter.metrics import alert_series
from exporter.model import Alert, AlertKey, Flip, Group, Ledger, Mute, Sample
from exporter.relay import Relay
from exporter.rules import Judgement, Series
from exporter.selfmetrics import FAILED_RULES, JUDGED_AT, kept
from exporter.state import State
from exporter.teller import Buttons, Muted, Teller, no_buttons, nobody

log = logging.getLogger(__name__)


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
        self._bench, self._series = bench, series
        self._teller = Teller(state, wake, muted, buttons=buttons)
        self._relay = Relay(state, self._teller)
        self._evidence = Evidence()
        self._active: dict[AlertKey, Alert] = dict(state.alerts())
        self._resuming = True
        self._failed: Mapping[str, str] = {}
        self._judged_at: datetime | None = None
        self._lock = threading.Lock()

    def use(self, bench: Bench) -> None:
        """Judges by these rules and routes from now on; alerts keep their state, and rules their past."""
        with self._lock:
            if bench.rulebook is not self._bench.rulebook:
                bench.rulebook.inherit(self._bench.rulebook)
            self._bench = bench

    def active(self) -> list[Alert]:
        """What our rules found, and what an Alertmanager says."""
        return [*self._active.values(), *self._relay.active()]

    def judged(self) -> list[Alert]:
        """What our rules found."""
        return list(self._active.values())

    def mutes(self) -> Mapping[AlertKey, Mute]:
        """What is active and not told now, and why."""
        return {**self._relay.mutes, **self._teller.mutes}

    def group(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        """The labels by which an alert with these is told together with others."""
        return self._relay.group(labels) or self._bench.group(labels)

    def failed(self) -> Mapping[str, str]:
        """The rules that could not be evaluated the last time, and why."""
        return self._failed

    def ledgers(self) -> Mapping[str, Ledger]:
        """What each group of alerts was told."""
        return self._teller.ledgers

    def samples(self) -> list[Sample]:
        """What it says of itself."""
        judged = [JUDGED_AT(self._judged_at.timestamp())] if self._judged_at else []
        config, past = self._bench.config, kept(self._bench.rulebook.history)
        told = alert_series(self.judged(), config.target()) if config.alerts.export else ()
        return [*judged, FAILED_RULES(len(self._failed)), *self._teller.samples(), *self._relay.samples(), *past, *told]

    def sit(self, now: datetime) -> list[Flip]:
        """One round over the current samples. What flipped is written down with its cards, or nothing changed."""
        with self._lock:
            self._resume(now)
            active, flips = self._judged(now)
            self._teller.tell(self._bench, self._active, active, flips, now)
            self._active, self._judged_at = active, now
            self._relay.sit(self._bench, now)
        return flips

    def hear(self, group: Group) -> None:
        """What an Alertmanager says is written down with its cards. Raises StateFaultError, and then nothing was."""
        with self._lock:
            self._relay.hear(self._bench, group, self._evidence)

    def _judged(self, now: datetime) -> tuple[dict[AlertKey, Alert], list[Flip]]:
        series = self._series()
        doubt = Doubt(self._bench.rulebook, self._bench.watched, series)
        judgement = self._bench.rulebook.judge(series, now, complete=doubt.complete())
        self._log(judgement.failed)
        self._evidence = Evidence(self._bench.rulebook, judgement)
        if self._bench.config.alerts.source == "alertmanager":
            return {}, list(self._given_up(now))
        unjudged = judgement.failed.keys() | judgement.waiting
        unsure = doubt.unsure() | {alerts.Unsure(rule, shop) for rule in unjudged for shop in self._shops()}
        half_known = doubt.partial() | self._from_before(now)
        active, flips = alerts.step(self._active, judgement.findings, now, unsure, half_known)
        return active, [_ended(flip, judgement, doubt) for flip in flips]

    def _given_up(self, now: datetime) -> Iterator[Flip]:
        """What was told before an Alertmanager took over: nobody judges it here any more."""
        for alert in self._active.values():
            if alert.status == "firing":
                yield Flip(replace(alert, status="resolved"), now, lost=True)

    def _from_before(self, now: datetime) -> set[alerts.Unsure]:
        """The alerts of a former run whose rules look back farther than this one has been watching."""
        return {
            alerts.Unsure(alert.rule, alert.labels.get("shop", ""))
            for alert in self._active.values()
            if self._bench.rulebook.outlives_past(alert, now)
        }

    def _resume(self, now: datetime) -> None:
        """The first round after a start: nobody looked in the meantime, and the state says since when."""
        if self._resuming and self._teller.noted is not None:
            self._active = alerts.resumed(self._active, now - self._teller.noted)
        self._resuming = False

    def _log(self, failed: Mapping[str, str]) -> None:
        for rule in sorted(failed.keys() - self._failed.keys()):
            log.error("rule %s cannot be evaluated, its alerts keep their state: %s", rule, failed[rule])
        self._failed = dict(failed)

    def _shops(self) -> set[str]:
        return {"", *self._bench.config.shops, *(alert.labels.get("shop", "") for alert in self._active.values())}


def _ended(flip: Flip, judgement: Judgement, doubt: Doubt) -> Flip:
    """A flip with what is known of its end."""
    if flip.alert.status != "resolved":
        return flip
    value = judgement.value_now(flip.alert)
    return replace(flip, lost=value is None and doubt.lost(flip.alert), value_now=value)
