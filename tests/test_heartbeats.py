"""A sign of life while rules are judged and probes answer, and none when either stops."""

from __future__ import annotations

import logging
import re
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from exporter.config import ConfigFaultError, load
from exporter.heartbeats import Heartbeats
from exporter.metrics import Exposition
from exporter.model import Alert, Reading, Record
from exporter.probes import known
from exporter.sittings import Sittings
from exporter.state import State

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CONFIG = """\
shops: {{main: {{database: "sqlite:///shop.db", tables: plain, probes: {{negative_stock: {{}}, pending_paid: {{}}}}}}}}
channels: {{ops: {{kind: wecom, key: k}}}}
alerts: {{heartbeat: {beat}}}
"""


def config(folder, beat):
    file = folder / "config.yaml"
    file.write_text(CONFIG.format(beat=beat), encoding="utf-8")
    return load(file)


@contextmanager
def waiting(status=200):
    """A service that waits for pings; `got` are the paths asked for."""
    got = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            got.append(self.path)
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield got, f"http://127.0.0.1:{server.server_port}/canary-uuid"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


class Bed:
    """One sidecar's heartbeats; `probes` says which of them have an answer."""

    def __init__(self, folder, state, beat):
        self.config, self.state, self.woken = config(folder, beat), state, []
        self.exposition, self.active = Exposition(), []
        self.heartbeats = Heartbeats(state, lambda: self.woken.append(1))

    def probes(self, **answers):
        for name, answer in answers.items():
            error = None if answer else "no answer"
            self.exposition.put(Reading(name, "main", NOW, 0.1, error=error), known()[name]().thresholds())

    def look(self, at=0.0):
        self.heartbeats.look(self.config, self.exposition.series(), self.active, NOW + timedelta(seconds=at))

    def cards(self):
        return [row.card for row in self.state.due("ops", 9e9)]

    def pings(self):
        return {each.labels[0]: each.value for each in self.heartbeats.samples()}


@pytest.fixture
def state(tmp_path):
    opened = State(f"sqlite:///{tmp_path}/state.db")
    yield opened
    opened.close()


def test_a_card_a_day_says_what_is_watched_and_what_happened(tmp_path, state):
    bed = Bed(tmp_path, state, "{to: [ops]}")
    bed.probes(negative_stock=True, pending_paid=True)
    bed.look()
    bed.look(3600)
    [first] = bed.cards()
    assert first.title == "🟢 仍在值守：1 家店铺，2 项检查"
    assert first.cases == ("最近没有告警",)
    labels = {"alertname": "StockBelowZero", "shop": "main"}
    state.commit({}, [], NOW, records=[Record(NOW, "r", labels, "firing", NOW, 1.0)])
    bed.active = [Alert("r", labels, "firing", NOW, 1.0)]
    bed.probes(pending_paid=False)
    bed.look(86400)
    second = bed.cards()[1]
    assert second.title.startswith("🔵")
    assert [fact.value for fact in second.facts] == ["2 项中 1 项有结果", "1"]
    assert second.cases == ("StockBelowZero · main · 11-23 10:00",)
    assert len(bed.woken) == 2


def test_a_restart_is_no_heartbeat(tmp_path, state):
    for at in (0, 100, 86399):
        bed = Bed(tmp_path, state, "{to: [ops]}")
        bed.probes(negative_stock=True)
        bed.look(at)
    assert len(bed.cards()) == 1
    bed.look(86400)
    assert len(bed.cards()) == 2


def test_it_stays_at_its_time_of_day_and_a_missed_one_is_told_once(tmp_path, state):
    bed = Bed(tmp_path, state, "{to: [ops], every: 1h}")
    bed.probes(negative_stock=True)
    for at in (0, 3604, 7201, 50_000, 53_599, 53_601, -1_000_000, -999_999):
        bed.look(at)
    assert [round(each.at - NOW.timestamp()) for each in sorted(state.due("ops", 9e9), key=lambda row: row.id)] == [
        0,
        3604,
        7201,
        50_000,
        53_601,
        -1_000_000,
    ]


def test_an_address_is_asked_as_long_as_a_probe_answers(tmp_path, state):
    with waiting() as (got, url):
        bed = Bed(tmp_path, state, f"{{url: '{url}'}}")
        bed.look()
        bed.probes(negative_stock=False, pending_paid=True)
        bed.look(1)
        until(lambda: bed.pings()["accepted"] == 1)
        bed.look(59)
        bed.look(61)
        until(lambda: bed.pings()["accepted"] == 2)
        bed.probes(pending_paid=False)
        bed.look(200)
        bed.look(300)
        time.sleep(0.1)
        assert got == ["/canary-uuid"] * 2


def test_a_judge_that_is_stuck_sends_no_sign(tmp_path, state):
    """As the sidecar does it: the look comes after the judging, in the same thread."""
    stuck, gate = threading.Event(), threading.Event()
    with waiting() as (got, url):
        bed = Bed(tmp_path, state, f"{{url: '{url}', every: 10s}}")
        bed.probes(negative_stock=True)
        rounds = iter(range(10_000))

        def sit():
            if stuck.is_set():
                gate.wait(20)
            bed.look(20.0 * next(rounds))

        sittings = Sittings(sit, lambda: 0.01)
        sittings.start()
        until(lambda: len(got) > 3)
        stuck.set()
        time.sleep(0.3)
        before = len(got)
        time.sleep(0.5)
        assert len(got) == before
        sittings.stop()
        gate.set()


def test_a_judge_that_fails_sends_no_sign(tmp_path, state):
    with waiting() as (got, url):
        bed = Bed(tmp_path, state, f"{{url: '{url}', every: 10s}}")
        bed.probes(negative_stock=True)

        def sit():
            raise OSError("the disk is full")

        sittings = Sittings(lambda: (sit(), bed.look()), lambda: 0.01)
        sittings.start()
        time.sleep(0.3)
        sittings.stop()
        assert got == []


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_address_that_does_not_take_it_is_logged_once_and_never_by_its_name(tmp_path, state, caplog, status):
    caplog.set_level(logging.DEBUG, "exporter")
    with waiting(status) as (_, url):
        bed = Bed(tmp_path, state, f"{{url: '{url}'}}")
        bed.probes(negative_stock=True)
        for n in range(3):
            bed.look(60.0 * n)
            until(lambda n=n: bed.pings()["failed"] == n + 1)
    assert [f"HTTP {status}" in each.message for each in caplog.records] == [True]
    assert "canary" not in caplog.text + repr(bed.config)


def test_an_address_that_hangs_is_asked_one_ping_at_a_time(tmp_path, state, monkeypatch):
    gate, asked = threading.Event(), []
    monkeypatch.setattr("exporter.heartbeats._asked", lambda address: asked.append(address) or gate.wait(10) or "")
    bed = Bed(tmp_path, state, "{url: 'http://127.0.0.1:9/x'}")
    bed.probes(negative_stock=True)
    began = time.monotonic()
    for n in range(5):
        bed.look(60.0 * n)
    assert time.monotonic() - began < 2
    assert len(asked) == 1
    gate.set()


@pytest.mark.parametrize(
    ("beat", "told"),
    [
        ("{}", "name either the channels `to` or a `url`"),
        ("{to: [ops], url: 'http://x.example/'}", "name either the channels `to` or a `url`"),
        ("{url: 'hc-ping.com/x'}", "`url` is no address"),
        ("{to: [opps]}", "no channel 'opps'"),
        ("[{to: [ops]}, {to: [duty]}]", "no channel 'duty'"),
        ("{to: [ops], every: 1s}", "every"),
    ],
)
def test_a_heartbeat_that_cannot_be_is_refused(tmp_path, beat, told):
    with pytest.raises(ConfigFaultError, match=rf"heartbeat.*{re.escape(told)}"):
        config(tmp_path, beat)
