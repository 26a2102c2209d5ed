"""The one place where the parts meet: build, run, reload, stop."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import cards, collector, overview, selfmetrics
from exporter.config import ROOT
from exporter.delivery import Sender
from exporter.judge import Judge
from exporter.leases import Lead
from exporter.metrics import Exposition
from exporter.model import Alert, Reading
from exporter.plan import FAULTS, Plan
from exporter.probes import Probe
from exporter.reports import Reports
from exporter.selfmetrics import Reloads
from exporter.shops import Shops
from exporter.silences import Desk
from exporter.sittings import Sittings
from exporter.state import State, StateFaultError
from exporter.watch import Watch
from exporter.web import build
from exporter.web.filling import Runbook
from exporter.web.listen import ListenError
from exporter.web.server import Server
from exporter.web.status import Language, Status

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

log = logging.getLogger(__name__)


class StartFaultError(Exception):
    """The sidecar cannot start; the text is one fault a line, ready for people."""


_FAREWELL_SECONDS = 3.0
_FAULTS = (*FAULTS, StateFaultError)


def utc_now() -> datetime:
    return datetime.now(UTC)


class App:
    """One running sidecar. `run()` blocks until `stop()`; everything else may be called from any thread."""

    def __init__(
        self,
        file: str | Path,
        *,
        listen: str | None = None,
        web_config: str | None = None,
        now: Callable[[], datetime] = utc_now,
        rooms: Sequence[BaseRoute] = (),
    ) -> None:
        self._file, self._web_config, self._now = file, web_config, now
        self._reloading = threading.Lock()
        self._stopping = threading.Event()
        self._reloads = Reloads(now)
        try:
            self._plan = Plan.read(self._file, self._web_config)
            self._state = State(self._plan.config.state_url().render_as_string(hide_password=False))
            self._state.own()
        except _FAULTS as fault:
            raise StartFaultError(str(fault)) from None
        self._duty = threading.RLock()
        self._on_duty = False
        self._sittings = Sittings(self._sit, lambda: self._plan.config.alerts.every)
        self._shops = Shops(self._state)
        self._exposition = Exposition()
        self._sender = Sender(
            self._state, self._plan.config.channels, now=now, merge=cards.digest, on_change=self._sittings.news
        )
        self._watch = Watch(self._on_reading, now)
        self.desk, self._lead = self._desk(), self._leases()
        self._sit_down()
        self._server = Server(build(self, rooms), listen or self._plan.config.web.listen, self._plan.access)

    def run(self) -> int:
        """Watches until `stop()`; 0 when it ended as asked, 1 when address or state could not be used."""
        try:
            self.start()
        except (ListenError, StateFaultError) as fault:
            log.error("%s", fault)  # noqa: TRY400 - a person reads this
            return 1
        collector.leave_alone_what_stays()
        self._stopping.wait()
        self.close()
        return 0

    def start(self) -> None:
        """Returns when it serves; raises ListenError before anything is asked or sent."""
        self._server.start()
        self._reloads.note(ok=True)
        self._watch.start()
        if self._lead:
            self._lead.start()
        else:
            self._begin()
        self._sittings.start()

    def stop(self) -> None:
        """May be called from a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Ends within 5 seconds; a run under way may outlast it, until its own deadline."""
        self._stopping.set()
        if self._lead:
            self._lead.stop()
        self._sittings.stop()
        self._server.stop()
        self._watch.stop()
        self._sender.stop(_FAREWELL_SECONDS)
        self._shops.close()
        self._state.close()

    @property
    def port(self) -> int:
        """The port it listens on: a real one where 0 was asked for."""
        return self._server.port

    # what the web asks for

    def page(self, accept: str | None, gzip: bool) -> tuple[bytes, str, bool]:
        return self._exposition.page(accept, gzip)

    def ready(self) -> str | None:
        if self._lead and not self._on_duty:
            return None if self._lead.standing.leader else "nobody leads yet"
        if not self._watch.names():
            return "not watching yet"
        if waiting := self._watch.waiting():
            return f"not run yet: {', '.join(name.said for name in waiting)}"
        return None

    def leading(self) -> str | None:
        if self._on_duty or not self._lead:
            return None
        return f"{self._lead.standing.leader or 'nobody'} leads, this sidecar stands by"

    def reload(self) -> list[str]:
        """Reads the configuration again; its faults, or nothing when the new one is at work."""
        with self._reloading:
            try:
                plan = Plan.read(self._file, self._web_config)
            except _FAULTS as fault:
                self._reloads.note(ok=False)
                self._sittings.news()
                lines = str(fault).splitlines()
                log.error("the configuration was not reloaded: %s", "; ".join(lines))  # noqa: TRY400 - it is a typo
                return lines
            self._apply(plan)
            self._reloads.note(ok=True)
            log.info("the configuration was reloaded")
            return []

    def status(self, language: Language) -> Status:
        return overview.status(
            self._now(),
            config=self._plan.config,
            watch=self._watch,
            active=self._active(),
            mutes=self._judge.mutes(),
            desk=self.desk,
            standing=self._lead.standing if self._lead else None,
            rooms=self._sender.rooms(),
            language=language,
        )

    def runbook(self, name: str, language: Language) -> Runbook | None:
        return overview.runbook(ROOT, self._plan.config, name, language)

    # how it is put together

    def _apply(self, plan: Plan) -> None:
        if plan.read_at_start() != self._plan.read_at_start():
            log.warning("web.listen, state and leases are read at start only: restart to change them")
        with self._duty:
            before, self._plan = self._plan, plan
            self._judge.use(plan.bench)
            self._sender.update(plan.config.channels)
            self._server.replace(plan.access)
            if self._on_duty:
                self._watch.follow(self._shops.rounds(self._plan.config))
                for name in before.bench.watched.keys() - plan.bench.watched.keys():
                    self._exposition.drop(name)
        self._sittings.news()

    def _leases(self) -> Lead | None:
        leases = self._plan.config.leases
        if leases is None:
            return None
        self._state.share(leases.length)
        return Lead(self._state, leases, lambda: f"{socket.gethostname()}:{self.port}", self._begin, self._end)

    def _begin(self) -> None:
        """Watches, judges and sends from now on, from where the state says that it was left."""
        with self._duty:
            if self._lead:
                self._plan = self._plan.anew()
                self._sit_down()
            self._on_duty = True
            self._sender.start()
            self._watch.follow(self._shops.rounds(self._plan.config))
        self._sittings.news()

    def _end(self) -> None:
        """Another sidecar leads, or will: what this one knows is told no more."""
        with self._duty:
            self._on_duty = False
            self._watch.follow({})
            for name in self._plan.bench.watched:
                self._exposition.drop(name)
            self._sender.stop(_FAREWELL_SECONDS)
        self._sittings.news()

    def _sit_down(self) -> None:
        desk, wake = self.desk, self._sender.wake
        self._judge = Judge(
            self._plan.bench, self._state, self._exposition.series, wake, muted=desk.muted, buttons=desk.links
        )
        self._reports = Reports(self._state, wake)

    def _active(self) -> Collection[Alert]:
        """The open alerts, as the leader has noted them where this sidecar stands by."""
        return self._state.alerts().values() if self._lead and not self._on_duty else self._judge.active()

    def _desk(self) -> Desk:
        """It asks for the judge and the plan that are at work when it is asked."""
        return Desk(
            self._state,
            now=self._now,
            active=self._active,
            terms=lambda: self._plan.config.terms(),  # noqa: PLW0108 - see above
            group_of=lambda labels: self._plan.bench.group(labels),  # noqa: PLW0108 - see above
            on_change=self._sittings.news,
        )

    def _on_reading(self, probe: Probe, reading: Reading) -> None:
        self._exposition.put(reading, probe.thresholds())
        self._sittings.news()

    def _sit(self) -> None:
        """What the sidecar says of itself is judged as well, so it comes first; the state's fault stops no judging."""
        with self._duty:
            own = [*self._reloads.samples(), *(self._lead.samples() if self._lead else ())]
            if not self._on_duty:
                self._exposition.own(own)
                return
            own += [*self._sender.samples(), *self._judge.samples(), *self.desk.samples()]
            self._exposition.own([*own, *selfmetrics.skipped(self._watch.skipped())])
            self._judge.sit(self._now())
            self._reports.look(self._plan.config, self._exposition.series(), self._judge.active(), self._now())
