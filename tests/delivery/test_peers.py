"""Our alerts in real Alertmanagers: labels, beginnings, ends; and one that is away or refuses disturbs no other."""

from __future__ import annotations

import http.server
import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from exporter.delivery.peers import ANSWERING, POSTED, Peers
from exporter.model import Alert, External
from exporter.notify.alertmanager import Alertmanager
from tests.servers.alertmanager import running
from tests.shops import eventually

BEGAN = datetime.now(UTC).replace(microsecond=123000) - timedelta(minutes=3)
EXTERNAL = External({"region": "hangzhou", "severity": "info"}, "http://oh.example.com")


def alert(name="StockBelowZero", **labels):
    text = {"summary": "1 个 SKU 库存为负", "runbook_url": "docs/runbooks/negative_stock.md"}
    return Alert(name, {"alertname": name, "severity": "critical", **labels}, "firing", BEGAN, 1.0, text)


class Refusing:
    """Answers what it is told to."""

    def __init__(self):
        self.status, self.bodies, self.at = 503, [], []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.bodies.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                outer.at.append(time.monotonic())
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def refusing():
    opened = Refusing()
    yield opened
    opened.close()


@pytest.fixture
def peers():
    """`peers(urls, resend=…)` starts them."""
    started = []

    def start(*urls, resend=60.0, every=1.0):
        opened = Peers(lambda: datetime.now(UTC))
        opened.use({"cluster": Alertmanager(urls=list(urls), resend=resend)}, EXTERNAL, every)
        started.append(opened)
        return opened

    yield start
    for each in started:
        each.stop()


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    config = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\nglobal: {resolve_timeout: 1s}\n"
    with (
        running(tmp_path_factory.mktemp("pair"), config) as first,
        running(tmp_path_factory.mktemp("other"), config) as second,
    ):
        yield [*first, *second]


def counted(peers, result, url):
    at = url.removeprefix("http://")
    return next(
        each.value for each in peers.samples() if each.metric is POSTED and each.labels == ("cluster", at, result)
    )


def named(server, name):
    return [each for each in server.alerts() if each["labels"]["alertname"] == name]


@pytest.mark.server
def test_every_alertmanager_is_told_with_our_labels_and_of_the_end(pair, peers):
    opened = peers(*(each.url for each in pair))
    opened.show({"cluster": [alert("Told", shop="main")]}, datetime.now(UTC))
    for server in pair:
        [found] = eventually(lambda server=server: named(server, "Told"))
        assert found["labels"] == {"alertname": "Told", "region": "hangzhou", "severity": "critical", "shop": "main"}
        assert found["annotations"]["summary"] == "1 个 SKU 库存为负"
        assert datetime.fromisoformat(found["startsAt"]) == BEGAN
        assert found["generatorURL"] == "http://oh.example.com/"
        left = datetime.fromisoformat(found["endsAt"]) - datetime.now(UTC)
        assert timedelta(seconds=200) < left <= timedelta(seconds=240)
        assert eventually(lambda server=server: counted(opened, "accepted", server.url)) == 1
    opened.show({}, datetime.now(UTC))
    for server in pair:
        eventually(lambda server=server: not named(server, "Told"))
    assert [each.accepted for each in opened.rooms()] == [True, True]


@pytest.mark.server
def test_what_fires_is_said_again_before_it_would_end_and_begins_once(pair, peers):
    opened = peers(pair[0].url, resend=1.0)
    opened.show({"cluster": [alert("Again")]}, datetime.now(UTC))
    [first] = eventually(lambda: named(pair[0], "Again"))
    eventually(lambda: counted(opened, "accepted", pair[0].url) >= 4, 10)
    [last] = named(pair[0], "Again")
    assert last["startsAt"] == first["startsAt"]
    assert last["endsAt"] > first["endsAt"]


@pytest.mark.server
def test_one_that_is_away_is_told_when_it_is_back_also_what_ended_meanwhile(pair, peers, refusing):
    opened = peers(refusing.url, pair[0].url)
    opened.show({"cluster": [alert("Away"), alert("Brief")]}, datetime.now(UTC))
    eventually(lambda: named(pair[0], "Away"))  # the other is told at once
    opened.show({"cluster": [alert("Away")]}, datetime.now(UTC))
    eventually(lambda: len(refusing.bodies) >= 2)
    refusing.status = 200
    eventually(lambda: counted(opened, "accepted", refusing.url))
    last = {each["labels"]["alertname"]: each["endsAt"] for each in refusing.bodies[-1]}
    now = datetime.now(UTC)
    assert datetime.fromisoformat(last["Brief"]) < now < datetime.fromisoformat(last["Away"])
    answers = {each.labels[1]: each.value for each in opened.samples() if each.metric is ANSWERING}
    assert answers == {refusing.url.removeprefix("http://"): 1, pair[0].url.removeprefix("http://"): 1}
    assert counted(opened, "retried", refusing.url) >= 2


def test_one_that_refuses_is_not_asked_again_before_the_next_time(peers, refusing):
    refusing.status = 400
    opened = peers(refusing.url)
    opened.show({"cluster": [alert()]}, datetime.now(UTC))
    eventually(lambda: counted(opened, "refused", refusing.url))
    opened.show({"cluster": [alert()]}, datetime.now(UTC))
    time.sleep(0.3)
    assert len(refusing.bodies) == 1
    assert [(each.accepted, each.detail) for each in opened.rooms()] == [(False, "HTTP 400: ")]


def test_thousands_go_in_parts_and_showing_them_waits_for_nobody(peers, refusing):
    refusing.status = 200
    opened = peers(refusing.url)
    begun = time.monotonic()
    opened.show({"cluster": [alert(shop=str(number)) for number in range(2000)]}, datetime.now(UTC))
    assert time.monotonic() - begun < 0.5
    eventually(lambda: counted(opened, "accepted", refusing.url) == 2000)
    assert max(map(len, refusing.bodies)) == 250


def test_a_reload_tells_other_addresses_and_leaves_the_old_ones(peers, refusing):
    refusing.status = 200
    other = Refusing()
    other.status = 200
    try:
        opened = peers(refusing.url)
        opened.show({"cluster": [alert()]}, datetime.now(UTC))
        eventually(lambda: refusing.bodies)
        opened.use({"cluster": Alertmanager(urls=[other.url])}, EXTERNAL, 1.0)
        opened.show({"cluster": [alert()]}, datetime.now(UTC))
        eventually(lambda: other.bodies)
        assert len(refusing.bodies) == 1
        assert [each.name for each in opened.rooms()] == [f"cluster ({other.url.removeprefix('http://')})"]
    finally:
        other.close()


def test_an_alert_that_ended_is_said_to_be_over_for_a_quarter_of_an_hour(peers, refusing):
    refusing.status = 200
    opened = peers(refusing.url, resend=1.0)
    now = datetime.now(UTC)
    opened.show({"cluster": [alert()]}, now)
    opened.show({}, now)
    eventually(lambda: len(refusing.bodies) >= 3)
    opened.show({}, now + timedelta(minutes=16))
    told = len(refusing.bodies)
    time.sleep(1.3)
    assert len(refusing.bodies) <= told + 1
