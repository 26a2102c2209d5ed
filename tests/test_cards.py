from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exporter import cards
from exporter.cards.words import WORDS
from exporter.model import Alert, Case, Fact, Link
from exporter.text import letters
from tests.groups import alone

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
SETTING = {"zone": ZoneInfo("Asia/Shanghai"), "language": "zh", "external_url": "https://o.example/"}
EVIDENCE = tuple(Case(f"2026112300{n}", NOW - timedelta(hours=n), f"¥{n}.00") for n in range(1, 8))
ALERT = Alert(
    rule="OrdersPaidYetPending",
    labels={"alertname": "OrdersPaidYetPending", "severity": "critical", "shop": "main", "probe": "pending_paid"},
    status="firing",
    since=NOW - timedelta(minutes=6),
    value=89,
    annotations={
        "summary": "main：89 笔订单已付款仍待支付",
        "description": "请逐单核对。",
        "summary_en": "main: 89 orders are paid yet still pending",
        "description_en": "Confirm each order.",
        "unit": "笔订单",
        "unit_en": "orders",
        "runbook_url": "docs/runbooks/pending_paid.md",
    },
    evidence=EVIDENCE,
)


def write(alert=ALERT, at=NOW, **setting):
    more = {name: setting.pop(name) for name in ("value_now", "lost") if name in setting}
    given = SETTING | setting
    group = alone(alert, at, external_url=given.pop("external_url"), **more)
    return cards.write(group, **given)


def over(**setting):
    return write(replace(ALERT, status="resolved"), NOW + timedelta(minutes=38), **setting)


def facts(card):
    return {fact.name: fact.value for fact in card.facts}


def test_a_card_says_what_where_how_many_and_since_when():
    card = write()
    assert card.title == "🔴 main：89 笔订单已付款仍待支付"
    assert (card.number, card.unit, card.text) == ("89", "笔订单", "请逐单核对。")
    assert facts(card) == {"开始": "11-23 02:14", "已持续": "6分钟", "店铺": "main", "级别": "严重"}
    assert card.links == (
        Link("处理手册", "https://o.example/runbooks/pending_paid?shop=main"),
        Link("状态页", "https://o.example/"),
    )


def test_the_first_five_orders_are_named_oldest_first_with_amount_and_age():
    assert write().cases[0] == "20261123007 · ¥7.00 · 7小时"
    assert len(write().cases) == 5
    begun = replace(ALERT, evidence=(Case("A", NOW - timedelta(hours=2, minutes=30)),))
    assert write(begun).cases == ("A · 2小时",)
    undated = replace(ALERT, evidence=(Case("SKU-1", None, "-1 件"), *EVIDENCE[:1]))
    assert write(undated).cases == ("20261123001 · ¥1.00 · 1小时", "SKU-1 · -1 件")


def test_a_statement_comes_last_where_a_row_that_is_too_short_leaves_it_out():
    slow = Case("by_phone", None, "246 ms / 10 ms, SCAN orders", f"SELECT id FROM orders WHERE a = {'x' * 300}")
    [line] = write(replace(ALERT, evidence=(slow,))).cases
    assert line.startswith("by_phone · 246 ms / 10 ms, SCAN orders · SELECT id FROM orders WHERE a = xxx")
    assert len(line) < 180


def test_a_title_says_in_words_what_a_label_says_in_signs():
    labels = {**ALERT.labels, "shop": "amount", "kind": "amount_mismatch"}
    annotations = {
        "summary": "3 笔支付异常（amount_mismatch，amount）",
        "summary_en": "3 anomalies (amount_mismatch, amount)",
    }
    odd = replace(ALERT, labels=labels, annotations=annotations)
    assert write(odd).title == "🔴 3 笔支付异常（金额不一致，amount）"
    assert write(odd, language="en").title == "🔴 3 anomalies (amounts differ, amount)"


def test_english_is_complete():
    card = write(language="en")
    assert card.title == "🔴 main: 89 orders are paid yet still pending"
    assert (card.unit, card.text, card.cases[0]) == ("orders", "Confirm each order.", "20261123007 · ¥7.00 · 7h")
    assert facts(card) == {"Since": "11-23 02:14", "For": "6m", "Shop": "main", "Level": "critical"}


def test_a_rule_without_english_is_told_in_its_own_language():
    plain = {name: said for name, said in ALERT.annotations.items() if not name.endswith("_en")}
    assert write(replace(ALERT, annotations=plain), language="en").text == "请逐单核对。"


def test_the_clock_is_the_shops():
    assert facts(write(zone=ZoneInfo("Europe/Berlin")))["开始"] == "11-22 19:14"


def test_a_resolved_card_tells_the_value_now_and_how_long_it_lasted_and_calls_nobody():
    card = over(value_now=0, mention=("13800000000",))
    assert card.title == "🟢 已恢复：main：89 笔订单已付款仍待支付"
    assert (card.number, card.unit) == ("0", "笔订单（现在）")
    assert card.text == "问题已消失，共持续 44分钟。现在 0 笔订单，告警时 89 笔订单。"
    assert facts(card)["恢复"] == "11-23 02:58"
    assert (card.status, card.mention, card.cases, card.resolved) == ("resolved", (), (), 1)


def test_a_resolved_card_without_a_value_shows_none():
    card = over()
    assert (card.number, card.text) == ("", "问题已消失，共持续 44分钟。")


def test_a_firing_card_calls_whom_it_is_told_to():
    assert write(mention=("13800000000",)).mention == ("13800000000",)


def test_labels_are_told_in_words():
    labels = {
        **ALERT.labels,
        "kind": "double_payment",
        "severity": "warning",
        "warehouse": "杭州一仓",
        "region": "east",
    }
    said = {"summary": "main：3 笔支付异常（double_payment）"}
    card = write(replace(ALERT, labels=labels, annotations=said, value=3))
    assert card.title == "🟠 main：3 笔支付异常（重复付款）"
    assert card.facts[:3] == (Fact("仓库", "杭州一仓"), Fact("类型", "重复付款"), Fact("region", "east"))
    english = write(replace(ALERT, labels=labels, annotations=said), language="en")
    assert Fact("Kind", "paid twice") in english.facts


def test_the_shop_is_named_where_the_summary_does_not():
    assert write(replace(ALERT, annotations={"summary": "有问题"})).title == "🔴 main：有问题"
    assert write(replace(ALERT, annotations={})).title == "🔴 main：OrdersPaidYetPending"


@pytest.mark.parametrize(
    ("summary", "unit", "value", "number"),
    [
        ("89 笔", "", 89, "89"),
        ("89.5 笔", "", 89, ""),
        ("探测失败", "", 0, ""),
        ("最久等待", "秒", 11_100, "3小时 5分钟"),
        ("many", "orders", 12_345, "12,345"),
        ("rate", "%", 0.12345, "0.1235"),
    ],
)
def test_a_figure_is_shown_where_it_means_something(summary, unit, value, number):
    annotations = {"summary": summary, "unit": unit}
    assert write(replace(ALERT, annotations=annotations, value=value)).number == number


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (-5, "0秒", "0s"),
        (59.4, "59秒", "59s"),
        (60, "1分钟", "1m"),
        (3_661, "1小时 1分钟", "1h 1m"),
        (86_400, "1天", "1d"),
        (90_061, "1天 1小时", "1d 1h"),
        (86_460, "1天", "1d"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds, zh, en):
    assert (WORDS["zh"].span(seconds), WORDS["en"].span(seconds)) == (zh, en)


def test_without_an_address_there_are_no_links_but_those_of_the_rule():
    assert write(external_url="").links == ()
    foreign = replace(ALERT, annotations={"runbook_url": "https://wiki.example/x"})
    assert write(foreign, external_url="").links == (Link("处理手册", "https://wiki.example/x"),)


def test_an_alert_of_the_watch_itself_opens_the_watchs_page_and_names_the_probe():
    card = write(replace(ALERT, annotations={"summary": "x", "runbook_url": "docs/runbooks/watch.md"}))
    assert card.links[0].url == "https://o.example/runbooks/watch?shop=main"
    assert facts(card)["检查项"] == "pending_paid"


def test_people_are_masked_in_free_text_and_order_numbers_are_not():
    annotations = {"summary": "联系 13812345678", "description": "13812345678"}
    card = write(replace(ALERT, annotations=annotations, evidence=(Case("13812345678"),)))
    assert "13812345678" not in card.title + card.text
    assert card.cases == ("13812345678",)


def test_evil_order_numbers_are_one_bounded_line():
    evidence = (Case("a\nb" + "x" * 10_000, NOW, "¥1\n.00"),)
    (case,) = write(replace(ALERT, evidence=evidence)).cases
    assert "\n" not in case
    assert letters(case) < 100


def test_a_digest_counts_every_alert_and_names_the_worst_first():
    warning = write(replace(ALERT, labels={**ALERT.labels, "severity": "warning"}))
    card = cards.digest([over(), warning, write(mention=("13800000000",))])
    assert (card.covers, card.resolved, card.severity, card.status) == (3, 1, "critical", "firing")
    assert [case[0] for case in card.cases] == ["🔴", "🟠", "🟢"]
    assert card.title == "🔴 3 条告警合并通知"
    assert card.mention == ("13800000000",)
    assert card.links == (
        Link("处理手册", "https://o.example/runbooks/pending_paid?shop=main"),
        Link("状态页", "https://o.example/"),
    )


def test_a_digest_of_digests_still_counts_every_alert():
    many = cards.digest([write()] * 30)
    again = cards.digest([many, over(), many])
    assert (again.covers, again.resolved) == (61, 1)
    assert len(again.cases) == 15
    assert "61 条告警中，1 条已恢复" in again.text
    assert "另有 46 条未列出" in again.text


def test_a_digest_of_good_news_is_good_news():
    card = cards.digest([over(), over()])
    assert (card.status, card.title) == ("resolved", "🟢 2 条告警合并通知")


def test_the_test_card_says_that_nothing_is_wrong():
    card = cards.trial(now=NOW, zone=SETTING["zone"], language="zh", external_url="https://o.example", mention=("li",))
    assert (card.status, card.mention) == ("info", ("li",))
    assert card.links == (Link("状态页", "https://o.example/"),)
    assert facts(card) == {"发送": "11-23 02:20"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_languages_know_the_same_words_and_short_names(language):
    words, other = WORDS[language], WORDS["en" if language == "zh" else "zh"]
    assert words.labels.keys() == other.labels.keys()
    assert words.values["kind"].keys() == other.values["kind"].keys()
    for name in (
        *words.labels.values(),
        words.since,
        words.until,
        words.lasting,
        words.lasted,
        words.severity,
        words.sent,
    ):
        assert letters(name) <= 5, "a row of WeCom holds five"


def test_an_alert_that_time_ended_claims_no_recovery():
    told = {**ALERT.annotations, "ended": "订单 表的结构变更通知到期（main）", "ended_en": "Told long enough (main)"}
    alert = replace(ALERT, labels={**ALERT.labels, "noticed": "2026-11-22T18:00:00Z"}, annotations=told)
    assert write(alert).status == "firing"
    assert "noticed" not in facts(write(alert))
    card = write(replace(alert, status="resolved"), NOW + timedelta(hours=24), value_now=0.0)
    assert card.title == "🔵 订单 表的结构变更通知到期（main）"
    assert (card.status, card.resolved, card.number) == ("info", 0, "")
    assert "恢复：" not in card.title + card.text
    assert "恢复" not in facts(card)
    english = write(replace(alert, status="resolved"), NOW + timedelta(hours=24), language="en")
    assert english.title == "🔵 Told long enough (main)"
    assert "Resolved" not in english.title
    lost = write(replace(alert, status="resolved"), lost=True)
    assert "不再检查" in lost.title


@pytest.mark.parametrize(
    ("said", "zh", "en"),
    [
        ("late by 12m 33s (main)", "late by 12分钟 33秒 (main)", "late by 12m 33s (main)"),
        ("5.486s", "5.49秒", "5.49s"),
        ("895.2ms", "0.895秒", "0.895s"),
        ("1d 2h 3m 4s old", "1天 2小时 old", "1d 2h old"),
        ("topic-5s, 5seconds, v1.5s.2", "topic-5s, 5seconds, v1.5s.2", "topic-5s, 5seconds, v1.5s.2"),
    ],
)
def test_a_length_of_time_in_a_title_is_said_in_the_readers_language(said, zh, en):
    alert = replace(ALERT, annotations={"summary": said}, labels={"alertname": "X"})
    assert [write(alert, language=each).title[2:] for each in ("zh", "en")] == [zh, en]


def test_evidence_is_told_in_the_readers_language():
    labels = {**ALERT.labels, "content": "Base64 JPEG"}
    case = Case("order-service", None, "48 条待消费 / 48 waiting · $.picture Base64 JPEG 12 MB · 3 / 4")
    told = [write(replace(ALERT, labels=labels, evidence=(case,)), language=each).cases[0] for each in ("zh", "en")]
    assert told == [
        "order-service · 48 条待消费 · $.picture Base64 图片（JPEG） 12 MB · 3 / 4",
        "order-service · 48 waiting · $.picture Base64 picture (JPEG) 12 MB · 3 / 4",
    ]


def test_a_length_of_time_has_its_unit_once():
    alert = Alert(
        rule="ConsumersStandStill",
        labels={"severity": "critical"},
        status="firing",
        since=NOW,
        value=65.0,
        annotations={"summary": "停止消费", "unit": "秒"},
    )
    card = write(alert)
    assert (card.number, card.unit) == ("1分钟 5秒", "")
