"""What only one of several sidecars does at a time: watching, judging, reporting and sending."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from exporter import selfmetrics
from exporter.delivery import Sender
from exporter.judge import Judge
from exporter.leases import Lead, Standing
from exporter.metrics import Exposition
from exporter.model import Alert, AlertKey, Mute, Sample
from exporter.plan import Plan
from exporter.reports import Reports
from exporter.shops import Shops
from exporter.silences import Desk
from exporter.state import State, StateFaultError
from exporter.watch import Watch

_FAREWELL_SECONDS = 3.0


class Duty:
    """`plan` is what is at work now, `port` where it listens, and is known by; `on` is whether it has the duty.

    Without leases it has it always. `on_end` is called when it has ended.
    """

    def __init__(
        self,
        state: State,
        plan: Plan,
        *,
        exposition: Exposition,
        sender: Sender,
        watch: Watch,
        desk: Callable[[], Desk],
        port: Callable[[], int],
        on_end: Callable[[], None],
    ) -> None:
        self.plan, self.on = plan, False
        self._state, self._exposition, self._sender, self._watch, self._desk = state, exposition, sender, watch, desk
        self._shops = Shops(state)
        self._judge: Judge | None = None
        self._reports: Reports | None = None
        self._noted: Collection[Alert] = ()
        self._turn = threading.RLock()
        self._on_end = on_end
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
            desk, wake = self._desk(), self._sender.wake
            series, bench = self._exposition.series, self.plan.bench
            self._judge = Judge(bench, self._state, series, wake, muted=desk.muted, buttons=desk.links)
            self._reports = Reports(self._state, wake)
            self.on = True
            self._sender.start()
            self._watch.follow(self._shops.rounds(self.plan.config))

    def end(self) -> None:
        """Another sidecar goes on: what this one knows grows old, and is told no more."""
        with self._turn:
            self.on = False
            self._watch.follow({})
            for name in self.plan.bench.watched:
                self._exposition.drop(name)
            self._sender.stop(_FAREWELL_SECONDS)
        self._on_end()

    def use(self, plan: Plan) -> None:
        """Goes on by another plan."""
        with self._turn:
            before, self.plan = self.plan, plan
            if self._judge:
                self._judge.use(plan.bench)
            self._sender.update(plan.config.channels)
            if self.on:
                self._watch.follow(self._shops.rounds(plan.config))
            for name in before.bench.watched.keys() - plan.bench.watched.keys():
                self._exposition.drop(name)

    def sit(self, own: Sequence[Sample], now: Callable[[], datetime]) -> None:
        """One round. What the sidecar says of itself, beside `own`, is judged as well, so it comes first."""
        own = [*own, *(self._lead.samples() if self._lead else ())]
        with self._turn:
            if not (self.on and self._judge and self._reports):
                self._exposition.own(own)
                return
            more = [*self._sender.samples(), *self._judge.samples(), *self._desk().samples()]
            self._exposition.own([*own, *more, *selfmetrics.skipped(self._watch.skipped())])
            self._judge.sit(now())
            self._reports.look(self.plan.config, self._exposition.series(), self._judge.active(), now())

    def active(self) -> Collection[Alert]:
        """The open alerts; where another sidecar has the duty, as that one has noted them."""
        if self.on and self._judge:
            return self._judge.active()
        with suppress(StateFaultError):  # what was noted last must do
            self._noted = tuple(self._state.alerts().values())
        return self._noted

    def mutes(self) -> Mapping[AlertKey, Mute]:
        return self._judge.mutes() if self.on and self._judge else {}

    def close(self) -> None:
        """Lets runs and messages under way end, for a few seconds."""
        if self._lead:
            self._lead.stop()
        self._watch.stop()
        self._sender.stop(_FAREWELL_SECONDS)
        self._shops.close()
