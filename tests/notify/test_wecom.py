import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import requests

from exporter.notify.wecom import WeCom
from tests.notify.cards import CRITICAL, ORDER
from tests.robots.serving import KEY

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
CHANNEL = WeCom(key=KEY)


def bodies(card):
    return [json.loads(message.data) for message in CHANNEL.messages(card, NOW)]


def receipt(errcode, errmsg="as it is"):
    response = requests.Response()
    response.status_code = 200
    response._content = json.dumps({"errcode": errcode, "errmsg": errmsg}).encode()
    return CHANNEL.receipt(response)


def test_a_card_shows_its_figure_its_orders_and_its_links(served):
    channel = WeCom(key=KEY, endpoint=f"{served.url}/cgi-bin/webhook/send")
    for message in channel.messages(CRITICAL, NOW):
        assert channel.receipt(served.send(message)).accepted
    card, call = served.rooms.wecom.messages
    notice = card.body["template_card"]
    assert notice["emphasis_content"] == {"title": "89", "desc": "笔订单"}
    assert {"keyname": "1", "value": f"{ORDER} ¥128.00"} in notice["horizontal_content_list"]
    assert [jump["title"] for jump in notice["jump_list"]] == ["处理手册", "状态页"]
    assert notice["card_action"] == {"type": 1, "url": "https://o.example/"}
    assert notice["source"]["desc_color"] == 2
    assert call.called == ("13800000000",)


def test_a_card_without_a_link_becomes_markdown():
    body = bodies(replace(CRITICAL, links=()))[0]
    assert body["msgtype"] == "markdown"
    assert '<font color="warning">89 笔订单</font>' in body["markdown"]["content"]
    assert f"> 1) {ORDER} · ¥128.00 · 3小时" in body["markdown"]["content"]


def test_an_order_number_too_long_for_a_row_is_shown_whole_below_the_sentence():
    number = "4200002468202611230123456789"
    notice = bodies(replace(CRITICAL, text="很长的句子。" * 40, cases=(f"{number} · ¥1.00",)))[0]["template_card"]
    assert notice["sub_title_text"].endswith(f"…\n{number}")
    assert len(notice["sub_title_text"]) <= 112


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("🔴 89 笔订单已付款仍待支付（main）", "🔴 89 笔订单已付款仍待支付（main）"),
        ("🔴 12 个 SKU 库存为负（main / hangzhou-1）", "🔴 12 个 SKU 库存为负"),
        ("🔴 12 SKUs below zero (main / hangzhou-1)", "🔴 12 SKUs below zero"),
    ],
)
def test_the_place_at_the_end_of_a_long_title_goes_before_the_news_does(title, shown):
    assert bodies(replace(CRITICAL, title=title))[0]["template_card"]["main_title"]["title"] == shown


@pytest.mark.parametrize(
    ("title", "first", "below"),
    [
        ("🔴 12 SKUs below zero (main / hangzhou-1)", "🔴 12 SKUs below zero", "main / hangzhou-1"),
        ("🔴 89 orders are paid yet still pending (main)", "🔴 89 orders are paid yet", "still pending"),
        ("🟠 导出 /shop/orders/export 由缓存返回（main）", "🟠 导出 /shop/orders/export", "由缓存返回"),
        (
            "🟠 导出 /admin/finance/orders/export.xlsx 由缓存返回（main）",
            "🟠 导出",
            "/admin/fina…/export.xlsx 由缓存返回",
        ),
    ],
)
def test_a_title_too_long_for_a_line_goes_on_below_it(title, first, below):
    assert bodies(replace(CRITICAL, title=title))[0]["template_card"]["main_title"] == {"title": first, "desc": below}


def test_a_title_too_long_for_two_lines_stands_whole_in_the_text():
    title = "🟠 The ETag of the export /shop/orders/export does not follow its content (main)"
    notice = bodies(replace(CRITICAL, title=title, text="What to do."))[0]["template_card"]
    assert notice["main_title"] == {"title": "🟠 The ETag of the export", "desc": "/shop/orders/export does not…"}
    assert notice["sub_title_text"] == (
        "🟠 The ETag of the export /shop/orders/export does not follow its content\nWhat to do."
    )


def test_the_titles_of_a_digest_are_rows():
    lines = ("🔴 main：仓库 杭州一仓：3 个 SKU 库存为负，需要下架", "🟢 已恢复 main：x")
    rows = bodies(replace(CRITICAL, facts=(), cases=lines, covers=2))[0]["template_card"]["horizontal_content_list"]
    assert [row["keyname"] for row in rows] == ["1", "2"]
    assert rows[0]["value"].endswith("…")


def test_a_title_in_a_row_goes_without_its_place_rather_than_be_cut():
    lines = ("🟠 1 个订单事件：late_shipment（demo，shanghai）", "🔴 1 个 SKU 库存为负（demo）")
    rows = bodies(replace(CRITICAL, facts=(), cases=lines))[0]["template_card"]["horizontal_content_list"]
    assert [row["value"] for row in rows] == ["🟠 1 个订单事件：late_shipment", "🔴 1 个 SKU 库存为负（demo）"]


def test_numbers_user_ids_and_everybody_are_called_by_a_text():
    call = bodies(replace(CRITICAL, mention=("13800000000", "li", "@all")))[1]["text"]
    assert call["mentioned_mobile_list"] == ["13800000000"]
    assert call["mentioned_list"] == ["li", "@all"]


def test_the_plain_form_still_calls_numbers_but_no_user_ids():
    (message,) = CHANNEL.plain(replace(CRITICAL, mention=("13800000000", "li")), NOW)
    text = json.loads(message.data)["text"]
    assert text["mentioned_mobile_list"] == ["13800000000"]
    assert "mentioned_list" not in text
    assert ORDER in text["content"]


@pytest.mark.parametrize(
    ("errcode", "outcome", "again_in"),
    [
        (-1, "retry", 10),
        (6000, "retry", 10),
        (45033, "retry", 10),
        (45009, "wait", 60),
        (93000, "permanent", None),
        (44004, "content", 0),
        (45002, "split", 0),
        (40058, "content", 0),
        (40008, "content", 0),
        (40033, "content", 0),
        (40003, "content", 0),
        (46004, "content", 0),
        (47999, "retry", 120),
    ],
)
def test_every_errcode_has_its_consequence(errcode, outcome, again_in):
    found = receipt(errcode)
    assert (found.accepted, found.outcome, found.again_in) == (False, outcome, again_in)


def test_40058_for_a_length_is_a_message_to_shorten():
    assert receipt(40058, "markdown.content exceed max length 4096. invalid Request Parameter").outcome == "split"


def test_our_address_and_the_key_are_not_repeated():
    found = receipt(
        93000, f"invalid webhook url {KEY}, hint: [16], from ip: 203.0.113.7, more info at https://x?e=93000"
    )
    assert "203.0.113.7" not in found.detail
    assert KEY not in found.detail
    assert "as `key:`" in found.detail
    assert KEY not in repr(CHANNEL)
    assert KEY not in CHANNEL.mask(CHANNEL.messages(CRITICAL, NOW)[0].prepare().url)


def test_what_a_sick_robot_answers_is_tried_again(served):
    channel = WeCom(key=KEY, endpoint=f"{served.url}/cgi-bin/webhook/send")
    served.rooms.wecom.faults.extend(["html", "500", "nothing", "unknown", "throttle"])
    message = channel.messages(CRITICAL, NOW)[0]
    outcomes = [channel.receipt(served.send(message)).outcome for _ in range(6)]
    assert outcomes == ["retry", "retry", "retry", "retry", "wait", "accepted"]
