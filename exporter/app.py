"""The one place where the parts meet: build, run, reload, stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.routing import BaseRoute

from exporter import cards, overview
from exporter.config import ROOT, Config, ConfigFaultError, ShopSection, load
from exporter.delivery import Sender
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Metric, Reading, Sample
from exporter.rules import Rulebook, RuleFaultError
from exporter.shop import Shop
from exporter.state import State, StateFaultError
from exporter.watch import Name, Round, Watch
from exporter.web import build
from exporter.web.access import Access, AccessError
from exporter.web.listen import ListenError
from exporter.web.server import Server
from exporter.web.status import Language, Status

log = logging.getLogger(__name__)

RELOADED = Metric(
    "order_health_config_last_reload_successful", "Whether the last attempt to read the configuration succeeded."
)
RELOADED_AT = Metric(
    "order_health_config_last_reload_success_timestamp_seconds", "When the configuration was last read, in Unix time."
)
SKIPPED = Metric(
    "order_health_probe_skipped_runs_total",
    "Runs that were due while the one before was still under way.",
    ("probe", "shop"),
    "counter",
)


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
        self._shops: dict[str, tuple[ShopSection, Shop]] = {}
        self._reload_gauges: tuple[Sample, ...] = ()
        try:
            self._plan = self._read()
            self._state = State(self._plan.config.state_url().render_as_string(hide_password=False))
        except _FAULTS as fault:
            raise StartFaultError(str(fault)) from None
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
        self._note_reload(ok=True)
        self._sender.start()
        self._watch.start()
        self._watch.follow(self._rounds())
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
        for _, shop in self._shops.values():
            shop.close()
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
                self._note_reload(ok=False)
                lines = str(fault).splitlines()
                log.error("the configuration was not reloaded: %s", "; ".join(lines))  # noqa: TRY400 - no traceback: it is a person's typo
                return lines
            self._apply(plan)
            self._note_reload(ok=True)
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
        self._watch.follow(self._rounds())
        for shop, probe in Bench(before.rulebook, before.config).watched() - self._bench().watched():
            self._exposition.drop(probe, shop)
        self._news.set()

    def _bench(self) -> Bench:
        return Bench(self._plan.rulebook, self._plan.config)

    def _rounds(self) -> Mapping[Name, Round]:
        config = self._plan.config
        for gone in set(self._shops) - set(config.shops):
            self._shops.pop(gone)[1].close()
        return {
            (name, probe_name): Round(probe, self._shop(name, section), section.lane())
            for name, section in config.shops.items()
            for probe_name, probe in section.probes.items()
        }

    def _shop(self, name: str, section: ShopSection) -> Shop:
        """Its connections outlive a reload unless something about the shop itself has changed."""
        kept = self._shops.get(name)
        if kept and kept[0].model_copy(update={"probes": section.probes}) == section:
            return kept[1]
        if kept:
            kept[1].close()
        shop = section.opened(name, self._plan.config.zone, self._state)
        self._shops[name] = (section, shop)
        return shop

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
                self._exposition.own(self._own_samples())
                self._judge.sit(self._now())
            except Exception:
                log.exception("judging failed; alerts keep their state and are judged again")

    def _own_samples(self) -> list[Sample]:
        skipped = [SKIPPED(count, probe=probe, shop=shop) for (shop, probe), count in self._watch.skipped().items()]
        return [*self._sender.samples(), *self._reload_gauges, *skipped]

    def _note_reload(self, *, ok: bool) -> None:
        """A failed reload keeps the time of the last good one."""
        since = (RELOADED_AT(self._now().timestamp()),) if ok else self._reload_gauges[1:]
        self._reload_gauges = (RELOADED(ok), *since)
        self._news.set()
