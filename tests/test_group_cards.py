"""The card of several alerts: counted, the worst first, whole in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from exporter import cards
from exporter.model import Alert, Case, Flip, Mute
from tests.groups import told

NOW = datetime(2026, 11, 22, 18, 20, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def stock(warehouse, count=1, severity="critical", status="firing", minutes=5, **more):
    labels = {"alertname": "StockBelowZero", "severity": severity, "shop": "main", "probe": "negative_stock"}
    said = {
        "summary": f"{count} 个 SKU 库存低于零（{warehouse}，main）",
        "summary_en": f"{count} SKUs below zero ({warehouse}, main)",
        "description": "先下架，再补库存。",
        "runbook_url": "docs/runbooks/negative_stock.md",
    }
    cases = tuple(Case(f"SKU-{warehouse}-{n}", NOW) for n in range(count))
    alert = Alert(
        "StockBelowZero",
        labels | {"warehouse": warehouse},
        status,
        NOW - timedelta(minutes=minutes),
        count,
        said,
        cases,
    )
    return replace(alert, **more)


def write(*alerts, language="zh", mention=("13800000000",), lost=False, **changed):
    flips = [Flip(alert, NOW, lost=lost and alert.status == "resolved") for alert in alerts]
    group = replace(told(*flips, external_url="https://o.example"), **changed)
    return cards.write(group, zone=SHANGHAI, language=language, mention=mention)


def test_several_of_one_rule_are_one_card_that_lists_them_with_the_evidence_of_the_worst():
    card = write(stock("a", 3), stock("b", minutes=9), stock("c", severity="warning"))
    assert card.title == "🔴 3 条告警：1 个 SKU 库存低于零（b，main）"
    assert (card.number, card.unit, card.covers, card.resolved) == ("3", "条告警未恢复", 3, 0)
    assert card.cases == (
        "🔴 1 个 SKU 库存低于零（b，main） · SKU-b-0",
        "🔴 3 个 SKU 库存低于零（a，main） · SKU-a-0 · SKU-a-1",
        "🟠 1 个 SKU 库存低于零（c，main） · SKU-c-0",
    )
    assert [(fact.name, fact.value) for fact in card.facts] == [
        ("店铺", "main"),
        ("开始", "11-23 02:11"),
        ("级别", "严重"),
    ]
    assert [link.url for link in card.links] == [
        "https://o.example/runbooks/negative_stock?shop=main",
        "https://o.example/",
    ]
    assert card.mention == ("13800000000",)


def test_alerts_of_several_rules_lead_to_no_single_runbook():
    said = {"summary": "订单停了", "runbook_url": "docs/runbooks/order_rate.md"}
    other = replace(stock("b"), labels=stock("b").labels | {"probe": "order_rate"}, annotations=said)
    card = write(stock("a"), other)
    assert [link.title for link in card.links] == ["状态页"]
    assert card.text == "2 条告警未恢复。"


def test_what_to_do_is_said_where_it_is_the_same_for_all():
    assert write(stock("a"), stock("b")).text == "2 条告警未恢复。先下架，再补库存。"


def test_what_is_over_stands_last_and_while_some_fire_the_card_is_red():
    card = write(stock("a"), stock("b", status="resolved"))
    assert (card.status, card.covers, card.resolved) == ("firing", 2, 1)
    assert card.text.startswith("1 条告警未恢复，1 条已恢复。")
    assert [case[0] for case in card.cases] == ["🔴", "🟢"]


def test_that_some_are_over_does_not_look_like_a_new_fault():
    group = told(Flip(stock("a"), NOW), Flip(stock("b", status="resolved"), NOW))
    first, second = group.alerts
    group = replace(group, alerts=(replace(first, flips=0), second), reason="some alerts resolved")
    card = cards.write(group, zone=SHANGHAI, language="zh")
    assert card.title.startswith("🔴 仍未恢复：1 条告警：")
    assert (card.covers, card.resolved) == (1, 1)


def test_when_all_are_over_the_card_is_green_and_calls_nobody():
    card = write(stock("a", status="resolved"), stock("b", status="resolved"))
    assert card.title.startswith("🟢 已恢复：2 条告警")
    assert (card.status, card.resolved, card.mention, card.unit) == ("resolved", 2, (), "条告警已恢复")


def test_what_nobody_looks_at_any_more_has_not_recovered():
    card = write(stock("a", status="resolved"), stock("b", status="resolved"), lost=True)
    assert (card.status, card.resolved) == ("info", 0)
    assert card.title.startswith("🔵 不再检查：")
    assert "2 条已结束但不代表恢复" in card.text


def test_a_repeated_card_says_that_it_is_one():
    alone = write(stock("a"), reason="repeat interval elapsed")
    assert alone.title == "🔴 仍未恢复：1 个 SKU 库存低于零（a，main）"
    both = write(stock("a"), stock("b"), reason="repeat interval elapsed")
    assert both.title.startswith("🔴 仍未恢复：2 条告警：")


def test_who_took_it_and_when_stands_on_the_next_card():
    group = told(Flip(stock("a", status="resolved"), NOW))
    taken = Mute("acknowledged", by="李雷 13800001111", since=NOW - timedelta(minutes=3))
    group = replace(group, alerts=(replace(group.alerts[0], mute=taken),))
    card = cards.write(group, zone=SHANGHAI, language="zh")
    facts = {fact.name: fact.value for fact in card.facts}
    assert facts["认领"].startswith("李雷")
    assert facts["认领"].endswith("11-23 02:17")
    assert "13800001111" not in facts["认领"]


def test_many_alerts_are_all_counted_though_only_the_worst_are_listed():
    card = write(*(stock(f"w{n}", severity="warning") for n in range(499)), stock("x"))
    assert (card.covers, card.number, len(card.cases)) == (500, "500", 15)
    assert card.cases[0].startswith("🔴 1 个 SKU 库存低于零（x，main）")
    assert "另有 485 条未列出，请看状态页。" in card.text


def test_it_is_written_in_english_too():
    card = write(stock("a"), stock("b"), language="en")
    assert card.title == "🔴 2 alerts: 1 SKUs below zero (a, main)"
    assert card.text.startswith("2 firing. ")


def test_a_digest_of_groups_counts_their_alerts_and_lists_them_by_line():
    card = cards.digest([write(stock("a"), stock("b")), write(stock("c", severity="warning"))])
    assert (card.covers, card.number) == (3, "3")
    assert [case[0] for case in card.cases] == ["🔴", "🔴", "🟠"]
