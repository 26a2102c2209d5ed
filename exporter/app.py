"""The one place where the parts meet: build, run, reload, stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import collector
from exporter.duty import Duty
from exporter.ear import Ear
from exporter.failures import Failures
from exporter.metrics import Exposition
from exporter.model import Reading
from exporter.overview import Window
from exporter.plan import FAULTS, Plan
from exporter.probes import Probe
from exporter.selfmetrics import Reloads
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
        self._reloading, self._stopping = threading.Lock(), threading.Event()
        self._reloads = Reloads(now)
        try:
            plan = Plan.read(self._file, self._web_config)
            self._state = State(plan.config.state_url().render_as_string(hide_password=False))
            if plan.config.leases is None:
                self._state.own()
        except _FAULTS as fault:
            raise StartFaultError(str(fault)) from None
        self._sittings = Sittings(self._sit, lambda: self._plan.config.alerts.every)
        self._exposition, self._sparks, self._failures = Exposition(), Sparks(), Failures()
        self._watch = Watch(self._on_reading, now)
        self._duty = Duty(
            self._state,
            plan,
            exposition=self._exposition,
            watch=self._watch,
            now=now,
            desk=lambda: self.desk,
            port=lambda: self.port,
            on_change=self._sittings.news,
        )
        self.desk = self._opened()
        self._server = Server(build(self._window(), rooms), listen or plan.config.web.listen, plan.access)

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
        self._duty.start()
        self._sittings.start()

    def stop(self) -> None:
        """May be called from a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Ends within 5 seconds; a run under way may outlast it, until its own deadline."""
        self._stopping.set()
        self._sittings.stop()
        self._server.stop()
        self._duty.close()
        self._state.close()

    @property
    def port(self) -> int:
        """The port it listens on: a real one where 0 was asked for."""
        return self._server.port

    # what the web asks for

    def ready(self) -> str | None:
        if other := self._duty.leader():
            return None if other.leader else "nobody leads yet"
        if not self._watch.names():
            return "not watching yet"
        if waiting := self._watch.waiting():
            return f"not run yet: {', '.join(name.said for name in waiting)}"
        return None

    def leading(self) -> str | None:
        other = self._duty.leader()
        return f"{other.leader or 'nobody'} leads, this sidecar stands by" if other else None

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
        if plan.read_at_start() != self._plan.read_at_start():
            log.warning("web.listen, state and leases are read at start only: restart to change them")
        self._duty.use(plan)
        self._server.replace(plan.access)
        for memory in (self._sparks, self._failures):
            memory.only(plan.bench.watched)
        self._sittings.news()

    @property
    def _plan(self) -> Plan:
        return self._duty.plan

    def _window(self) -> Window:
        return Window(
            now=self._now,
            plan=lambda: self._plan,
            watch=self._watch,
            duty=self._duty,
            desk=self.desk,
            ear=Ear(self._duty.hear, lambda: self._plan.config.alerts, self._now),
            state=self._state,
            reloads=self._reloads,
            sparks=self._sparks,
            failures=self._failures,
            page=self._exposition.page,
            ready=self.ready,
            leading=self.leading,
            reload=self.reload,
        )

    def _opened(self) -> Desk:
        """It asks for the judge and the plan that are at work when it is asked."""
        return Desk(
            self._state,
            now=self._now,
            active=self._duty.active,
            terms=lambda: self._plan.config.terms(),  # noqa: PLW0108 - see above
            group_of=self._duty.group,
            on_change=self._sittings.news,
        )

    def _on_reading(self, probe: Probe, reading: Reading) -> None:
        self._exposition.put(reading, probe.thresholds())
        self._sparks.note(reading)
        self._failures.note(reading)
        self._sittings.news()

    def _sit(self) -> None:
        self._duty.sit(self._reloads.samples())
