"""A card's button on a phone, and everything that must not press it."""

from __future__ import annotations

import base64
import http.client
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from exporter.silences import Terms
from exporter.silences.desk import MOST
from exporter.silences.tickets import issue
from exporter.state import StateFaultError
from exporter.web.access import Access
from tests.web.conftest import AT
from tests.web.silences.conftest import HOSTILE, LABELS
from tests.web.test_guard import access


def test_one_opens_the_link_gives_a_name_and_has_the_alert_for_an_hour(phone, links, view, standing):
    asked = phone.open(links[0])
    assert asked.status == 200
    assert "认领这条告警？" in asked.text
    assert "89 笔订单已付款仍待支付" in asked.text
    done = phone.press(links[0], by="张三")
    assert done.status == 200
    assert "已认领" in done.text
    assert standing() == [("acknowledgement", "张三")]
    [mute] = view.desk.muted(view.active, AT).values()
    assert (mute.why, mute.by, mute.until) == ("acknowledged", "张三", AT + timedelta(hours=1))


def test_the_other_link_silences_what_is_like_it_for_four_hours(phone, links, view):
    assert "已静默" in phone.press(links[1], by="张三").text
    later = replace(view.active[0], since=AT + timedelta(minutes=1))
    [mute] = view.desk.muted([later], AT + timedelta(hours=3)).values()
    assert (mute.why, mute.until) == ("silenced", AT + timedelta(hours=4))
    assert view.desk.muted([replace(later, labels={**LABELS, "shop": "west"})], AT) == {}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_robot_that_opens_every_link_changes_nothing(phone, links, standing, method):
    for link in links * 3:
        answer = phone.open(link, method, Purpose="prefetch")
        assert answer.status == 200
    assert standing() == []
    assert "认领这条告警？" in phone.open(links[0]).text


def test_the_name_is_remembered_and_asked_for_where_it_is_missing(phone, links, standing):
    assert "请填写名字" in phone.press(links[0], by="  ").text
    assert standing() == []
    cookie = phone.press(links[0], by="张三").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    asked = phone.open(links[1], Cookie=cookie.partition(";")[0])
    assert 'value="张三"' in asked.text


def test_a_used_link_says_who_used_it_and_when_to_whoever_comes_next(phone, links, standing):
    phone.press(links[0], by="张三")
    for answer in (phone.press(links[0], by="李四"), phone.open(links[0])):
        assert answer.status == 409
        assert "张三 在 03-02 03:12:05 用过" in answer.text or "张三 在 03:12:05 用过" in answer.text
    assert standing() == [("acknowledgement", "张三")]


def test_of_twenty_who_press_at_the_same_moment_one_has_it(phone, links, standing):
    with ThreadPoolExecutor(20) as crowd:
        answers = list(crowd.map(lambda n: phone.press(links[0], by=f"n{n}").status, range(20)))
    assert sorted(answers) == [200] + [409] * 19
    assert len(standing()) == 1


def _flipped(path):
    raw = bytearray(base64.urlsafe_b64decode(path.removeprefix("/act/")))
    raw[1] ^= 1  # take → silence
    return f"/act/{base64.urlsafe_b64encode(raw).decode()}"


@pytest.mark.parametrize(
    "forge",
    [
        lambda _path: f"/act/{issue('take', 'ab' * 16, AT, AT + timedelta(days=1), b'x' * 32)}",
        _flipped,
        lambda path: path[:-1],
        lambda path: f"{path}A",
        lambda path: path.swapcase().replace("/ACT/", "/act/"),
        lambda _path: "/act/" + "A" * 50_000,
        lambda _path: "/act/%00%ff",
        lambda _path: "/act/" + HOSTILE.replace("/", "").replace("<", "%3C").replace(">", "%3E").replace('"', "%22"),
    ],
)
def test_a_forged_link_is_no_link(phone, links, standing, forge):
    for answer in (phone.open(forge(links[0])), phone.press(forge(links[0]), by="Mallory")):
        assert answer.status == 404
        assert "<script>" not in answer.text
    assert standing() == []


def test_a_link_dies_after_a_day(phone, links, view, standing):
    view.at = AT + timedelta(hours=24)
    assert phone.open(links[0]).status == 410
    assert phone.press(links[0], by="张三").status == 410
    assert standing() == []


def test_a_link_dies_with_its_alert_and_does_not_rise_with_the_next_one(phone, links, view, standing):
    [fired] = view.active
    view.active = [replace(fired, status="pending")]
    assert phone.open(links[0]).status == 410
    view.active = []
    assert phone.open(links[0]).status == 410
    view.at = AT + timedelta(hours=2)
    view.active = [replace(fired, since=AT + timedelta(hours=1))]
    assert phone.press(links[0], by="张三").status == 410
    assert standing() == []


def test_a_link_is_good_for_its_own_alert_only(phone, links, view, standing):
    [fired] = view.active
    other = replace(fired, labels={**LABELS, "shop": "west"})
    view.active = [other]
    assert phone.press(links[0], by="张三").status == 410
    view.active = [fired, other]
    assert phone.press(links[0], by="张三").status == 200
    assert list(view.desk.muted(view.active, AT)) == [fired.key]


def test_the_page_of_another_site_cannot_press_it(phone, links, standing):
    answer = phone.press(links[0], {"Sec-Fetch-Site": "cross-site"}, by="Mallory")
    assert "认领这条告警？" in answer.text
    assert standing() == []


def test_names_and_alerts_are_shown_as_text(phone, links):
    for answer in (
        phone.open(links[0]),
        phone.open(links[0], Cookie=f'order_health_name="{HOSTILE}"'),
        phone.press(links[0], by=HOSTILE),
        phone.open(links[0]),
    ):
        assert "<script>" not in answer.text
        assert "form-action 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


def test_the_page_speaks_the_languages_of_the_phone(phone, links):
    shown = phone.open(links[0], Accept_Language="en-GB,en;q=0.9").text
    assert "Take this alert?" in shown
    assert "89 orders are paid" in shown
    assert 'action="' not in shown


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_ten_megabytes_is_not_read(phone, links, standing, chunked):
    connection = http.client.HTTPConnection("localhost", phone.server.port, timeout=10)
    body = (b"by=" + b"x" * 10_000 for _ in range(1_000)) if chunked else b"by=" + b"x" * 10_000_000
    try:
        connection.request("POST", links[0], body, {"Content-Type": "application/x-www-form-urlencoded"})
        assert connection.getresponse().status == 413
    except OSError:
        pass  # the server closed before all of it was sent, and the answer is lost on the way
    finally:
        connection.close()
    assert standing() == []


def test_links_need_no_password_and_open_nothing_else(serve, phone, links, standing):
    phone.server = serve(access=access())
    assert phone.press(links[0], by="张三").status == 200
    for path in ("/", "/act", "/act/../", "/api/silences", "/act/../api/silences", "/%61ct/../api/status"):
        assert phone.open(path).status == 401, path
    assert standing() == [("acknowledgement", "张三")]


def test_a_rate_limit_holds_for_links_too(serve, phone, links):
    from exporter.web.guard import Rate

    phone.server = serve(access=Access({}, {}, None, frozenset(), Rate(60, 2)))
    assert [phone.open(links[0]).status for _ in range(3)] == [200, 200, 429]


def test_neither_the_key_nor_a_ticket_is_logged(phone, links, view, caplog):
    caplog.set_level(logging.DEBUG)
    phone.open(links[0])
    phone.press(links[0], by="张三")
    phone.open(links[0][:-1] + "A")
    assert links[0].removeprefix("/act/") not in caplog.text
    assert view.desk.key().hex() not in caplog.text


def test_while_the_state_is_out_of_order_it_says_so_and_uses_nothing_up(phone, links, view, monkeypatch):

    def broken(*_args, **_more):
        raise StateFaultError("state: disk full at /var/lib")

    with monkeypatch.context() as patch:
        patch.setattr(view.desk._state, "silence", broken)
        answer = phone.press(links[0], by="张三")
    assert answer.status == 503
    assert "/var/lib" not in answer.text
    assert phone.press(links[0], by="张三").status == 200


def test_where_too_many_stand_a_link_is_refused_and_stays_good(phone, links, view):
    for n in range(MOST):
        view.desk.add([f"sku=S{n}"], "1h", by="n")
    answer = phone.press(links[1], by="张三")
    assert answer.status == 400
    assert "500 silences stand already" in answer.text
    assert view.desk.opened(links[1].removeprefix("/act/"))


def test_a_card_has_buttons_only_where_phones_can_open_them(view, alert):
    assert [link.title for link in view.desk.links(alert.labels, AT)] == ["认领 1 小时", "静默 4 小时"]
    view.terms = Terms(30 * 86400.0, "en", "", AT.tzinfo)
    assert view.desk.links(alert.labels, AT) == ()
    view.terms = Terms(30 * 86400.0, "en", "https://oh.example.com/base/", AT.tzinfo)
    take, silence = view.desk.links(alert.labels, AT)
    assert take.url.startswith("https://oh.example.com/base/act/")
    assert len(silence.url) < 200
    # a group without labels is everything: it may be taken, and not be silenced
    assert [link.title for link in view.desk.links({}, AT)] == ["Take it, 1 h"]
