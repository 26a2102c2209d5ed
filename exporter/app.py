"""The one place where the parts meet: build, run, reload, stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from exporter import cards, overview, selfmetrics
from exporter.config import ROOT, Config, ConfigFaultError, load
from exporter.delivery import Sender
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Reading
from exporter.rules import Rulebook, RuleFaultError
from exporter.selfmetrics import Reloads
from exporter.shops import Shops
from exporter.state import State, StateFaultError
from exporter.watch import Watch
from exporter.web import build
from exporter.web.access import Access, AccessError
from exporter.web.listen import ListenError
from exporter.web.server import Server
from exporter.web.status import Language, Status

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

log = logging.getLogger(__name__)


class StartFaultError(Exception):
    """The sidecar cannot start; the text is one fault a line, ready for people."""


_FAULTS = (ConfigFaultError, RuleFaultError, StateFaultError, AccessError)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a configuration asks for, all of it checked, none of it at work yet."""

    config: Config
    rulebook: Rulebook
    access: Access | None


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
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._reloads = Reloads(now)
        try:
            self._plan = self._read()
            self._state = State(self._plan.config.state_url().render_as_string(hide_password=False))
        except _FAULTS as fault:
            raise StartFaultError(str(fault)) from None
        self._shops = Shops(self._state)
        self._exposition = Exposition()
        self._sender = Sender(
            self._state, self._plan.config.channels, now=now, merge=cards.digest, on_change=self._news.set
        )
        self._watch = Watch(self._on_reading, now)
        self._judge = Judge(self._bench(), self._state, self._exposition.series, self._sender.wake)
        self._server = Server(build(self, rooms), listen or self._plan.config.web.listen, self._plan.access)

    def run(self) -> int:
        """Watches until `stop()`; 0 when it ended as asked, 1 when the address could not be used."""
        try:
            self.start()
        except ListenError as fault:
            log.error("%s", fault)  # noqa: TRY400 - a person reads this
            return 1
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
        threading.Thread(target=self._judge_on_news, name="judge", daemon=True).start()

    def stop(self) -> None:
        """May be called from a signal handler."""
        self._stopping.set()

    def close(self) -> None:
        """Ends all threads; runs under way end by their own deadlines."""
        self._stopping.set()
        self._news.set()
        self._server.stop()
        self._watch.stop()
        self._sender.stop()
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
        if waiting := self._watch.waiting():
            return f"not run yet: {', '.join('/'.join(name) for name in waiting)}"
        return None

    def reload(self) -> list[str]:
        """Reads the configuration again; its faults, or nothing when the new one is at work."""
        with self._reloading:
            try:
                plan = self._read()
            except _FAULTS as fault:
                self._reloads.note(ok=False)
                self._news.set()
                lines = str(fault).splitlines()
                log.error("the configuration was not reloaded: %s", "; ".join(lines))  # noqa: TRY400 - it is a typo
                return lines
            self._reloads.note(ok=True)
            self._apply(plan)
            log.info("the configuration was reloaded")
            return []

    def status(self, language: Language) -> Status:
        return overview.status(
            self._now(),
            config=self._plan.config,
            watch=self._watch,
            active=self._judge.active(),
            rooms=self._sender.rooms(),
            language=language,
        )

    def runbook(self, name: str, language: Language) -> str | None:
        return overview.runbook(ROOT, name, language)

    # how it is put together

    def _read(self) -> Plan:
        config = load(self._file)
        access = Access.load(self._web_config) if self._web_config else None
        return Plan(config, Rulebook.load(config.rule_files()), access)

    def _apply(self, plan: Plan) -> None:
        if (plan.config.web.listen, plan.config.state) != (self._plan.config.web.listen, self._plan.config.state):
            log.warning("web.listen and state are read at start only: restart to change them")
        before, self._plan = self._plan, plan
        self._judge.use(self._bench())
        self._sender.update(plan.config.channels)
        self._server.replace(plan.access)
        self._watch.follow(self._shops.rounds(self._plan.config))
        for shop, probe in Bench(before.rulebook, before.config).watched() - self._bench().watched():
            self._exposition.drop(probe, shop)
        self._news.set()

    def _bench(self) -> Bench:
        return Bench(self._plan.rulebook, self._plan.config)

    def _on_reading(self, shop: str, reading: Reading) -> None:
        probe = self._plan.config.shops[shop].probes[reading.probe]
        self._exposition.put(reading, probe.thresholds())
        self._news.set()

    def _judge_on_news(self) -> None:
        """Judges after every reading, and every `alerts.every` at the latest: time alone can make an alert due."""
        while not self._stopping.is_set():
            self._news.wait(self._plan.config.alerts.every)
            self._news.clear()
            if self._stopping.is_set():
                return
            try:
                self._exposition.own(
                    [*self._sender.samples(), *self._reloads.samples(), *selfmetrics.skipped(self._watch.skipped())]
                )
                self._judge.sit(self._now())
            except Exception:
                log.exception("judging failed; alerts keep their state and are judged again")
