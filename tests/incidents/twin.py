"""One shop, two judges: the demo's incidents judged by a real Prometheus and by the sidecar, by the same rule files."""

from __future__ import annotations

import signal
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporter.app import App
from exporter.demo import replay
from tests.incidents.settings import RULES
from tests.servers import free_port, prometheus

INTERVAL = 1.0
"""Seconds between two scrapes, two evaluations there, and two rounds here."""

TOLERANCE = 2 * INTERVAL + 0.5
"""Prometheus learns of a value with its next scrape and judges it with its next evaluation; we look every 0.2 s."""

_CONFIG = """\
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: ["{rules}/*.yml"]
scrape_configs: [{{job_name: order-health, static_configs: [{{targets: ["127.0.0.1:{port}"]}}]}}]
"""
Key = frozenset[tuple[str, str]]


@dataclass
class Span:
    """One time that an alert was pending or firing; `texts` are its annotations as they were read, `end` None: still is."""

    start: float
    fired: float | None = None
    end: float | None = None
    texts: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


@dataclass
class Told:
    """All alerts of one judge, by their labels; `since` is when it first knew anything."""

    since: float = 0.0
    spans: dict[Key, list[Span]] = field(default_factory=lambda: defaultdict(list))

    def look(self, alerts: Iterable[tuple[Mapping[str, str], str, float, Mapping[str, str]]], at: float) -> None:
        """`alerts`: labels, state, since, annotations."""
        there = set()
        for labels, state, since, texts in alerts:
            key = frozenset(labels.items())
            there.add(key)
            known = self.spans[key]
            if not known or known[-1].end is not None:
                known.append(Span(since))
            if state == "firing" and known[-1].fired is None:
                known[-1].fired = at
            for name, text in texts.items():
                known[-1].texts[name].add(text)
        for key, spans in self.spans.items():
            if key not in there and spans[-1].end is None:
                spans[-1].end = at


def twin(folder: Path, seconds: float, meanwhile: Callable[[Path, threading.Event], None]) -> tuple[Told, Told]:
    """Plays the demo for so long in this (the main) thread; `meanwhile` may change its shop. Ours, and Prometheus'."""
    port, ours, theirs = free_port(), Told(), Told()
    apps: list[App] = []

    class Twin(App):
        """The demo's sidecar, told how Prometheus names it."""

        def __init__(self, file: Path, **more: Any) -> None:
            config = yaml.safe_load(file.read_text(encoding="utf-8"))
            config["alerts"] |= {"promql": 2, "job": "order-health", "instance": f"127.0.0.1:{port}"}
            file.write_text(yaml.safe_dump(config), encoding="utf-8")
            super().__init__(file, **more)
            apps.append(self)
            self.home = file.parent

    over = threading.Event()
    config = _CONFIG.format(rules=RULES, port=port)
    with prometheus.running(folder, config) as server, _signals(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(replay, "App", Twin)
        watching = threading.Thread(target=_watch, args=(apps, server, ours, theirs, over))
        changing = threading.Thread(target=lambda: meanwhile(_home(apps), over))
        for each in (watching, changing):
            each.start()
        try:
            assert replay.play(f"127.0.0.1:{port}", seconds) == 0
        finally:
            over.set()
            watching.join()
            changing.join()
    return ours, theirs


def _home(apps: list[App]) -> Path:
    while not apps:
        time.sleep(0.05)
    return apps[0].home / "shop.db"  # type: ignore[attr-defined, no-any-return]


def _watch(apps: list[App], server: prometheus.Prometheus, ours: Told, theirs: Told, over: threading.Event) -> None:
    while not over.wait(0.2):
        if not apps:
            continue
        if not theirs.since:
            seen = server.get("/api/v1/query", query="timestamp(up == 1)")["result"]
            theirs.since = float(seen[0]["value"][1]) if seen else 0.0
        active = apps[0]._duty.active()
        now = time.time()
        ours.look(((a.labels, a.status, a.since.timestamp(), a.annotations) for a in active), now)
        found = server.get("/api/v1/alerts")["alerts"]
        read = ((a["labels"], a["state"], _unix(a["activeAt"]), a["annotations"]) for a in found)
        theirs.look(read, time.time())


def _unix(text: str) -> float:
    """Prometheus writes nanoseconds."""
    whole, _, rest = text.removesuffix("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + float(f"0.{rest or 0}")


@contextmanager
def _signals() -> Any:
    """The demo takes over what ends a process."""
    kept = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in kept.items():
            signal.signal(each, handler)


def differences(ours: Told, theirs: Told) -> list[str]:
    """What the two judges do not agree on, a line for each."""
    found = []
    for key in sorted(ours.spans.keys() | theirs.spans.keys(), key=sorted):
        here, there = (_lasting(told.spans.get(key, [])) for told in (ours, theirs))
        name = _name(dict(key))
        if len(here) != len(there):
            found.append(f"{name}: {len(here)} times here, {len(there)} there")
            continue
        for one, other in zip(here, there, strict=True):
            found += [f"{name}: {what}" for what in _unlike(one, other, theirs.since)]
    return found


def _name(labels: Mapping[str, str]) -> str:
    """The alert and what tells it from others of its rule."""
    rest = (text for name, text in sorted(labels.items()) if name not in {"alertname", "severity", "probe", "shop"})
    return " ".join([labels["alertname"], *rest])


def _unlike(here: Span, there: Span, scraped: float) -> Iterable[str]:
    """What began before the first scrape began with it for Prometheus."""
    times = {
        "begins": (max(here.start, scraped), max(there.start, scraped)),
        "is pending": (_pending(here), _pending(there)),
        "ends": (here.end, there.end),
    }
    for what, (one, other) in times.items():
        if (one is None) != (other is None) or (one is not None and abs(one - other) > TOLERANCE):
            yield f"{what} {one} here, {other} there"
    if here.texts.keys() != there.texts.keys():
        yield f"annotations {sorted(here.texts)} here, {sorted(there.texts)} there"
    for name in here.texts.keys() & there.texts.keys():
        if not here.texts[name] & there.texts[name]:
            yield f"{name} {sorted(here.texts[name])[:3]} here, {sorted(there.texts[name])[:3]} there"


def _lasting(spans: list[Span]) -> list[Span]:
    """Without what never fired and was over within an interval: only one of the judges may have looked just then."""
    return [each for each in spans if each.fired or each.end is None or each.end - each.start > TOLERANCE]


def _pending(span: Span) -> float | None:
    """Seconds; None when it did not come to fire."""
    return None if span.fired is None else span.fired - span.start


def change(shop: Path, *statements: str) -> None:
    with closing(sqlite3.connect(shop, timeout=10)) as database, database:
        for statement in statements:
            database.execute(statement)
