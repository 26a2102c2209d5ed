import json
import re
from html.parser import HTMLParser

import pytest
import requests

from exporter.demo.phone import dingtalk, wecom
from tests.robots.serving import KEY

EVIL = '<script>alert(1)</script>" onload="x'


def say(served, body):
    return served.session.post(f"{served.url}/cgi-bin/webhook/send?key={KEY}", json=body, timeout=10)


def page(served):
    return served.session.get(f"{served.url}/rooms", timeout=10)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_an_empty_room_says_so(served):
    assert page(served).text.count("还没有消息") == 3


def test_the_page_escapes_all_that_was_said(served):
    notice = {
        "card_type": "text_notice",
        "source": {"desc": "<b>x"},
        "main_title": {"title": "<script>"},
        "sub_title_text": EVIL,
        "horizontal_content_list": [{"keyname": "<i>", "value": "<script>x"}],
        "jump_list": [{"type": 1, "title": "<u>", "url": "https://a.example/"}],
        "card_action": {"type": 1, "url": "https://a.example/"},
    }
    for body in (
        {"msgtype": "text", "text": {"content": EVIL, "mentioned_list": ["<b>li"]}},
        {"msgtype": "markdown", "markdown": {"content": f"# {EVIL}\n> {EVIL}\n**{EVIL}** [{EVIL}](https://a.example)"}},
        {"msgtype": "template_card", "template_card": notice},
    ):
        assert say(served, body).json()["errcode"] == 0
    elements = Elements(page(served).text).found
    assert {tag for tag, _ in elements} & {"script", "img", "u", "iframe"} == set()
    assert not [attrs for _, attrs in elements if any(name.startswith("on") for name in attrs)]


def test_the_page_needs_nothing_from_outside(served):
    answer = page(served)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"(?:src=|@import|url\()", answer.text)


def test_the_newest_message_stands_at_the_bottom_and_numbers_are_masked(served):
    for word in ("早", "晚"):
        say(served, {"msgtype": "text", "text": {"content": word, "mentioned_mobile_list": ["13800001234"]}})
        served.clock.forward(minutes=5)
    html = page(served).text
    # the stream is laid out from its end: column-reverse
    assert html.index(">晚 ") < html.index(">早 ")
    assert "column-reverse" in html
    assert "@138****1234" in html
    assert "13800001234" not in html
    assert "11-23 02:20" in html
    assert "11-23 02:25" in html


def test_json_tells_messages_calls_and_refusals(served):
    say(served, {"msgtype": "text", "text": {"content": "x", "mentioned_list": ["li"]}})
    say(served, {"msgtype": "odd"})
    told = served.session.get(f"{served.url}/rooms.json", timeout=10).json()
    assert told["dingtalk"] == {"messages": [], "refusals": []}
    assert told["wecom"]["messages"][0]["called"] == ["li"]
    assert [each["errcode"] for each in told["wecom"]["refusals"]] == [40008]
    assert "机器人拒收 <b>40008</b>" in page(served).text


def test_faults_are_met_once_each_and_in_order(served):
    served.rooms.wecom.faults.extend(["html", "500", "nothing", "unknown", "throttle", "lost"])
    text = {"msgtype": "text", "text": {"content": "x"}}
    answers = [say(served, text) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 500, 200, 200, 200, 200]
    assert answers[0].text.startswith("<!doctype html>")
    assert answers[2].content == answers[5].content == b""
    assert [json.loads(answers[n].text)["errcode"] for n in (3, 4)] == [999_999, 45009]
    assert len(served.rooms.wecom.messages) == 1, "`lost` takes the message"
    assert say(served, text).json()["errcode"] == 0


def test_a_robot_can_hang(served):
    served.rooms.hang_seconds = 0.5
    served.rooms.wecom.faults.append("hang")
    with pytest.raises(requests.Timeout):
        served.session.post(f"{served.url}/cgi-bin/webhook/send?key={KEY}", json={}, timeout=0.1)


def test_dingtalk_shows_its_own_markdown_only():
    assert dingtalk("### a\n\n- **x** y\n- z\n\n1. one\n\n> q\n\nb *c*\nd") == (
        "<h3>a</h3><ul><li><b>x</b> y</li><li>z</li></ul><ol><li>one</li></ol><blockquote>q</blockquote><p>b <i>c</i> d</p>"
    )
    assert dingtalk("| a |\n|--|") == "<p>| a | |--|</p>"
    assert "<img" not in dingtalk("![x](https://a.example/x.png)")
    assert dingtalk("[x](javascript:1)") == "<p>[x](javascript:1)</p>"


def test_wecom_knows_colours_and_code_and_no_lists():
    assert wecom('<font color="warning">8</font> `x`\n- y') == (
        '<p><span class="warning">8</span> <code>x</code><br>- y</p>'
    )
    assert "<span" not in wecom('<font color="red">8</font>')
