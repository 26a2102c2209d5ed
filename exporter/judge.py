"""Readings → flips → cards, written down in one transaction before anything is sent."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from exporter import alerts, cards
from exporter.config import Config, Route
from exporter.doubt import Doubt
from exporter.metrics import alert_series
from exporter.model import Alert, AlertKey, Card, Flip, Name, Sample
from exporter.rules import Judgement, Rulebook, Series
from exporter.selfmetrics import FAILED_RULES, JUDGED_AT, UNROUTED, kept
from exporter.state import State

log = logging.getLogger(__name__)

_NOTE_EVERY = timedelta(minutes=1)
_NOTE_PENDING = timedelta(seconds=10)
"""What was not noted before a crash does not count into `for`."""


@dataclass(frozen=True)
class Bench:
    """What a judge judges by: changes with the configuration, as a whole."""

    rulebook: Rulebook
    config: Config

    @cached_property
    def watched(self) -> Mapping[Name, frozenset[str]]:
        """What is watched, with the names of the metrics that each makes."""
        return {
            name: frozenset(series.name for metric in probe.metrics(name.part) for series in metric.series)
            for shop, section in self.config.shops.items()
            for name, probe in section.parts(shop).items()
        }


class Judge:
    """Holds what is active now. `series` is one consistent picture of all current samples."""

    def __init__(self, bench: Bench, state: State, series: Callable[[], Series], wake: Callable[[], None]) -> None:
        self._bench, self._state, self._series, self._wake = bench, state, series, wake
        self._active: dict[AlertKey, Alert] = dict(state.alerts())
        self._noted = state.noted()
        self._resuming = True
        self._failed: frozenset[str] = frozenset()
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
            flips = [_told(flip, judgement, doubt) for flip in flips]
            written = [pair for flip in flips for pair in self._cards(flip, judgement)]
            pause = _NOTE_PENDING if any(each.status == "pending" for each in active.values()) else _NOTE_EVERY
            due = self._noted is None or not timedelta() <= now - self._noted < pause
            if flips or due or _changed(self._active, active):
                self._state.commit(active, written, now)
                self._noted = now
            self._active, self._judged_at = active, now
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
            if route_of(self._bench.config, flip.alert.labels) is None:
                self._unrouted += 1
                log.warning("%s: no route in alerts.routes takes it, so nobody is told", flip.alert.rule)
        for rule in sorted(failed.keys() - self._failed):
            log.error("rule %s cannot be evaluated, its alerts keep their state: %s", rule, failed[rule])
        self._failed = frozenset(failed)

    def _shops(self) -> set[str]:
        return {"", *self._bench.config.shops, *(alert.labels.get("shop", "") for alert in self._active.values())}

    def _cards(self, flip: Flip, judgement: Judgement) -> list[tuple[str, Card]]:
        config = self._bench.config
        route = route_of(config, flip.alert.labels)
        if route is None:
            return []
        card = cards.write(
            flip,
            zone=config.zone,
            language=config.language,
            external_url=config.web.external_url,
            mention=tuple(route.mention) if flip.alert.status == "firing" else (),
            value_now=judgement.value_now(flip.alert) if flip.alert.status == "resolved" else None,
        )
        return [(channel, card) for channel in route.to]


def route_of(config: Config, labels: Mapping[str, str]) -> Route | None:
    """The first route that takes these labels; without any routes, every channel is told."""
    if not config.alerts.routes:
        return Route(to=list(config.channels)) if config.channels else None
    return next((route for route in config.alerts.routes if route.takes(labels)), None)


def _told(flip: Flip, judgement: Judgement, doubt: Doubt) -> Flip:
    over = flip.alert.status == "resolved"
    return replace(flip, lost=over and judgement.value_now(flip.alert) is None and doubt.lost(flip.alert))


def _changed(before: Mapping[AlertKey, Alert], after: Mapping[AlertKey, Alert]) -> bool:
    """Is there something that a restart must know? A new value alone is not."""
    return {key: (a.status, a.since, a.gone) for key, a in before.items()} != {
        key: (a.status, a.since, a.gone) for key, a in after.items()
    }
