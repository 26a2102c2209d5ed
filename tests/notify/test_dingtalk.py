import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests
from pydantic import SecretStr, ValidationError

from exporter.model import Link
from exporter.notify.dingtalk import DingTalk, signature
from tests.notify.cards import CRITICAL, ORDER
from tests.robots.serving import SECRET, TOKEN

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)


@pytest.fixture
def channel(served):
    return DingTalk(token=TOKEN, secret=SECRET, endpoint=f"{served.url}/robot/send")


def answer(body, status=200):
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return response


def receipt(body, status=200):
    return DingTalk(token=TOKEN, secret=SECRET).receipt(answer(body, status))


def test_the_signature_is_the_documented_one_and_is_encoded_once():
    at = datetime.fromtimestamp(1_700_000_000, UTC)
    assert signature(SecretStr("this is secret"), "1700000000000") == "sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0="
    url = DingTalk(token="t", secret="this is secret").messages(CRITICAL, at)[0].prepare().url
    assert url == (
        "https://oapi.dingtalk.com/robot/send?access_token=t&timestamp=1700000000000"
        "&sign=sSFWELbV2YwjdDQhWZwTcWlX5BWUx5J6TPpsZmuPii0%3D"
    )


def test_every_attempt_is_signed_anew(served, channel):
    written = channel.messages(CRITICAL, served.clock.at)
    served.clock.forward(hours=2)
    old = channel.receipt(served.send(written[0]))
    assert (old.accepted, old.outcome) == (False, "permanent")
    assert "set this machine's clock" in old.detail
    assert channel.receipt(served.send(channel.messages(CRITICAL, served.clock.at)[0])).accepted


def test_without_a_secret_nothing_is_signed():
    assert DingTalk(token="t").messages(CRITICAL, NOW)[0].prepare().url.endswith("?access_token=t")


def test_a_card_has_its_buttons_and_a_text_calls_the_people(served, channel):
    for message in channel.messages(CRITICAL, served.clock.at):
        assert channel.receipt(served.send(message)).accepted
    card, call = served.rooms.dingtalk.messages
    assert [button["title"] for button in card.body["actionCard"]["btns"]] == ["处理手册", "状态页"]
    assert f"1. {ORDER} · ¥128.00 · 3小时" in card.body["actionCard"]["text"]
    assert call.body["text"]["content"] == f"@13800000000\n{CRITICAL.title}"
    assert call.body["at"]["atMobiles"] == ["13800000000"]
    assert call.called == ("13800000000",)


def test_nobody_is_called_without_need():
    assert len(DingTalk(token="t").messages(replace(CRITICAL, mention=()), NOW)) == 1


def test_user_ids_foreign_numbers_and_everybody_can_be_called():
    call = DingTalk(token="t").messages(replace(CRITICAL, mention=("li", "+852-12345678", "@all")), NOW)[1]
    body = json.loads(call.data)
    assert body["at"] == {"atMobiles": ["+852-12345678"], "atUserIds": ["li"], "isAtAll": True}
    assert "@+852-12345678 @li" in body["text"]["content"]


def test_the_body_is_raw_utf8():
    data = DingTalk(token="t").messages(CRITICAL, NOW)[0].data
    assert "笔订单".encode() in data
    assert b"\\u" not in data


def test_without_links_it_is_markdown_and_a_keyword_is_added_where_it_is_missing():
    channel = DingTalk(token="t", keyword="监控")
    body = json.loads(channel.messages(replace(CRITICAL, links=()), NOW)[0].data)
    assert body["markdown"]["text"].endswith("\n\n监控")
    assert json.loads(channel.messages(CRITICAL, NOW)[1].data)["text"]["content"].endswith("\n监控")
    assert "订单订单" not in DingTalk(token="t", keyword="订单").messages(CRITICAL, NOW)[0].data.decode()


def test_links_that_no_phone_can_open_become_no_buttons():
    bad = replace(
        CRITICAL, links=(Link("a", "docs/x.md"), Link("b", "https://o.example/a b"), Link("c", "javascript:1"))
    )
    assert json.loads(DingTalk(token="t").messages(bad, NOW)[0].data)["msgtype"] == "markdown"


def test_http_200_is_not_yet_a_yes():
    assert receipt({"errcode": 0, "errmsg": "ok"}).accepted
    assert receipt({"errcode": "0", "errmsg": "ok"}).accepted
    assert not receipt({"errcode": 310000, "errmsg": "sign not match"}).accepted


@pytest.mark.parametrize(
    ("errcode", "outcome", "again_in"),
    [
        (-1, "retry", 10),
        (130101, "wait", 600),
        (410100, "wait", 600),
        (90030, "wait", 3600),
        (300001, "permanent", None),
        (300005, "permanent", 300),
        (400101, "permanent", None),
        (400013, "permanent", None),
        (400102, "permanent", None),
        (400106, "permanent", None),
        (40035, "content", 0),
        (43002, "permanent", None),
        (43004, "permanent", None),
        (400105, "content", 0),
        (430101, "content", 0),
        (430104, "content", 0),
        (460101, "split", 0),
        (101002, "split", 0),
        (999_999, "retry", 120),
    ],
)
def test_every_errcode_has_its_consequence(errcode, outcome, again_in):
    found = receipt({"errcode": errcode, "errmsg": "as it is"})
    assert (found.accepted, found.outcome, found.again_in) == (False, outcome, again_in)
    assert str(errcode) in found.detail
    assert "as it is" in found.detail


@pytest.mark.parametrize(
    ("errmsg", "remedy"),
    [
        ("keywords not in content", "as `keyword:`"),
        ("description:关键词不匹配;solution:x", "as `keyword:`"),
        ("invalid timestamp", "clock"),
        ("sign not match", "as `secret:`"),
        (
            "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中;link:x",
            "as `secret:`",
        ),
        ("ip 203.0.113.7 not in whitelist", "add it there"),
        ("something new", "security settings"),
    ],
)
def test_310000_names_its_cause_and_what_to_write(errmsg, remedy):
    found = receipt({"errcode": 310000, "errmsg": errmsg})
    assert found.outcome == "permanent"
    assert remedy in found.detail
    assert "203.0.113.7" not in found.detail


def test_an_answer_without_errcode_is_a_throttle_and_never_a_yes():
    found = receipt({"status": 1111, "wait": 5, "source": "x5", "punish": "deny"})
    assert (found.accepted, found.outcome, found.again_in) == (False, "wait", 60)


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b'"0"', b"\xff\xfe", b"[" * 100_000])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_what_is_not_the_robots_answer_is_tried_again(body, status):
    found = receipt(body, status)
    assert (found.accepted, found.outcome) == (False, "retry")
    assert "\n" not in found.detail


@pytest.mark.parametrize("code", [None, True, "", "zero", 1.5, [], {}, 10**30])
def test_an_odd_errcode_is_never_a_yes(code):
    assert not receipt({"errcode": code}).accepted


def test_a_yes_with_http_500_is_none():
    assert not receipt({"errcode": 0}, 500).accepted


def test_secrets_stand_nowhere_but_in_the_request():
    channel = DingTalk(token=TOKEN, secret=SECRET)
    said = channel.receipt(
        answer({"errcode": 300005, "errmsg": f"token {TOKEN} is not exist, from ip: 203.0.113.7"})
    ).detail
    url = channel.messages(CRITICAL, NOW)[0].prepare().url
    for text in (repr(channel), str(channel), said, channel.mask(f"Max retries exceeded with url: {url} {SECRET}")):
        assert TOKEN not in text
        assert SECRET not in text
        assert "203.0.113.7" not in text
    assert "sign=***" in channel.mask(url)


def test_a_faulty_section_does_not_repeat_the_secret():
    with pytest.raises(ValidationError) as fault:
        DingTalk(token=TOKEN, secret=SECRET, keywrod="x", endpoint=f"ftp://{SECRET}")
    assert TOKEN not in str(fault.value)
    assert SECRET not in str(fault.value)
