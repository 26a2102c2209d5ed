"""The one place where the parts meet: build, run, reload, stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import cards, collector, selfmetrics
from exporter.delivery import Sender
from exporter.failures import Failures
from exporter.judge import Judge
from exporter.metrics import Exposition
from exporter.model import Reading
from exporter.overview import Window
from exporter.plan import FAULTS, Plan
from exporter.probes import Probe
from exporter.reports import Reports
from exporter.selfmetrics import Reloads
from exporter.shops import Shops
from exporter.silences import Desk
from exporter.sittings import Sittings
from exporter.sparks import Sparks
from exporter.state import State, StateFaultError
from exporter.watch import Watch
from exporter.web import build
from exporter.web.listen import ListenError
from exporter.web.server import Server

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
        self._sittings = Sittings(self._sit, lambda: self._plan.config.alerts.every)
        self._shops = Shops(self._state)
        self._exposition, self._sparks, self._failures = Exposition(), Sparks(), Failures()
        self._sender = Sender(
            self._state, self._plan.config.channels, now=now, merge=cards.digest, on_change=self._sittings.news
        )
        self._watch = Watch(self._on_reading, now)
        self.desk, series, wake = self._desk(), self._exposition.series, self._sender.wake
        self._judge = Judge(self._plan.bench, self._state, series, wake, muted=self.desk.muted, buttons=self.desk.links)
        self._reports = Reports(self._state, wake)
        self._server = Server(build(self._window(), rooms), listen or self._plan.config.web.listen, self._plan.access)

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
        self._sender.start()
        self._watch.start()
        self._watch.follow(self._shops.rounds(self._plan.config))
        self._sittings.start()

    def stop(self) -> None:
        """May be called from a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Ends within 5 seconds; a run under way may outlast it, until its own deadline."""
        self._stopping.set()
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

    def ready(self) -> str | None:
        if not self._watch.names():
            return "not watching yet"
        if waiting := self._watch.waiting():
            return f"not run yet: {', '.join(name.said for name in waiting)}"
        return None

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

    # how it is put together

    def _apply(self, plan: Plan) -> None:
        if (plan.config.web.listen, plan.config.state) != (self._plan.config.web.listen, self._plan.config.state):
            log.warning("web.listen and state are read at start only: restart to change them")
        before, self._plan = self._plan, plan
        self._judge.use(plan.bench)
        self._sender.update(plan.config.channels)
        self._server.replace(plan.access)
        self._watch.follow(self._shops.rounds(self._plan.config))
        for name in before.bench.watched.keys() - plan.bench.watched.keys():
            self._exposition.drop(name)
        for memory in (self._sparks, self._failures):
            memory.only(plan.bench.watched)
        self._sittings.news()

    def _window(self) -> Window:
        return Window(
            now=self._now,
            plan=lambda: self._plan,
            watch=self._watch,
            judge=self._judge,
            desk=self.desk,
            sender=self._sender,
            state=self._state,
            reloads=self._reloads,
            sparks=self._sparks,
            failures=self._failures,
            page=self._exposition.page,
            ready=self.ready,
            reload=self.reload,
        )

    def _desk(self) -> Desk:
        """It asks for the judge and the plan that are at work when it is asked."""
        return Desk(
            self._state,
            now=self._now,
            active=lambda: self._judge.active(),  # noqa: PLW0108 - see above
            terms=lambda: self._plan.config.terms(),  # noqa: PLW0108 - see above
            group_of=lambda labels: self._plan.bench.group(labels),  # noqa: PLW0108 - see above
            on_change=self._sittings.news,
        )

    def _on_reading(self, probe: Probe, reading: Reading) -> None:
        self._exposition.put(reading, probe.thresholds())
        self._sparks.note(reading)
        self._failures.note(reading)
        self._sittings.news()

    def _sit(self) -> None:
        """What the sidecar says of itself is judged as well, so it comes first; the state's fault stops no judging."""
        own = [*self._sender.samples(), *self._reloads.samples(), *self._judge.samples(), *self.desk.samples()]
        self._exposition.own([*own, *selfmetrics.skipped(self._watch.skipped())])
        self._judge.sit(self._now())
        self._reports.look(self._plan.config, self._exposition.series(), self._judge.active(), self._now())
