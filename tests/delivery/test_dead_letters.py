"""A robot that refuses every card, and cards that were given up, are themselves told: in another room."""

from __future__ import annotations

import json
import time

import pytest

from exporter import cards
from exporter.__main__ import main
from exporter.config import load
from exporter.delivery import Sender
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Reading
from exporter.probes import known
from exporter.probes.negative_stock import tell
from exporter.rules import Rulebook
from tests.delivery.rooms import a_card
from tests.robots.serving import KEY, SECRET, TOKEN, serve

CONFIG = """\
shops: {{main: {{database: "sqlite:///shop.db", tables: plain, probes: {{negative_stock: {{}}}}}}}}
channels:
  ops: {{kind: dingtalk, token: {token}, secret: {secret}, endpoint: "{url}/robot/send", overflow: {overflow}}}
  duty: {{kind: wecom, key: {key}, endpoint: "{url}/cgi-bin/webhook/send"}}
alerts: {{routes: [{{to: [ops]}}]}}
web: {{external_url: http://oh.example.com}}
state: sqlite:///state.db
"""


class Sidecar:
    """Judge and sender over one state, and the rooms they lead to; probes and time are the test's."""

    def __init__(self, folder, served, state, clock, overflow=""):
        self.folder, self.served, self.state, self.clock, self.overflow = folder, served, state, clock, overflow
        served.rooms.now = clock
        self.ops, self.duty = served.rooms.dingtalk, served.rooms.wecom
        self.exposition = Exposition()
        config = self.config("void")
        self.sender = Sender(state, config.channels, now=clock, merge=cards.digest)
        bench = Bench(Rulebook.load(config.rule_files()), config)
        self.judge = Judge(bench, state, self.exposition.series, self.sender.wake)
        self.sender.start()

    def config(self, token):
        file = self.folder / "config.yaml"
        text = CONFIG.format(url=self.served.url, token=token, secret=SECRET, key=KEY, overflow=self.overflow or '""')
        file.write_text(text, encoding="utf-8")
        return load(file)

    def sit(self, skus=0):
        reading = Reading("negative_stock", "main", self.clock(), 0.1, (tell.SKUS(skus, warehouse="a"),))
        self.exposition.put(reading, known()["negative_stock"]().thresholds())
        self.exposition.own(self.sender.samples())
        self.judge.sit(self.clock())

    def until(self, condition, skus=0):
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end, (said(self.ops), said(self.duty))
            self.sit(skus)
            time.sleep(0.05)

    def room(self, name):
        return next(each for each in self.sender.rooms() if each.name == name)


def said(robot):
    return [json.dumps(each.body, ensure_ascii=False) for each in robot.messages]


@pytest.fixture
def sidecar(tmp_path, state, clock):
    with serve() as served:
        opened = Sidecar(tmp_path, served, state, clock)
        yield opened
        opened.sender.stop()


@pytest.fixture
def spilling(tmp_path, state, clock):
    with serve() as served:
        opened = Sidecar(tmp_path, served, state, clock, overflow="duty")
        yield opened
        opened.sender.stop()


def test_a_void_token_is_told_in_the_other_room_and_so_is_that_it_was_mended(sidecar):
    sidecar.sit()
    sidecar.until(lambda: sidecar.duty.messages, skus=1)
    [told] = said(sidecar.duty)
    assert "通道 ops 拒收一切卡片" in told
    assert "令牌或密钥无效" in told
    assert '"emphasis_content": {"title": "1", "desc": "张卡片"}' in told
    assert sidecar.ops.messages == []
    assert sidecar.room("ops").refusal.cause == "token"
    sidecar.sender.update(sidecar.config(TOKEN).channels)
    sidecar.until(lambda: len(sidecar.duty.messages) == 2, skus=1)
    assert "已恢复：通道 ops 拒收一切卡片" in said(sidecar.duty)[1]
    sidecar.until(lambda: sidecar.ops.messages, skus=1)
    assert "库存" in said(sidecar.ops)[0]
    assert sidecar.room("ops").refusal is None


def test_a_robot_that_refuses_every_card_is_no_news_after_a_restart(sidecar, state, clock):
    sidecar.sit()
    sidecar.until(lambda: sidecar.duty.messages, skus=1)
    sidecar.sender.stop()
    sidecar.sender = Sender(state, sidecar.config("void").channels, now=clock, merge=cards.digest)
    bench = Bench(Rulebook.load(sidecar.config("void").rule_files()), sidecar.config("void"))
    sidecar.judge = Judge(bench, state, sidecar.exposition.series, sidecar.sender.wake)
    sidecar.sender.start()
    for _ in range(3):
        sidecar.sit(1)
    assert [each.rule for each in sidecar.judge.active() if each.labels.get("channel")] == ["ChannelRefused"]
    assert len(sidecar.duty.messages) == 1


def test_what_a_robot_refuses_for_good_goes_to_its_overflow(spilling):
    spilling.sit()
    spilling.until(lambda: len(spilling.duty.messages) == 2, skus=1)
    assert any("库存" in each for each in said(spilling.duty))
    assert any("通道 ops 拒收一切卡片" in each for each in said(spilling.duty))
    assert len(spilling.ops.refusals) == 1


def test_what_was_given_up_is_an_alert_in_the_other_room_until_it_is_thrown_away(sidecar, state, clock, capfd):
    sidecar.sit()
    state.commit({}, [("ops", a_card("too late"))], clock())
    clock.pass_by(86401)
    sidecar.sender.wake()
    sidecar.until(lambda: any("放弃了 1 张卡片" in each for each in said(sidecar.duty)))
    assert "一天内未能送达" in said(sidecar.duty)[-1]
    assert (sidecar.room("ops").dead, sidecar.room("ops").dead_letters) == (1, ("too late",))
    file = str(sidecar.folder / "config.yaml")
    assert main(["card", "--config.file", file, "--dead"]) == 0
    assert "ops [age] too late" in capfd.readouterr().out
    assert main(["card", "--config.file", file, "--dead", "--channel", "ops", "--discard"]) == 0
    clock.pass_by(31)
    sidecar.sender.wake()
    sidecar.until(lambda: any("已恢复：通道 ops 放弃了" in each for each in said(sidecar.duty)))
    assert state.dead() == []


def test_what_was_given_up_is_sent_again_when_a_person_says_so(sidecar, state, clock):
    state.commit({}, [("ops", a_card("too late"))], clock())
    clock.pass_by(86401)
    sidecar.sender.wake()
    sidecar.until(state.dead)
    sidecar.sender.update(sidecar.config(TOKEN).channels)
    assert state.resend("ops", clock().timestamp()) == 1
    sidecar.sender.wake()
    sidecar.until(lambda: any("too late" in each for each in said(sidecar.ops)))
    assert state.dead() == []


def test_the_command_puts_what_was_given_up_back_into_the_outbox(sidecar, state, clock, capfd):
    sidecar.sender.stop()
    state.commit({}, [("duty", a_card("a")), ("ops", a_card("b"))], clock())
    for channel in ("duty", "ops"):
        assert state.expire(channel, clock().timestamp() + 1, clock().timestamp()) == 1
    file = str(sidecar.folder / "config.yaml")
    assert main(["card", "--config.file", file, "--dead", "--channel", "duty", "--resend"]) == 0
    assert "1 cards leave within a minute" in capfd.readouterr().out
    assert ([each.channel for each in state.dead()], list(state.waiting())) == (["ops"], ["duty"])


def test_to_resend_without_a_list_is_a_mistake(sidecar, capfd):
    assert main(["card", "--config.file", str(sidecar.folder / "config.yaml"), "--resend"]) == 2
    assert "add --dead" in capfd.readouterr().err
