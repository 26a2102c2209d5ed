"""What only one of several sidecars does at a time: watching, judging, reporting and sending."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from exporter import selfmetrics
from exporter.heartbeats import Heartbeats
from exporter.judge import Judge
from exporter.leases import Lead, Standing
from exporter.metrics import Exposition
from exporter.model import Alert, AlertKey, Delivery, Group, Mute, Sample
from exporter.outgoing import Outgoing
from exporter.plan import Plan
from exporter.reports import Reports
from exporter.shops import Shops
from exporter.silences import Desk
from exporter.state import OvertakenError, State, StateFaultError
from exporter.watch import Watch

_FAREWELL_SECONDS = 3.0


class Duty:
    """`plan` is what is at work now, `port` where it listens, and is known by; `on` is whether it has the duty.

    Without leases it has it always. `on_change` is called when what it tells of itself has changed.
    """

    def __init__(
        self,
        state: State,
        plan: Plan,
        *,
        exposition: Exposition,
        watch: Watch,
        now: Callable[[], datetime],
        desk: Callable[[], Desk],
        port: Callable[[], int],
        on_change: Callable[[], None],
    ) -> None:
        self.plan, self.on = plan, False
        self._state, self._exposition, self._watch, self._now, self._desk = state, exposition, watch, now, desk
        self._on_change = on_change
        self._outgoing = self._opened()
        self._shops = Shops(state)
        self._judge: Judge | None = None
        self._reports: Reports | None = None
        self._heartbeats: Heartbeats | None = None
        self._noted: Collection[Alert] = ()
        self._turn = threading.RLock()
        self._lead: Lead | None = None
        if terms := plan.config.leases:
            state.share(terms.length)
            self._lead = Lead(state, terms, lambda: f"{socket.gethostname()}:{port()}", self.begin, self.end)

    @property
    def standing(self) -> Standing | None:
        """None without leases."""
        return self._lead.standing if self._lead else None

    def leader(self) -> Standing | None:
        """Who has the duty, where it is not this sidecar; its name is empty while nobody has."""
        return None if self.on else self.standing

    def start(self) -> None:
        """With leases it begins when this sidecar has the lead."""
        if self._lead:
            self._lead.start()
        else:
            self.begin()

    def begin(self) -> None:
        """From where the state says that it was left; may raise StateFaultError."""
        with self._turn:
            if self._judge:  # it has led before, and others since
                self.plan = self.plan.anew()
                self._outgoing = self._opened()
            desk, wake = self._desk(), self._outgoing.wake
            series, bench = self._exposition.series, self.plan.bench
            self._judge = Judge(bench, self._state, series, wake, muted=desk.muted, buttons=desk.links)
            self._reports, self._heartbeats = Reports(self._state, wake), Heartbeats(self._state, wake)
            self.on = True
            self._outgoing.start()
            self._watch.follow(self._shops.rounds(self.plan.config))

    def end(self) -> None:
        """Another sidecar goes on: what this one knows grows old, and is told no more."""
        with self._turn:
            self.on = False
            self._watch.follow({})
            for name in self.plan.bench.watched:
                self._exposition.drop(name)
            self._outgoing.stop(_FAREWELL_SECONDS)
        self._on_change()

    def use(self, plan: Plan) -> None:
        """Goes on by another plan."""
        with self._turn:
            before, self.plan = self.plan, plan
            if self._judge:
                self._judge.use(plan.bench)
            self._outgoing.use(plan.bench)
            if self.on:
                self._watch.follow(self._shops.rounds(plan.config))
            for name in before.bench.watched.keys() - plan.bench.watched.keys():
                self._exposition.drop(name)

    def sit(self, own: Sequence[Sample]) -> None:
        """One round. What the sidecar says of itself, beside `own`, is judged as well, so it comes first."""
        own = [*own, *(self._lead.samples() if self._lead else ())]
        with self._turn:
            if not (self.on and self._judge and self._reports and self._heartbeats):
                self._exposition.own(own)
                return
            more = [*self._outgoing.samples(), *self._judge.samples(), *self._desk().samples()]
            more += [*self._heartbeats.samples(), *selfmetrics.skipped(self._watch.skipped())]
            self._exposition.own([*own, *more])
            self._judge.sit(self._now())
            self._outgoing.show(self._judge.judged())
            known = self.plan.config, self._exposition.series(), self._judge.active(), self._now()
            self._reports.look(*known)
            self._heartbeats.look(*known)

    def hear(self, told: Group) -> None:
        """What an Alertmanager says. Raises StateFaultError where another has the duty: it is said again."""
        if not (self.on and self._judge):
            raise OvertakenError("this sidecar stands by: send it to the one that leads, which /-/leading tells")
        self._judge.hear(told)

    def rooms(self) -> list[Delivery]:
        return self._outgoing.rooms()

    def group(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        """The labels by which an alert with these is told together with others."""
        return self._judge.group(labels) if self._judge else self.plan.bench.group(labels)

    def active(self) -> Collection[Alert]:
        """The open alerts; where another sidecar has the duty, as that one has noted them."""
        if self.on and self._judge:
            return self._judge.active()
        with suppress(StateFaultError):  # what was noted last must do
            heard = (alert for each in self._state.heard() for alert in each.firing)
            self._noted = (*self._state.alerts().values(), *heard)
        return self._noted

    def mutes(self) -> Mapping[AlertKey, Mute]:
        return self._judge.mutes() if self.on and self._judge else {}

    def _opened(self) -> Outgoing:
        return Outgoing(self._state, self.plan.bench, now=self._now, on_change=self._on_change)

    def close(self) -> None:
        """Lets runs and messages under way end, for a few seconds."""
        if self._lead:
            self._lead.stop()
        self._watch.stop()
        self._outgoing.stop(_FAREWELL_SECONDS)
        self._shops.close()
