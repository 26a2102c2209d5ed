"""The sender with the real channels against the strict local robots of the rooms."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exporter import cards
from exporter.delivery import Sender
from exporter.model import Alert, Case, Flip
from exporter.notify.dingtalk import DingTalk
from exporter.notify.feishu import Feishu
from exporter.notify.wecom import WeCom
from tests.groups import told
from tests.robots.serving import FEISHU_SECRET as HOOK_SECRET
from tests.robots.serving import FEISHU_TOKEN as HOOK
from tests.robots.serving import KEY, SECRET, TOKEN, serve

FAULTS = ["html", "500", "nothing", "lost", "unknown", "throttle"]


def a_flip(number, severity="warning", *, at, status="firing"):
    labels = {"alertname": "OrdersPaidButPending", "severity": severity, "shop": "main", "pay_channel": f"p{number}"}
    said = {"summary": f"已付款仍待支付 {number}", "description": "回调已到,订单未动。"}
    alert = Alert(
        "OrdersPaidButPending", labels, status, at - timedelta(minutes=3), 7.0, said, (Case(f"A{number}", at),)
    )
    return Flip(alert, at)


class Both:
    """One sender with a DingTalk and a WeCom channel, and the rooms they lead to."""

    def __init__(self, served, state, clock, overflow=""):
        self.served, self.state, self.clock = served, state, clock
        self.rooms = served.rooms.robots()[:2]
        channels = {
            "ops": DingTalk(token=TOKEN, secret=SECRET, endpoint=f"{served.url}/robot/send", overflow=overflow),
            "duty": WeCom(key=KEY, endpoint=f"{served.url}/cgi-bin/webhook/send"),
            "team": Feishu(token=HOOK, secret=HOOK_SECRET, endpoint=f"{served.url}/open-apis/bot/v2/hook"),
        }
        self.sender = Sender(state, channels, now=clock, merge=cards.digest)
        self.sender.start()

    def tell(self, flips, to=("ops", "duty"), **more):
        written = [cards.write(told(flip), zone=ZoneInfo("Asia/Shanghai"), language="zh", **more) for flip in flips]
        self.state.commit({}, [(name, card) for name in to for card in written], self.clock())
        self.sender.wake()

    def until_told(self, seconds=30.0, ahead=0.0):
        end = time.monotonic() + seconds
        while self.state.waiting():
            assert time.monotonic() < end, f"still waiting: {self.state.waiting()}"
            if ahead:
                self.clock.pass_by(ahead)
                self.sender.wake()
            time.sleep(0.05)

    def texts(self):
        return [[json.dumps(message.body, ensure_ascii=False) for message in room.messages] for room in self.rooms]


@pytest.fixture
def both(state, clock):
    with serve() as served:
        served.rooms.now = clock
        opened = Both(served, state, clock)
        yield opened
        opened.sender.stop()


def test_a_card_stands_in_both_rooms_at_once(both):
    both.tell([a_flip(1, "critical", at=datetime.now(UTC))], mention=("13800000000",))
    both.until_told()
    for room, texts in zip(both.rooms, both.texts(), strict=True):
        assert room.refusals == []
        assert "已付款仍待支付 1" in texts[0]
        assert any("13800000000" in message.called for message in room.messages)


def test_five_hundred_alerts_at_once_are_all_counted_in_at_most_three_messages(both):
    now = datetime.now(UTC)
    both.tell([a_flip(number, at=now, status="resolved" if number % 5 else "firing") for number in range(500)])
    both.until_told()
    for room, texts in zip(both.rooms, both.texts(), strict=True):
        assert room.refusals == []
        assert 1 <= len(texts) <= 3
        assert "500" in texts[0]


def test_a_flood_that_trickles_never_meets_the_limit_of_a_strict_robot(both):
    for number in range(60):
        both.tell([a_flip(number, "critical" if number % 10 == 0 else "warning", at=both.clock())])
        both.clock.pass_by(1)
    both.until_told(ahead=1.0)
    assert [room.refusals for room in both.rooms] == [[], []]
    counted = {each.labels: each.value for each in both.sender.samples() if each.metric.name.endswith("cards_total")}
    assert counted["ops", "accepted"] == counted["duty", "accepted"] == 60


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_the_robots_do_the_card_arrives(both, fault):
    for room in both.rooms:
        room.faults.append(fault)
    both.tell([a_flip(1, at=both.clock())])
    both.until_told(60, ahead=5.0)
    for texts in both.texts():
        assert len(texts) == (2 if fault == "lost" else 1)
        assert "已付款仍待支付 1" in texts[-1]


def test_a_robot_that_throttles_loses_nothing(both):
    """Someone else used the robots up: both answer that they are throttled, for as long as they like."""
    now = both.clock()
    for room in both.rooms:
        room.paused_until = now + timedelta(minutes=10)
    both.tell([a_flip(number, at=now) for number in range(30)])
    both.until_told(60, ahead=30.0)
    for room in both.rooms:
        assert len(room.refusals) <= 12, "it knocked too often"
    assert all(any("30" in text for text in texts) for texts in both.texts())


@pytest.fixture
def spilling(state, clock):
    with serve() as served:
        served.rooms.now = clock
        opened = Both(served, state, clock, overflow="duty")
        yield opened
        opened.sender.stop()


def test_what_a_throttled_robot_cannot_send_goes_to_its_overflow_each_card_once(spilling):
    ding, wecom = spilling.rooms
    ding.paused_until = spilling.clock() + timedelta(minutes=10)
    spilling.tell([a_flip(number, at=spilling.clock()) for number in range(5)], to=("ops",))
    spilling.until_told()
    assert ding.messages == []
    assert len(wecom.messages) == 5
    counted = {
        each.labels: each.value for each in spilling.sender.samples() if each.metric.name.endswith("cards_total")
    }
    assert counted["ops", "overflowed"] == 5


def test_what_exceeds_a_robots_minute_goes_to_its_overflow_at_once(spilling):
    for number in range(12):
        spilling.tell([a_flip(number, at=spilling.clock())], to=("ops",))
        spilling.until_told()
    ding, wecom = spilling.rooms
    assert (len(ding.messages), len(wecom.messages)) == (11, 1)
    assert ding.refusals == wecom.refusals == []


def test_a_card_that_the_other_room_was_given_as_well_is_not_told_there_twice(spilling):
    ding, wecom = spilling.rooms
    ding.paused_until = spilling.clock() + timedelta(minutes=2)
    spilling.tell([a_flip(1, at=spilling.clock())])
    spilling.until_told(ahead=30.0)
    assert len(wecom.messages) == len(ding.messages) == 1


def test_twelve_cards_at_once_never_meet_feishus_limit_of_a_second(both):
    both.tell([a_flip(number, at=both.clock()) for number in range(12)], to=("team",))
    both.until_told()
    feishu = both.served.rooms.feishu
    assert (len(feishu.messages), feishu.refusals) == (12, [])


def test_a_storm_is_told_in_feishu_in_at_most_three_messages(both):
    both.tell([a_flip(number, at=both.clock()) for number in range(500)], to=("team",))
    both.until_told()
    feishu = both.served.rooms.feishu
    assert 1 <= len(feishu.messages) <= 3
    assert feishu.refusals == []
    assert "500" in json.dumps(feishu.messages[0].body, ensure_ascii=False)


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_feishus_robot_does_the_card_arrives(both, fault):
    feishu = both.served.rooms.feishu
    feishu.faults.append(fault)
    both.tell([a_flip(1, at=both.clock())], to=("team",))
    both.until_told(60, ahead=5.0)
    assert len(feishu.messages) == (2 if fault == "lost" else 1)
    assert "已付款仍待支付 1" in json.dumps(feishu.messages[-1].body, ensure_ascii=False)
