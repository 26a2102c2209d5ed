"""Whatever stands in a card, its messages keep every limit: the strict robots take them all."""

from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

from hypothesis import HealthCheck, given, settings

from exporter.demo.dingtalk import DingTalkRobot
from exporter.demo.robot import Post
from exporter.demo.wecom import WeComRobot
from exporter.notify.dingtalk import DingTalk
from exporter.notify.wecom import WeCom
from tests.notify.cards import any_card

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
DINGTALK, WECOM = DingTalk(token="t", secret="SEC1", keyword="订单健康"), WeCom(key="k")

patient = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def told(robot, requests):
    for request in requests:
        sent = request.prepare()
        query = dict(parse_qsl(urlsplit(sent.url).query))
        post = Post(NOW, sent.method, query, sent.headers["Content-Type"], sent.body)
        assert robot.hear(post) == {"errcode": 0, "errmsg": "ok"}
    return robot.messages


def strict_dingtalk():
    return DingTalkRobot("t", "SEC1", ("订单健康",))


@patient
@given(any_card)
def test_dingtalk_takes_any_card(card):
    messages = told(strict_dingtalk(), DINGTALK.messages(card, NOW))
    assert len(messages) in {1, 2}
    assert bool(messages[-1].called) == (len(messages) == 2)


@patient
@given(any_card)
def test_wecom_takes_any_card(card):
    messages = told(WeComRobot("k"), WECOM.messages(card, NOW))
    assert bool(messages[-1].called) == (len(messages) == 2)


@patient
@given(any_card)
def test_the_plain_form_is_one_short_text_without_links(card):
    for robot, channel in ((strict_dingtalk(), DINGTALK), (WeComRobot("k"), WECOM)):
        (message,) = told(robot, channel.plain(card, NOW))
        assert message.body["msgtype"] == "text"
        assert len(message.body["text"]["content"].encode()) <= 2_048
        assert "://" not in message.body["text"]["content"]


@patient
@given(any_card)
def test_no_card_opens_markup_of_its_own(card):
    """Only the markup the channels write is there: links, HTML and code can come from nowhere else."""
    markdown = DINGTALK.messages(card, NOW)[0]
    wecom = WECOM.messages(card, NOW)[0]
    said = markdown.data.decode() + wecom.data.decode().replace('<font color=\\"', "").replace("</font>", "")
    assert "](" not in said
    assert "<" not in said
    assert "`" not in said
