"""The daily and the weekly card: when, how often, and what they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from exporter.cards import reports as cards
from exporter.config import ConfigFaultError, load
from exporter.model import Alert, Record
from exporter.notify import known
from exporter.probes.order_rate import tell as rate
from exporter.probes.pending_paid import tell as paid
from exporter.reports import Reports
from exporter.state import State

SHANGHAI = ZoneInfo("Asia/Shanghai")
SUNDAY = datetime(2026, 11, 22, 8, 0, tzinfo=SHANGHAI)
CONFIG = """\
shops: {main: {database: "sqlite:///shop.db", tables: plain, probes: {negative_stock: }}}
channels: {ops: {kind: wecom, key: k}}
alerts: {reports: {daily: "09:00", weekly: "mon 09:30", to: [ops]}}
"""
STOCK = Alert(
    "Stock",
    {"alertname": "Stock", "severity": "critical", "shop": "main"},
    "firing",
    SUNDAY - timedelta(hours=3),
    1.0,
    {"summary": "1 个 SKU 库存低于零"},
)


def record(at, status="firing", rule="Stock", **more):
    return Record(at, rule, {"alertname": rule}, status, at - timedelta(minutes=10), 1.0, **more)


class Desk:
    def __init__(self, folder, text=CONFIG):
        file = folder / "config.yaml"
        file.write_text(text, encoding="utf-8")
        self.config, self.state = load(file), State("sqlite://")
        self.restart()

    def restart(self):
        self.reports = Reports(self.state, lambda: None)

    def look(self, at, series=(), firing=()):
        before = len(self.cards())
        self.reports.look(self.config, series, firing, at)
        return self.cards()[before:]

    def cards(self):
        return [row.card for row in self.state.due("ops", 9e9)]


@pytest.fixture
def desk(tmp_path):
    opened = Desk(tmp_path)
    yield opened
    opened.state.close()


def test_a_report_is_written_once_at_its_time_in_the_shops_zone(desk):
    assert desk.look(SUNDAY) == []
    assert desk.look(SUNDAY.replace(hour=8, minute=59)) == []
    assert len(desk.look(SUNDAY.replace(hour=9))) == 1
    desk.restart()
    assert desk.look(SUNDAY.replace(hour=9, minute=1)) == []
    monday = SUNDAY + timedelta(days=1)
    assert [card.title for card in desk.look(monday.replace(hour=9))] == ["🟢 日报：一切正常"]
    assert len(desk.look(monday.replace(hour=9, minute=30))) == 1


def test_a_report_that_was_due_while_nobody_ran_is_written_at_the_next_start(desk):
    desk.look(SUNDAY)
    desk.restart()
    assert len(desk.look(SUNDAY.replace(hour=15))) == 1


def test_a_daily_card_tells_what_fired_what_fires_still_and_what_nobody_was_told(desk):
    desk.look(SUNDAY)
    early = SUNDAY.astimezone(UTC) + timedelta(minutes=5)
    slow = [record(early, status, rule="Slow", muted="quiet") for status in ("firing", "resolved")]
    told = [record(early), *slow, record(early), record(early, "resolved", rule="Told", muted="quiet")]
    desk.state.commit({}, [], early, records=told)
    [card] = desk.look(SUNDAY.replace(hour=9), firing=[STOCK])
    assert card.title == "🔴 日报：1 条告警未恢复"
    assert card.cases == ("🔴 1 个 SKU 库存低于零 · 4小时",)
    assert "静默期间有 1 次告警出现又恢复" in card.text
    assert "Stock 2 次；Slow 1 次" in card.text
    facts = {fact.name: fact.value for fact in card.facts}
    assert (facts["触发"], facts["恢复"], facts["平均"]) == ("3 次", "2 次", "10分钟")
    assert card.mention == ()


def test_a_weekly_card_holds_wrong_payments_against_all_orders(desk):
    orders = [("main", rate.ORDERS(count, event="created")) for count in (1000, 101_000)]
    wrong = [("main", paid.ANOMALIES(count, kind="double_payment")) for count in (0, 40)]
    desk.look(SUNDAY, [orders[0], wrong[0]])
    desk.look(SUNDAY + timedelta(hours=20), [orders[1], wrong[1]])
    card = desk.look((SUNDAY + timedelta(days=1)).replace(hour=9, minute=30), [orders[1], wrong[1]])[-1]
    assert card.title == "🟠 周报：支付异常率 0.040%"
    assert card.text == "目标不超过 0.03%，高于目标。"
    assert card.cases == ("main · 100,000 笔订单 · 至少 40 笔异常 · 0.040%",)


def test_where_nobody_counts_orders_the_weekly_card_says_so():
    span = cards.Span(SUNDAY - timedelta(days=7), SUNDAY, [], [])
    card = cards.weekly(span, [cards.Health("main", None, 3)], zone=SHANGHAI, language="zh")
    assert card.title == "🔵 周报：支付异常率未知"
    assert "order_rate" in card.text
    assert card.cases == ("main · 订单数未知 · 至少 3 笔异常",)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_both_cards_fit_every_room(language):
    span = cards.Span(SUNDAY - timedelta(days=7), SUNDAY, [record(SUNDAY)] * 9, [STOCK] * 50, {("ops", "dead"): 2}, 5)
    setting = {"zone": SHANGHAI, "language": language, "external_url": "https://o.example"}
    for card in (cards.daily(span, **setting), cards.weekly(span, [cards.Health("a" * 99, 9e9, 1)], **setting)):
        for kind, section in (("dingtalk", {"token": "t"}), ("wecom", {"key": "k"})):
            [message] = known()[kind].model_validate({"kind": kind, **section}).messages(card, SUNDAY)
            assert len(message.data) < 4096


@pytest.mark.parametrize(
    ("reports", "said"),
    [
        ("{daily: 09:00:61, to: [ops]}", 'write for example "23:00"'),
        ("{weekly: sunday, to: [ops]}", 'write for example "mon 09:00"'),
        ("{daily: '09:00', to: [opps]}", "no channel 'opps'; did you mean 'ops'?"),
        ("{daily: '09:00'}", "to: is missing"),
    ],
)
def test_a_wrong_time_or_room_is_told_with_what_to_write(tmp_path, reports, said):
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG[: CONFIG.index("{reports")] + f"{{reports: {reports}}}\n", encoding="utf-8")
    with pytest.raises(ConfigFaultError) as fault:
        load(file)
    assert said in str(fault.value)
    assert "config.yaml:3: alerts.reports" in str(fault.value)
