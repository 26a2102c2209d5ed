"""From a message in a real Redis to a card in a strict room, by the sidecar as a process of its own."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exporter.demo.robots import rooms
from exporter.web.server import Server
from tests.probes.plain import on_sqlite
from tests.servers import free_port
from tests.shops import SECRETS, eventually

pytestmark = pytest.mark.server

MB = 1024**2
STREAM, GROUP = "order_created", "order-service"
CONFIG = """\
shops:
  main:
    database: {database}
    queues: {{orders: "{queue}"}}
    tables: plain
    probes:
      message_size: {{every: 1s, topics: [order_created]}}
      consumer_delay: {{every: 1s, stall: 3s, topics: {{order_created: [order-service]}}}}
channels:
  ops: {{kind: dingtalk, token: {TOKEN}, secret: {SECRET}, endpoint: "{origin}/robot/send"}}
alerts: {{every: 1s, routes: [{{to: [ops]}}]}}
web: {{listen: "127.0.0.1:{port}"}}
language: en
"""


class Sidecar:
    """`order-health run` over a queue, and what its room was told."""

    def __init__(self, folder: Path, queue: str) -> None:
        self.port = free_port()
        self.room = rooms(lambda: datetime.now(UTC), dingtalk_token=SECRETS["TOKEN"], dingtalk_secret=SECRETS["SECRET"])
        self.street = Server(self.room.app(), "127.0.0.1:0")
        self.street.start()
        shop = on_sqlite(folder)
        shop.close()
        place = {"database": shop.url, "queue": queue, "origin": f"http://127.0.0.1:{self.street.port}"}
        (folder / "config.yaml").write_text(CONFIG.format(**SECRETS, **place, port=self.port), encoding="utf-8")
        self.log = (folder / "log").open("w+", encoding="utf-8")
        words = [sys.executable, "-m", "exporter", "run", "--config.file", str(folder / "config.yaml")]
        self.process = subprocess.Popen(words, stdout=self.log, stderr=self.log)

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.street.stop()
        self.log.close()

    def metric(self, series: str) -> float | None:
        with contextlib.suppress(OSError):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as page:
                text = page.read().decode()
            if found := re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE):
                return float(found[1])
        return None

    def cards(self, word: str) -> list[str]:
        told = (json.dumps(message.body, ensure_ascii=False) for message in list(self.room.dingtalk.messages))
        return [text for text in told if word in text]

    def memory(self, kind: str) -> int:
        """Bytes; VmRSS: now, VmHWM: the most so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(re.search(rf"{kind}:\s+(\d+) kB", status)[1]) * 1024


@pytest.fixture
def client(redis):
    with redis.client() as client:
        yield client


@pytest.fixture
def sidecar(redis, client, tmp_path):
    for number in range(200):
        client.xadd(STREAM, {"order_no": f"OH{number:08d}", "body": json.dumps({"items": [{"sku": "SKU-1"}]})})
    client.xgroup_create(STREAM, GROUP, 0)
    running = Sidecar(tmp_path, redis.url)
    try:
        eventually(lambda: running.metric(COUNT) == 200)
        yield running
    finally:
        running.close()


COUNT = 'order_health_message_bytes_count{queue="orders",shop="main",topic="order_created"}'
DELAY = 'order_health_consumer_delay_seconds{group="order-service",queue="orders",shop="main",topic="order_created"}'


def test_a_picture_of_12_mb_is_named_within_5_seconds_and_in_16_mib(sidecar, client, redis):
    time.sleep(2)  # every part of the sidecar has run
    picture = base64.b64encode(b"\xff\xd8\xff\xe0" + os.urandom(9 * MB - 4)).decode()
    body = json.dumps({"order_no": "OH00000200", "items": [{"sku": "SKU-1"}, {"sku": "SKU-2", "picture": picture}]})
    before, at_rest = redis.digest(), sidecar.memory("VmRSS")
    id_ = client.xadd(STREAM, {"order_no": "OH00000200", "body": body}).decode()
    sent, changed = time.monotonic(), redis.digest()
    [card] = eventually(lambda: sidecar.cards("over 1 MB"), 10)
    assert time.monotonic() - sent <= 5
    assert sidecar.memory("VmHWM") - at_rest <= 16 * MB
    for text in ("Base64 picture (JPEG)", "$.body.items［＊］.picture", "12 MB", id_):
        assert text in card
    assert picture[:64] not in card
    assert redis.digest() == changed != before
    assert {"xreadgroup", "xack", "xread", "xautoclaim", "xclaim"} & redis.commands() == set()


def test_a_group_that_stops_consuming_is_told_while_nothing_fails(sidecar, client):
    def consume(count):
        for _, entries in client.xreadgroup(GROUP, "worker-1", {STREAM: ">"}, count=count):
            client.xack(STREAM, GROUP, *(id_ for id_, _ in entries))

    for _ in range(5):
        consume(10)
        time.sleep(1)
    assert sidecar.cards("has consumed nothing") == []
    assert sidecar.metric(DELAY) > 4
    [card] = eventually(lambda: sidecar.cards("has consumed nothing"), 15)
    assert "order-service" in card
    consume(200)
    assert eventually(lambda: sidecar.cards("Resolved: order-service has consumed nothing"), 10)
    assert sidecar.metric(DELAY) == 0
