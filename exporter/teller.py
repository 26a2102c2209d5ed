"""What flipped → what each group is told → cards, written down in one transaction before anything is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from exporter import cards, grouping
from exporter.bench import Bench
from exporter.config import Route
from exporter.model import Alert, AlertKey, Card, Flip, Group, Link, Mute, Record, Sample
from exporter.payload import fitting
from exporter.selfmetrics import UNROUTED
from exporter.state import State

log = logging.getLogger("exporter.judge")

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


class Teller:
    """Knows what every group was told. It has no lock of its own: one round after another is told.

    `muted` says what people have muted; it is asked in every round. `buttons` are those that a card gets.
    """

    def __init__(
        self, state: State, wake: Callable[[], None], muted: Muted = nobody, *, buttons: Buttons = no_buttons
    ) -> None:
        self._state, self.wake, self._muted, self._buttons = state, wake, muted, buttons
        self.ledgers = state.ledgers()
        self.noted = state.noted()
        self.mutes: Mapping[AlertKey, Mute] = {}
        self._unrouted = 0

    def tell(
        self,
        bench: Bench,
        before: Mapping[AlertKey, Alert],
        active: Mapping[AlertKey, Alert],
        flips: Sequence[Flip],
        now: datetime,
    ) -> None:
        """One round: from `before` to `active` by `flips`. It is written down with its cards, or nothing changed."""
        mutes = self.muted(bench, grouping.known(self.ledgers, active.values(), flips), now)
        ledgers, groups = grouping.step(
            self.ledgers,
            active.values(),
            flips,
            mutes=mutes,
            now=now,
            route=bench.settings,
            external_url=bench.config.web.external_url,
        )
        written = [pair for group in groups for pair in self.cards(bench, group, bench.route(group.alerts[0].labels))]
        if flips or ledgers != self.ledgers or _changed(before, active) or self._due(active, now):
            self._state.commit(active, written, now, ledgers=ledgers, records=records(flips, mutes))
            self.noted = now
        self.ledgers, self.mutes = ledgers, mutes
        self.log(flips, bench.route)
        if written:
            self.wake()

    def muted(self, bench: Bench, among: Collection[Alert], now: datetime) -> Mapping[AlertKey, Mute]:
        """Which of these are not told now: by what the configuration says, or because people said so."""
        return bench.muted(among, now) | dict(self._muted(among, now))

    def samples(self) -> list[Sample]:
        return [UNROUTED(self._unrouted)]

    def _due(self, active: Mapping[AlertKey, Alert], now: datetime) -> bool:
        """Whether it is time to note that somebody looks, though nothing has changed."""
        pause = _NOTE_PENDING if any(each.status == "pending" for each in active.values()) else _NOTE_EVERY
        return self.noted is None or not timedelta() <= now - self.noted < pause

    def cards(self, bench: Bench, group: Group, route: Route | None) -> list[tuple[str, Card]]:
        """One for each room of the route, with the room's name."""
        config = bench.config
        if route is None:
            return []
        mention, buttons = _called(route, group), self._buttons(group.labels, group.at)
        card = cards.write(group, zone=config.zone, language=config.language, mention=mention, buttons=buttons)
        told = bench.rooms(route, (each.labels for each in group.alerts))
        if config.for_programs(told):  # all get the same, for one may take over what another cannot send
            card = replace(card, group=fitting(group))
        return [(channel, card) for channel in told]

    def log(self, flips: Sequence[Flip], route: Callable[[Mapping[str, str]], Route | None]) -> None:
        for flip in flips:
            status = "no longer checked" if flip.lost else flip.alert.status
            log.info("%s is %s: %s", flip.alert.rule, status, dict(flip.alert.labels))
            if route(flip.alert.labels) is None:
                self._unrouted += 1
                log.warning("%s: no route in alerts.routes takes it, so nobody is told", flip.alert.rule)


def _called(route: Route, group: Group) -> tuple[str, ...]:
    """Whom the alerts call that began; those of the worst severity first."""
    begun = {each.labels.get("severity", "info"): None for each in group.news if each.status == "firing"}
    return tuple(dict.fromkeys(name for severity in begun for name in route.called(severity)))


def records(flips: Sequence[Flip], mutes: Mapping[AlertKey, Mute]) -> list[Record]:
    """As the journal keeps them."""
    return [_record(flip, mutes.get(flip.alert.key)) for flip in flips]


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
