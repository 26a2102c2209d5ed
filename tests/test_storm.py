"""Five hundred alerts at once, through the judge, the outbox and both strict robots."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta

import pytest

from exporter import cards
from exporter.config import load
from exporter.delivery import Sender
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Case, Reading
from exporter.probes import known
from exporter.probes.negative_stock import tell
from exporter.rules import Rulebook
from exporter.state import State
from tests.robots.serving import KEY, SECRET, TOKEN, serve

COUNT, CRITICAL = 500, 40
CONFIG = """\
shops: {{main: {{database: "sqlite:///shop.db", tables: plain, probes: {{negative_stock: {{}}}}}}}}
channels:
  ops: {{kind: dingtalk, token: {token}, secret: {secret}, endpoint: "{url}/robot/send"}}
  duty: {{kind: wecom, key: {key}, endpoint: "{url}/cgi-bin/webhook/send"}}
alerts:
  rules: storm.yml
  routes: [{{to: [ops, duty], group_by: {by}, mention: {{critical: ["13800000000"]}}}}]
web: {{external_url: http://oh.example.com}}
"""
RULES = """\
groups:
  - name: storm
    rules:
      - {alert: Worst, expr: 'order_health_negative_stock_skus{warehouse=~"c.*"} > 0', labels: {severity: critical}}
      - {alert: Bad, expr: 'order_health_negative_stock_skus{warehouse=~"w.*"} > 0', labels: {severity: warning}}
"""


class Storm:
    def __init__(self, folder, served, by):
        (folder / "storm.yml").write_text(RULES)
        file = folder / "config.yaml"
        file.write_text(CONFIG.format(url=served.url, token=TOKEN, secret=SECRET, key=KEY, by=by))
        config = load(file)
        self.started, self.ahead = datetime.now(UTC), timedelta()
        served.rooms.now = self.now
        self.rooms, self.exposition, self.state = (
            served.rooms.robots()[:2],
            Exposition(),
            State(f"sqlite:///{folder}/s.db"),
        )
        self.sender = Sender(self.state, config.channels, now=self.now, merge=cards.digest)
        bench = Bench(Rulebook.load(config.rule_files()), config)
        self.judge = Judge(bench, self.state, self.exposition.series, self.sender.wake)
        self.sender.start()

    def now(self):
        return datetime.now(UTC) + self.ahead

    def reads(self, value):
        names = [f"c{n}" for n in range(CRITICAL)] + [f"w{n}" for n in range(COUNT - CRITICAL)]
        samples = [tell.SKUS(value, warehouse=name, evidence=(Case(f"SKU-{name}"),) * value) for name in names]
        reading = Reading("negative_stock", "main", self.now(), 0.1, tuple(samples))
        self.exposition.put(reading, known()["negative_stock"]().thresholds())
        self.judge.sit(self.now())

    def until_told(self):
        end = time.monotonic() + 60
        while self.state.waiting():
            assert time.monotonic() < end, self.state.waiting()
            self.ahead += timedelta(seconds=1)
            self.sender.wake()
            time.sleep(0.02)

    def close(self):
        self.sender.stop()
        self.state.close()


def counted(messages):
    """How many alerts these messages tell of; the short texts that call somebody say it once more."""
    told = [json.dumps(each.body, ensure_ascii=False) for each in messages if each.body["msgtype"] != "text"]
    return sum(int(re.search(r"(?:🔴|🟠|🟢|🟢 已恢复：) ?(?:已恢复：)?(\d+) 条告警", text)[1]) for text in told)


@pytest.fixture(params=["[shop, alertname]", '["..."]'], ids=["grouped", "each on its own"])
def storm(tmp_path, request):
    with serve() as served:
        opened = Storm(tmp_path, served, request.param)
        yield opened
        opened.close()


def test_five_hundred_alerts_at_once_are_all_counted_in_three_messages_and_so_is_their_end(storm):
    storm.reads(0)
    began = storm.now()
    storm.reads(1)
    storm.until_told()
    for room in storm.rooms:
        first = [each for each in room.messages if each.at - began < timedelta(minutes=1)]
        print(f"{room.NAME}: {len(first)} messages in the first minute, {counted(first)} alerts counted")  # noqa: T201 - the figures
        assert len(first) <= 3
        assert counted(first) == COUNT
        assert room.refusals == []
    told = [len(room.messages) for room in storm.rooms]
    storm.ahead += timedelta(minutes=2)
    storm.reads(0)
    storm.until_told()
    for room, before in zip(storm.rooms, told, strict=True):
        assert room.refusals == []
        assert counted(room.messages[before:]) == COUNT
        assert len(room.messages) - before <= 3
        assert not any(each.called for each in room.messages[before:])
