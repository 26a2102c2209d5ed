import base64
import hashlib
import hmac
import json
from urllib.parse import quote

import pytest

from exporter.demo.dingtalk import DingTalkRobot
from exporter.demo.robot import Post
from tests.robots.serving import SECRET, TOKEN, Clock

TEXT = {"msgtype": "text", "text": {"content": "hello"}}


def post(
    clock, body=TEXT, *, robot=None, token=TOKEN, method="POST", kind="application/json", signed_at=None, raw=None
):
    robot = robot or DingTalkRobot(TOKEN, SECRET)
    stamp = str(int((signed_at or clock.at).timestamp() * 1000))
    sign = base64.b64encode(hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()).decode()
    query = {"access_token": token, "timestamp": stamp, "sign": sign}
    raw = json.dumps(body).encode() if raw is None else raw
    return robot.hear(Post(clock.at, method, query, kind, raw))["errcode"]


@pytest.fixture
def clock():
    return Clock()


def test_a_signed_text_is_shown_and_unicode_escapes_are_understood(clock):
    robot = DingTalkRobot(TOKEN, SECRET)
    assert post(clock, raw=rb'{"msgtype":"text","text":{"content":"\u8ba2\u5355"}}', robot=robot) == 0
    assert robot.messages[0].body["text"]["content"] == "订单"


def test_who_knocks_is_asked_first(clock):
    assert post(clock, method="GET") == 43002
    assert post(clock, token="") == 40035
    assert post(clock, token="other") == 300005
    assert post(clock, kind="text/plain") == 43004


def test_a_signature_is_good_for_one_hour(clock):
    signed = clock.at
    clock.forward(minutes=59)
    assert post(clock, signed_at=signed) == 0
    clock.forward(minutes=2)
    assert post(clock, signed_at=signed) == 310000


def test_a_signature_that_was_encoded_twice_does_not_match(served):
    clock = served.clock
    stamp = str(int(clock.at.timestamp() * 1000))
    sign = base64.b64encode(hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()).decode()
    answers = [
        served.session.post(
            f"{served.url}/robot/send?access_token={TOKEN}&timestamp={stamp}&sign={written}", json=TEXT, timeout=10
        ).json()
        for written in (quote(sign, safe=""), quote(quote(sign, safe=""), safe=""))
    ]
    assert [answer["errcode"] for answer in answers] == [0, 310000]
    assert "签名不匹配" in answers[1]["errmsg"]


def test_the_keyword_must_stand_in_the_message(clock):
    robot = DingTalkRobot(TOKEN, SECRET, ("订单",))
    assert post(clock, robot=robot) == 310000
    assert robot.refusals[0].errmsg == "keywords not in content"
    assert post(clock, {"msgtype": "text", "text": {"content": "订单"}}, robot=robot) == 0


def test_the_body_may_have_20000_bytes_and_not_one_more(clock):
    def text(size):
        return json.dumps({"msgtype": "text", "text": {"content": "x" * (size - 44)}}).encode().ljust(size)

    assert len(text(20_000)) == 20_000
    assert post(clock, raw=text(20_000)) == 0
    assert post(clock, raw=text(20_001)) == 460101


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({}, 400105),
        ({"msgtype": "card"}, 400105),
        ({"msgtype": "text", "text": {"content": " "}}, 40035),
        ({"msgtype": "markdown", "markdown": {"text": "no title"}}, 40035),
        ({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "x"}}, 40035),
        (
            {
                "msgtype": "actionCard",
                "actionCard": {"title": "t", "text": "x", "btns": [{"title": "b", "actionURL": "javascript:1"}]},
            },
            430101,
        ),
        ({**TEXT, "at": {"atMobiles": ["13800000000"]}}, 40035),
        ({**TEXT, "at": {"atMobiles": "13800000000"}}, 40035),
        ({**TEXT, "at": "all"}, 40035),
    ],
)
def test_fields_are_demanded(clock, body, errcode):
    assert post(clock, body) == errcode


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 100_00])
def test_what_is_no_json_object_is_refused(clock, raw):
    assert post(clock, raw=raw) == 40035


def test_after_20_messages_in_a_minute_everything_is_refused_for_ten(clock):
    robot = DingTalkRobot(TOKEN, SECRET)
    assert [post(clock, robot=robot) for _ in range(21)] == [0] * 20 + [130101]
    clock.forward(minutes=9, seconds=59)
    assert post(clock, robot=robot) == 130101
    clock.forward(seconds=1)
    assert post(clock, robot=robot) == 0


def test_20_messages_a_minute_for_ever_are_welcome(clock):
    robot = DingTalkRobot(TOKEN, SECRET)
    for _ in range(100):
        assert post(clock, robot=robot) == 0
        clock.forward(seconds=3)


def test_people_are_called_by_a_text_and_not_by_a_card(clock):
    robot = DingTalkRobot(TOKEN, SECRET)
    at = {"atMobiles": ["13800000000"], "atUserIds": ["li"], "isAtAll": False}
    said = "@13800000000 @li look"
    card = {"title": "t", "text": said, "btns": [{"title": "b", "actionURL": "https://a.example/"}]}
    assert post(clock, {"msgtype": "text", "text": {"content": said}, "at": at}, robot=robot) == 0
    assert post(clock, {"msgtype": "actionCard", "actionCard": card, "at": at}, robot=robot) == 0
    assert [message.called for message in robot.messages] == [("13800000000", "li"), ()]
