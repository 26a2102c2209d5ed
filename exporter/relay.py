"""What an Alertmanager says, told in our rooms: the same cards, with our evidence."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from exporter import grouping
from exporter.bench import Bench
from exporter.config import Route
from exporter.evidence import Evidence
from exporter.model import Alert, AlertKey, Flip, Group, Heard, Metric, Mute, Sample
from exporter.state import State, StateFaultError
from exporter.teller import Teller, records

log = logging.getLogger(__name__)

RESULTS = ("told", "known", "muted", "ours", "failed")

HEARD = Metric(
    "order_health_alertmanager_notifications_total",
    "Notifications of an Alertmanager by what came of them: told in a room, known already (another Alertmanager said "
    "the same), muted or without a route, ours (our own rules judge that), failed (not written down: it comes again).",
    ("result",),
    "counter",
)
TRUNCATED = Metric(
    "order_health_alertmanager_truncated_alerts_total",
    "Alerts that an Alertmanager left out of its notifications (max_alerts).",
    (),
    "counter",
)
METRICS = (HEARD, TRUNCATED)

_LONGEST = timedelta(days=6)
"""An Alertmanager repeats what fires; what it has not said for so long it does not know any more."""


class Relay:
    """Holds what Alertmanagers say now. It has no lock of its own: one is heard after another."""

    def __init__(self, state: State, teller: Teller) -> None:
        self._state, self._teller = state, teller
        self._heard = {each.id: each for each in state.heard()}
        self._counts: Counter[str] = Counter()
        self._truncated = 0
        self._groups: dict[tuple[tuple[str, str], ...], Mapping[str, str]] | None = None
        self.mutes: Mapping[AlertKey, Mute] = {}

    def active(self) -> list[Alert]:
        """What fires, each once, in whatever groups it is told."""
        return list({alert.key: alert for each in list(self._heard.values()) for alert in each.firing}.values())

    def group(self, labels: Mapping[str, str]) -> Mapping[str, str] | None:
        """The labels of the group in which an alert with these is told; None where no Alertmanager says it."""
        if self._groups is None:
            self._groups = {key[1]: each.labels for each in list(self._heard.values()) for key in each.said}
        return self._groups.get(tuple(sorted(labels.items())))

    def samples(self) -> list[Sample]:
        return [*(HEARD(self._counts[each], result=each) for each in RESULTS), TRUNCATED(self._truncated)]

    def hear(self, bench: Bench, told: Group, evidence: Evidence) -> None:
        """Raises StateFaultError: then nothing was written down, and the Alertmanager is to say it again."""
        rest = tuple(each for each in told.alerts if not bench.judges(each.labels))
        if not rest:
            self._counts["ours"] += 1
            return
        try:
            self._take(bench, replace(told, alerts=rest), evidence)
        except StateFaultError:
            self._counts["failed"] += 1
            raise
        self._truncated += told.truncated

    def sit(self, bench: Bench, now: datetime) -> None:
        """Tells what was muted when it was said and is not any more; forgets what is over.

        Where no Alertmanager is listened to any more, what fired has not recovered by that.
        """
        heeded = bench.config.alerts.source != "rules"
        window = timedelta(seconds=bench.config.alerts.alertmanager.same_within)
        self.mutes = self._teller.muted(bench, self.active(), now) if self._heard else {}
        for each in list(self._heard.values()):
            if not heeded:
                ended = [Flip(replace(alert, status="resolved"), now, lost=True) for alert in each.firing]
                self._tell(bench, each, replace(each, said={}), ended, now)
            believed, flips = grouping.believe(each, now, window)
            if heeded and (flips or _untold(each)):
                self._tell(bench, each, believed, flips, now)
            elif not heeded or grouping.over(each, now, window, _LONGEST):
                self._state.forget_heard(each.id)
                del self._heard[each.id]
                self._groups = None

    def _take(self, bench: Bench, told: Group, evidence: Evidence) -> None:
        group = told.receiver, told.key
        window = timedelta(seconds=bench.config.alerts.alertmanager.same_within)
        before = self._state.heard_of(group) or Heard(told.receiver, told.key, told.labels, told.at)
        after, flips = grouping.hear(before, told, window, evidence.known, evidence.value_now)
        cards = self._tell(bench, before, after, flips, told.at, repeat=0.0 if flips else window.total_seconds())
        self._counts["told" if cards else "muted" if flips else "known"] += 1
        self._teller.log(flips, partial(bench.heard, told.receiver))

    def _tell(
        self, bench: Bench, before: Heard, after: Heard, flips: Sequence[Flip], now: datetime, *, repeat: float = 0.0
    ) -> int:
        """How many cards were written."""
        others = {alert.key: alert for alert in self.active()}
        among = others | {each.key: each for each in grouping.known(before.ledgers, after.firing, flips)}
        mutes = self._teller.muted(bench, list(among.values()), now)
        ledgers, groups = grouping.step(
            before.ledgers,
            after.firing,
            flips,
            mutes=mutes,
            now=now,
            route=lambda labels: _settings(after, bench.heard(after.receiver, labels), repeat),
            external_url=bench.config.web.external_url,
        )
        cards = [
            pair
            for group in groups
            for pair in self._teller.cards(
                bench,
                replace(group, truncated=after.truncated),
                bench.heard(after.receiver, group.alerts[0].labels),
            )
        ]
        after = replace(after, ledgers=ledgers)
        if after != before:
            self._state.hear(after, cards, records(flips, mutes), now)
        self._heard[after.id], self._groups = after, None
        if cards:
            self._teller.wake()
        return len(cards)


def _untold(heard: Heard) -> bool:
    """Whether something of it was muted, and is to be told should it not be any more."""
    return any(entry.flips for ledger in heard.ledgers.values() for entry in ledger.entries.values())


def _settings(heard: Heard, route: Route | None, repeat: float) -> grouping.Given | None:
    """It is grouped and paced already: what it says is told at once."""
    if route is None:
        return None
    name = f"{heard.key} {route.match} {','.join(route.to)}"
    return grouping.Given(
        route=str(route.match),
        receiver=",".join(route.to),
        interval=0.0,
        repeat=repeat,
        name=name,
        own=heard.labels,
    )
