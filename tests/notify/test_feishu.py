import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr, ValidationError

from exporter.delivery.pace import Pace
from exporter.demo.feishu import FeishuRobot
from exporter.demo.robot import Post
from exporter.model import Fact, Link
from exporter.notify.feishu import Feishu, signature
from tests.notify.cards import CRITICAL, ORDER, any_card
from tests.robots.serving import FEISHU_SECRET, FEISHU_TOKEN

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
CHANNEL = Feishu(token="t", secret="s", keyword="订单健康")
CALLED = replace(CRITICAL, mention=("ou_18eac8", "13800000000", "@all"))


@pytest.fixture
def channel(served):
    return Feishu(token=FEISHU_TOKEN, secret=FEISHU_SECRET, endpoint=f"{served.url}/open-apis/bot/v2/hook")


def body(card, channel=CHANNEL):
    [message] = channel.messages(card, NOW)
    return json.loads(message.data)


def receipt(answer, status=200):
    response = requests.Response()
    response.status_code = status
    response._content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return Feishu(token=FEISHU_TOKEN, secret=FEISHU_SECRET).receipt(response)


def test_the_signature_has_the_secret_in_its_key_and_seconds():
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    assert signature(SecretStr("this is secret"), "1700000000") == "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY="
    [message] = Feishu(token="t", secret="this is secret").messages(CRITICAL, at)
    assert message.url == "https://open.feishu.cn/open-apis/bot/v2/hook/t"
    sent = json.loads(message.data)
    assert (sent["timestamp"], sent["sign"]) == ("1700000000", "OfGzRzoUICBOoc8wVra1e4A1hPfbZ9zqXozA8CWVUuY=")


def test_every_attempt_is_signed_anew(served, channel):
    [old] = channel.messages(CRITICAL, served.clock.at)
    served.clock.forward(hours=2)
    refused = channel.receipt(served.send(old))
    assert (refused.accepted, refused.outcome) == (False, "permanent")
    assert "clock" in refused.detail
    assert channel.receipt(served.send(channel.messages(CRITICAL, served.clock.at)[0])).accepted


def test_without_a_secret_nothing_is_signed():
    assert "sign" not in body(CRITICAL, Feishu(token="t"))


def test_a_card_has_its_colour_columns_orders_and_buttons_and_calls_people_itself(served, channel):
    [message] = channel.messages(CALLED, served.clock.at)
    assert channel.receipt(served.send(message)).accepted
    [shown] = served.rooms.feishu.messages
    card = shown.body["card"]
    assert card["header"]["template"] == "red"
    assert card["header"]["title"]["content"] == CRITICAL.title
    news, facts, cases, called, buttons = card["elements"]
    assert news["text"]["content"] == CRITICAL.text
    assert [field["is_short"] for field in facts["fields"]] == [True] * 4
    assert facts["fields"][0]["text"]["content"] == "**开始**\n11-23 02:14"
    assert f"1. {ORDER} · ¥128.00 · 3小时" in cases["text"]["content"]
    assert called["text"]["content"] == "<at id=ou_18eac8></at> <at id=all></at>"
    assert [(each["text"]["content"], each["type"]) for each in buttons["actions"]] == [
        ("处理手册", "primary"),
        ("状态页", "default"),
    ]
    assert shown.called == ("ou_18eac8", "all")


@pytest.mark.parametrize(
    ("status", "severity", "colour"),
    [
        ("firing", "critical", "red"),
        ("firing", "warning", "orange"),
        ("firing", "info", "blue"),
        ("resolved", "critical", "green"),
        ("info", "critical", "blue"),
    ],
)
def test_the_header_has_the_colour_of_the_news(status, severity, colour):
    assert body(replace(CRITICAL, status=status, severity=severity))["card"]["header"]["template"] == colour


def test_a_long_value_has_a_row_of_its_own():
    [_, facts, *_] = body(replace(CRITICAL, facts=(Fact("路径", "$.body.items[*].picture.data"),)))["card"]["elements"]
    assert facts["fields"][0]["is_short"] is False


def test_text_of_the_shop_calls_nobody_and_opens_nothing():
    evil = '<at id=all></at> <at user_id="all">x</at> **b** [x](https://evil.example) :DONE: ![](img) </font>'
    card = replace(
        CRITICAL,
        title=evil,
        text=evil,
        number=evil,
        facts=(Fact(evil, evil),),
        cases=(evil,),
        mention=(evil, "<at id=all>"),
        links=(Link(evil, "https://o.example/"), Link("x", "javascript:alert(1)")),
    )
    for message in (*CHANNEL.messages(card, NOW), *CHANNEL.plain(card, NOW)):
        said = message.data.decode()
        assert "<" not in said
        assert "](" not in said
        assert ":DONE:" not in said
        assert "javascript" not in said


def test_the_keyword_stands_in_every_message():
    assert "监控" in json.dumps(body(CRITICAL, Feishu(token="t", keyword="监控")), ensure_ascii=False)
    [plain] = Feishu(token="t", keyword="监控").plain(CRITICAL, NOW)
    assert "监控" in plain.data.decode()


def test_lark_is_another_endpoint():
    lark = Feishu(token="t", endpoint="https://open.larksuite.com/open-apis/bot/v2/hook")
    assert lark.messages(CRITICAL, NOW)[0].url == "https://open.larksuite.com/open-apis/bot/v2/hook/t"


def test_it_keeps_the_pace_of_a_second_and_of_a_minute():
    pace = Pace.of(CHANNEL)
    assert (pace.per_minute, pace.merging) == (60, True)
    assert pace.share(critical=True).opens([100.0], 100.1) == pytest.approx(100.25)
    assert pace.share(critical=False).opens([], 100.1) == 100.1


@pytest.mark.parametrize(
    "answer",
    [
        {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
        {"Extra": None, "StatusCode": 0, "StatusMessage": "success"},
        {"code": 0, "msg": "success", "data": {}},
    ],
)
def test_both_forms_of_success_are_known(answer):
    assert receipt(answer).accepted


@pytest.mark.parametrize(
    ("code", "msg", "outcome", "again_in"),
    [
        (9499, "Bad Request", "content", 0),
        (9499, "too many request", "wait", 60),
        (11232, "frequency limited", "wait", 60),
        (19001, "param invalid: incoming webhook access token invalid", "permanent", None),
        (19021, "sign match fail or timestamp is not within one hour", "permanent", None),
        (19022, "Ip Not Allowed", "permanent", None),
        (19024, "Key Words Not Found", "permanent", None),
        (19036, "exceeds the size limit of 30KB", "split", 0),
        (12345, "never seen", "retry", 120),
    ],
)
def test_every_code_has_its_consequence(code, msg, outcome, again_in):
    found = receipt({"code": code, "msg": msg, "data": {}})
    assert (found.accepted, found.outcome, found.again_in) == (False, outcome, again_in)
    assert str(code) in found.detail


def test_http_400_with_a_code_is_judged_by_the_code():
    assert receipt({"code": 9499, "msg": "too many request"}, 400).outcome == "wait"


@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"null", {"status": "ok"}, {"code": "zero"}, {"code": None}])
def test_an_odd_answer_is_never_a_yes(answer):
    assert not receipt(answer).accepted


def test_secrets_stand_nowhere_but_in_the_request():
    channel = Feishu(token=FEISHU_TOKEN, secret=FEISHU_SECRET)
    said = receipt({"code": 19001, "msg": f"hook {FEISHU_TOKEN} from ip: 203.0.113.7"}).detail
    url = channel.messages(CRITICAL, NOW)[0].prepare().url
    for text in (repr(channel), said, channel.mask(f"Max retries exceeded with url: {urlsplit(url).path}")):
        assert "canary" not in text
        assert "203.0.113.7" not in text


def test_a_whole_address_as_token_is_refused_without_repeating_it():
    with pytest.raises(ValidationError, match="only what follows /hook/") as fault:
        Feishu(token="https://open.feishu.cn/open-apis/bot/v2/hook/hook-canary-6")
    assert "canary" not in str(fault.value)


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(any_card)
def test_the_strict_robot_takes_any_card(card):
    robot = FeishuRobot("t", "s", ("订单健康",))
    [message], [plain] = CHANNEL.messages(card, NOW), CHANNEL.plain(card, NOW)
    for sent in (message, plain):
        query = {"token": sent.url.rsplit("/", 1)[1]}
        told = robot.hear(Post(NOW, sent.method, query, sent.headers["Content-Type"], sent.data))
        assert told["code"] == 0, told
    assert "://" not in plain.data.decode()
