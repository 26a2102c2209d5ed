"""The buttons of the status page."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from exporter.silences import digest
from exporter.web.status import AlertRow, SilenceRow, Status
from tests.web.conftest import AT
from tests.web.silences.conftest import HOSTILE
from tests.web.test_guard import access, basic


@pytest.fixture(autouse=True)
def page(view, alert):
    """The status page as `app` fills it; nothing tells of a proxy."""
    view.terms = replace(view.terms, external_url="http://127.0.0.1:9847")

    def status(_language):
        mutes = view.desk.muted(view.active, view.at)
        rows = [
            AlertRow(each.rule, "critical", "firing", each.since, id=digest(each.key), mute=mutes.get(each.key))
            for each in view.active
        ]
        silences = [SilenceRow.of(each, active=stands) for each, stands in view.desk.history(view.at)]
        return Status(view.at, "1.2.3", alerts=tuple(rows), silences=tuple(silences))

    view.status = status


def token(text):
    return html.unescape(re.search(r'name="token" value="([^"]*)"', text)[1])


def test_who_is_known_takes_it_with_one_tap_and_gives_it_back_with_another(phone, alert, standing):
    cookie = {"Cookie": "order_health_name=%E5%BC%A0%E4%B8%89"}
    shown = phone.open("/").text
    given = {"token": token(shown), "alert": digest(alert.key)}
    taken = phone.press("/silences", cookie, action="take", **given)
    assert (taken.status, taken.headers["location"]) == (303, "./")
    assert standing() == [("acknowledgement", "张三")]
    shown = phone.open("/").text
    assert "已认领" in shown
    assert "张三，至 " in shown
    ends = re.search(r'name="silence" value="(\w+)"', shown)[1]
    assert phone.press("/silences", cookie, action="end", silence=ends, token=token(shown)).status == 303
    assert standing() == []
    assert "最近 7 天（1）" in phone.open("/").text


def test_who_is_not_known_is_asked_for_a_name_first(phone, alert, standing):
    given = {"token": token(phone.open("/").text), "alert": digest(alert.key), "action": "silence", "silence": ""}
    asked = phone.press("/silences?lang=en", **given)
    assert asked.status == 200
    assert "Your name" in asked.text
    assert standing() == []
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w*)"', asked.text))
    assert hidden == given
    done = phone.press("/silences?lang=en", by="Li Lei", **hidden)
    assert (done.status, done.headers["location"]) == (303, "./?lang=en")
    assert standing() == [("silence", "Li Lei")]


@pytest.mark.parametrize("given", ["", "x", "é", "0" * 64])
def test_a_form_that_was_not_on_our_page_is_refused(phone, alert, standing, given):
    answer = phone.press("/silences", token=given, action="take", alert=digest(alert.key), by="Mallory")
    assert answer.status == 403
    assert standing() == []


def test_a_form_of_an_old_page_is_refused_and_says_so(phone, alert, view, standing):
    old = token(phone.open("/").text)
    view.at = AT + timedelta(hours=1)
    assert phone.press("/silences", token=old, action="take", alert=digest(alert.key), by="A").status == 303
    view.at = AT + timedelta(hours=3)
    answer = phone.press("/silences", token=old, action="take", alert=digest(alert.key), by="A")
    assert (answer.status, "页面太旧" in answer.text) == (403, True)


def test_another_sites_form_is_refused_even_with_our_token(phone, alert, standing):
    given = {"token": token(phone.open("/").text), "action": "take", "alert": digest(alert.key), "by": "Mallory"}
    assert phone.press("/silences", {"Sec-Fetch-Site": "cross-site"}, **given).status == 403
    assert standing() == []


def test_without_a_login_the_page_has_no_buttons_for_who_comes_by_a_proxy(phone, alert, view, standing):
    good = token(phone.open("/").text)
    relayed = {"X_Forwarded_For": "203.0.113.9"}
    assert "<form" not in phone.open("/", **relayed).text
    given = {"token": good, "action": "take", "alert": digest(alert.key), "by": "Mallory"}
    assert phone.press("/silences", {"X-Forwarded-For": "203.0.113.9"}, **given).status == 403
    view.terms = replace(view.terms, external_url="https://oh.example.com")
    assert "<form" not in phone.open("/").text
    assert standing() == []


def test_with_a_login_the_name_is_that_of_the_login_and_the_token_that_persons(serve, phone, view, standing):
    known = access()
    known.users["han"] = known.users["prometheus"]
    phone.server = serve(access=known)
    view.terms = replace(view.terms, external_url="https://oh.example.com")
    li, han = basic("prometheus", "s3cret"), basic("han", "s3cret")
    given = {"token": token(phone.open("/", **li).text), "action": "take", "alert": digest(view.active[0].key)}
    assert phone.press("/silences", **given).status == 401
    assert phone.press("/silences", han, **given).status == 403
    assert phone.press("/silences", li, by="Han", **given).status == 303
    assert standing() == [("acknowledgement", "prometheus")]


def test_what_is_over_or_unknown_is_told(phone, view, standing):
    good = token(phone.open("/").text)
    assert phone.press("/silences", token=good, action="take", alert="ab" * 16, by="A").status == 410
    assert phone.press("/silences", token=good, action="end", silence="nothing", by="A").status == 400
    assert phone.press("/silences", token=good, action="drop", by="A").status == 400
    assert phone.open("/silences").status == 405


def test_hostile_names_comments_and_matchers_are_shown_as_text(phone, view):
    view.desk.add([f'sku="{HOSTILE.replace(chr(34), "")}"', "severity=critical"], "1h", by=HOSTILE, comment=HOSTILE)
    for accept in ("zh", "en"):
        shown = phone.open("/", Accept_Language=accept).text
        assert "<script>" not in shown
        assert shown.count("&lt;script&gt;") >= 3
    assert HOSTILE in phone.open("/api/silences").text.replace('\\"', '"')
