import json

import pytest

from exporter.demo.robot import Post
from exporter.demo.wecom import WeComRobot
from tests.robots.serving import KEY, Clock

LINK = {"type": 1, "url": "https://a.example/"}
NOTICE = {"card_type": "text_notice", "main_title": {"title": "t"}, "card_action": LINK}


def post(body, robot=None, clock=None, key=KEY, method="POST"):
    post = Post((clock or Clock()).at, method, {"key": key}, "application/json", json.dumps(body).encode())
    return (robot or WeComRobot(KEY)).hear(post)


def notice(**fields):
    return {"msgtype": "template_card", "template_card": {**NOTICE, **fields}}


def test_a_whole_card_is_accepted():
    card = notice(
        source={"desc": "订" * 13, "desc_color": 2},
        main_title={"title": "订" * 26, "desc": "订" * 30},
        emphasis_content={"title": "8" * 10, "desc": "订" * 15},
        sub_title_text="订" * 112,
        horizontal_content_list=[{"keyname": "订" * 5, "value": "订" * 26}] * 6,
        jump_list=[{**LINK, "title": "订" * 13}] * 3,
    )
    assert post(card) == {"errcode": 0, "errmsg": "ok"}


@pytest.mark.parametrize(
    "fields",
    [
        {"source": {"desc": "订" * 14}},
        {"main_title": {"title": "订" * 27}},
        {"main_title": {"title": "t", "desc": "订" * 31}},
        {"emphasis_content": {"title": "8" * 11}},
        {"emphasis_content": {"title": "8", "desc": "订" * 16}},
        {"sub_title_text": "订" * 113},
        {"horizontal_content_list": [{"keyname": "k", "value": "v"}] * 7},
        {"horizontal_content_list": [{"keyname": "订" * 6}]},
        {"horizontal_content_list": [{"keyname": "k", "value": "订" * 27}]},
        {"horizontal_content_list": [{"keyname": "k", "value": 7}]},
        {"horizontal_content_list": [{"value": "v"}]},
        {"jump_list": [{**LINK, "title": "t"}] * 4},
        {"jump_list": [{**LINK, "title": "订" * 14}]},
        {"jump_list": [{"type": 1, "title": "t"}]},
        {"card_action": None},
        {"card_action": {"type": 1}},
        {"card_action": {"type": 1, "url": "order-health"}},
        {"main_title": {}, "sub_title_text": ""},
        {"card_type": "button_interaction"},
        {"emphasis_content": {"title": "8"}, "quote_area": {"type": 0, "title": "q"}},
        {"main_titel": {"title": "t"}},
    ],
)
def test_every_limit_of_a_card_is_held(fields):
    assert post(notice(**fields))["errcode"] == 40058


def test_an_emoji_is_counted_as_two():
    assert post(notice(main_title={"title": "🔴" * 13}))["errcode"] == 0
    assert post(notice(main_title={"title": "🔴" * 14}))["errcode"] == 40058


@pytest.mark.parametrize(("kind", "limit"), [("text", 2_048), ("markdown", 4_096), ("markdown_v2", 4_096)])
def test_content_is_measured_in_bytes(kind, limit):
    fits = {"msgtype": kind, kind: {"content": "订" * (limit // 3) + "x" * (limit % 3)}}
    assert post(fits)["errcode"] == 0
    fits[kind]["content"] += "x"
    answer = post(fits)
    assert answer["errcode"] == 40058
    assert answer["errmsg"].startswith(f"{kind}.content exceed max length {limit}. invalid Request Parameter")


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ([], 40008),
        ({"msgtype": "actionCard"}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "markdown", "text": {"content": "x"}}, 44004),
        ({"msgtype": "template_card"}, 40058),
        ({"msgtype": "text", "text": {"content": "x", "mentioned_list": "@all"}}, 40058),
    ],
)
def test_wrong_forms_are_refused(body, errcode):
    assert post(body)["errcode"] == errcode


def test_who_knocks_is_asked_first_and_the_answer_names_an_address():
    assert post({}, method="GET")["errcode"] == 43002
    answer = post({}, key="other")
    assert answer["errcode"] == 93000
    assert "from ip: 203.0.113.7" in answer["errmsg"]


def test_the_21st_message_of_a_minute_is_refused_until_the_minute_is_over():
    robot, clock = WeComRobot(KEY), Clock()
    text = {"msgtype": "text", "text": {"content": "x"}}
    for _ in range(20):
        assert post(text, robot, clock)["errcode"] == 0
        clock.forward(seconds=1)
    assert post(text, robot, clock)["errcode"] == 45009
    clock.forward(seconds=40)
    assert post(text, robot, clock)["errcode"] == 0


def test_a_text_calls_people():
    robot = WeComRobot(KEY)
    text = {"content": "x", "mentioned_list": ["li", "@all"], "mentioned_mobile_list": ["13800000000"]}
    post({"msgtype": "text", "text": text}, robot)
    assert robot.messages[0].called == ("li", "@all", "13800000000")
