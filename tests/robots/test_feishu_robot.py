import base64
import hashlib
import hmac
import json

import pytest

from exporter.demo.feishu import FeishuRobot
from exporter.demo.robot import Post
from tests.robots.serving import FEISHU_SECRET as SECRET
from tests.robots.serving import FEISHU_TOKEN as TOKEN
from tests.robots.serving import Clock

TEXT = {"msg_type": "text", "content": {"text": "hello"}}
HEADER = {"template": "red", "title": {"tag": "plain_text", "content": "t"}}


def post(
    clock, body=TEXT, *, robot=None, token=TOKEN, method="POST", kind="application/json", signed_at=None, raw=None
):
    robot = robot or FeishuRobot(TOKEN, SECRET)
    stamp = str(int((signed_at or clock.at).timestamp()))
    sign = base64.b64encode(hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()).decode()
    raw = json.dumps({"timestamp": stamp, "sign": sign, **body}).encode() if raw is None else raw
    return robot.hear(Post(clock.at, method, {"token": token}, kind, raw))["code"]


def card(*elements, **fields):
    return {"msg_type": "interactive", "card": {"header": HEADER, "elements": list(elements), **fields}}


def said(text):
    return {"tag": "div", "text": {"tag": "lark_md", "content": text}}


@pytest.fixture
def clock():
    return Clock()


def test_who_knocks_is_asked_first(clock):
    assert post(clock, method="GET") == 9499
    assert post(clock, token="other") == 19001
    assert post(clock, kind="text/plain") == 9499


def test_a_signature_is_good_for_one_hour(clock):
    signed = clock.at
    clock.forward(minutes=59)
    assert post(clock, signed_at=signed) == 0
    clock.forward(minutes=2)
    assert post(clock, signed_at=signed) == 19021


def test_a_signature_made_as_dingtalk_wants_it_does_not_match(clock):
    stamp = str(int(clock.at.timestamp()))
    wrong = base64.b64encode(hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()).decode()
    assert post(clock, {**TEXT, "sign": wrong}) == 19021
    assert post(clock, {**TEXT, "timestamp": stamp + "000"}) == 19021


def test_the_keyword_must_stand_in_the_message(clock):
    robot = FeishuRobot(TOKEN, None, ("订单",))
    assert post(clock, robot=robot) == 19024
    assert post(clock, card(said("订单")), robot=robot) == 0


def test_the_body_may_have_20_kb(clock):
    def text(size):
        return json.dumps({"msg_type": "text", "content": {"text": "x" * (size - 49)}}).encode().ljust(size)

    robot = FeishuRobot(TOKEN)
    assert post(clock, raw=text(20_000), robot=robot) == 0
    assert post(clock, raw=text(20_001), robot=robot) == 19036


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"msg_type": "post"},
        {"msg_type": "text", "content": {"text": " "}},
        {"msg_type": "interactive"},
        card(),
        card(said("")),
        card({"tag": "markdown", "content": "x"}),
        card({"tag": "div"}),
        card({"tag": "div", "fields": [{"text": {"tag": "lark_md", "content": "x"}}]}),
        card({"tag": "action", "actions": []}),
        card({"tag": "action", "actions": [{"tag": "button", "text": HEADER["title"], "type": "primary", "url": "x"}]}),
        card(said("x"), header={"template": "pink", "title": HEADER["title"]}),
        card(said("x"), header={"template": "red", "title": {"tag": "lark_md", "content": "t"}}),
        card(said("x"), schema="2.0"),
        card(said("<at id=ou_1>li</at>")),
        card(said('<at user_id="ou_1"></at>')),
    ],
)
def test_fields_are_demanded(clock, body):
    assert post(clock, body) == 9499


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 10_000])
def test_what_is_no_json_object_is_refused(clock, raw):
    assert post(clock, raw=raw) == 9499


def test_the_sixth_message_of_a_second_is_refused_and_the_101st_of_a_minute(clock):
    robot = FeishuRobot(TOKEN, SECRET)
    assert [post(clock, robot=robot) for _ in range(6)] == [0] * 5 + [11232]
    clock.forward(seconds=0.6)
    for _ in range(95):
        clock.forward(seconds=0.5)
        assert post(clock, robot=robot) == 0
    clock.forward(seconds=0.5)
    assert post(clock, robot=robot) == 11232


def test_cards_and_texts_call_people(clock):
    robot = FeishuRobot(TOKEN, SECRET)
    post(clock, card(said("look <at id=ou_1></at> <at id=all></at>")), robot=robot)
    post(clock, {"msg_type": "text", "content": {"text": '<at user_id="ou_1">li</at>'}}, robot=robot)
    assert [message.called for message in robot.messages] == [("ou_1", "all"), ("ou_1",)]
