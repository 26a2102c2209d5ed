"""The status page as an operator reads it, and what hostile text does to it: nothing."""

from dataclasses import replace
from datetime import UTC, timedelta
from html.parser import HTMLParser

import pytest

from exporter import probes
from exporter.model import Case, Delivery, Gap, Metric
from exporter.probes.pending_paid.tell import AGES, ANOMALY_KINDS, OLDEST_AGE
from exporter.probes.schema_watch.compare import KINDS
from exporter.web import pages, probe_page
from exporter.web.details import Inspection
from exporter.web.frame import Frame
from exporter.web.labels import LABELS
from exporter.web.names import METRICS, PROBES
from exporter.web.status import SHANGHAI, AlertRow, ProbeRow, Status
from exporter.web.wording import Wording
from exporter.web.words import WORDS

from .conftest import AT

ORDERS = Metric("order_health_pending_paid_orders", "x", ("pay_channel", "age"))
OLDEST = Metric("order_health_pending_paid_oldest_timestamp_seconds", "x")
HEALTHY = ProbeRow("main", "pending_paid", "healthy", (), last_success=AT - timedelta(seconds=12), seconds=0.0042)
ALERT = AlertRow("已付款订单滞留", "critical", "firing", AT - timedelta(minutes=14), 89, "main", runbook="pending_paid")


class Text(HTMLParser):
    """The page's text and its tags."""

    def __init__(self, html):
        super().__init__()
        self.words, self.tags = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.extend(data.split())

    @property
    def text(self):
        return " ".join(self.words)


def page(language="zh", **more):
    return Text(pages.home(Status(AT, "1.2.3", **more), language))


def inspected(row, language="zh", **more):
    """The page of one probe."""
    seen = Inspection(AT, SHANGHAI, row, settings={"every": "30s"}, limits={"stale": 600.0}, **more)
    return Text(probe_page.page(seen, Frame(language, "../../")))


def test_a_page_says_how_many_cases_it_does_not_list():
    alert = replace(ALERT, evidence=tuple(Case(f"N{n}") for n in range(12)), unlisted=77, fingerprint="0a")
    shown = page(alerts=(alert,)).text
    assert "N3 其余 8 个" in shown
    assert "另有 77 个未列出" in shown
    assert "未列出" not in page(alerts=(replace(alert, unlisted=0),)).text


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(89, "笔订单", "89 笔订单"), (246, "毫秒", "246 毫秒"), (125, "秒", "2 分钟 5 秒"), (12_345, "", "12,345")],
)
def test_a_figure_does_not_stand_without_its_unit(value, unit, said):
    assert f"订单滞留 {said} 严重" in page(alerts=(replace(ALERT, value=value, unit=unit),)).text


def test_a_statement_stands_whole_on_a_line_of_its_own():
    sql = f"SELECT order_no FROM orders WHERE {' OR '.join(f'c{n} LIKE :part' for n in range(15))} LIMIT 20"
    shown = page(alerts=(replace(ALERT, evidence=(Case("by_phone", None, "246 ms / 10 ms", sql),)),))
    assert f"by_phone 246 ms / 10 ms {sql}" in shown.text
    assert ("code", {"class": "statement"}) in shown.tags


def test_a_reason_in_two_languages_is_told_in_the_one_of_the_page():
    row = replace(HEALTHY, gaps=(Gap("orders", "看不到 / it cannot be seen"), Gap("callbacks", "/a / b")))
    assert "订单：看不到 不适用 · 支付回调：/a / b" in inspected(row).text
    assert "orders: it cannot be seen" in inspected(row, "en").text
    assert "orders: it cannot be seen" in page("en", probes=(replace(row, state="not_applicable"),)).text


def test_the_first_thing_on_the_page_is_how_things_stand():
    assert "一切正常 · order-health" in page(probes=(HEALTHY,)).text
    assert "2 条告警" in page(probes=(HEALTHY,), alerts=(ALERT, ALERT)).text
    assert "1 alert firing" in page("en", probes=(HEALTHY,), alerts=(ALERT,)).text
    failing = replace(HEALTHY, state="failing", why="the database is gone")
    assert "1 项检查没有结果" in page(probes=(failing,)).text
    assert "告警卡片没有送达" in page(probes=(HEALTHY,), channels=(Delivery("ops", "wecom", accepted=False),)).text
    assert "正在等待首次检查" in page(probes=(replace(HEALTHY, state="waiting"),)).text
    assert "还没有检查项" in page().text


@pytest.mark.parametrize(
    ("state", "zh", "en"),
    [
        ("healthy", "正常", "Healthy"),
        ("firing", "告警中", "Firing"),
        ("failing", "检查失败", "No answer"),
        ("waiting", "等待首次检查", "Not run yet"),
        ("not_applicable", "不适用", "Not applicable"),
    ],
)
def test_each_state_is_a_word_and_not_only_a_colour(state, zh, en):
    row = replace(HEALTHY, state=state, why="because of this")
    assert zh in page(probes=(row,)).text
    assert en in page("en", probes=(row,)).text
    assert "because of this" in page(probes=(row,)).text


def test_a_probe_shows_its_total_its_parts_and_how_fresh_it_is():
    samples = (
        ORDERS(61, pay_channel="wechat", age="10m-1h"),
        ORDERS(28, pay_channel="alipay", age="1h-24h"),
        ORDERS(0, pay_channel="alipay", age="10m-1h"),
        OLDEST((AT - timedelta(hours=2, minutes=51)).timestamp()),
    )
    assert "正常 89 已付款仍待支付的订单 上次成功 12 秒前" in page(probes=(replace(HEALTHY, samples=samples),)).text
    said = inspected(replace(HEALTHY, samples=samples)).text
    assert "已付款仍待支付的订单 89 微信支付 · 10m-1h 61 支付宝 · 1h-24h 28 其余 1 项为 0" in said
    assert "最早一单的付款时间 2 小时 51 分钟前" in said
    assert "耗时 4.2 毫秒 上次成功 03:11:53" in said


def test_a_histogram_is_for_machines_and_an_empty_label_leaves_no_gap():
    sizes = Metric("order_health_message_bytes", "Sizes.", ("topic",), "histogram", (10,))
    oversize = Metric("order_health_recent_oversize_messages", "Oversize.", ("topic", "field", "content"))
    samples = (*sizes.observed((1,), 1, 5, topic="order_created"), oversize(3, topic="t", field="", content="hex"))
    said = inspected(replace(HEALTHY, samples=samples)).text
    assert "超大消息 3 t · 十六进制 3" in said
    assert "Inf" not in said.partition("样本")[0]


def test_a_check_that_can_never_be_answered_says_why():
    row = replace(HEALTHY, gaps=(Gap("reservations", "no such table"),))
    assert "不适用 · 库存预占：no such table" in inspected(row).text


def test_checks_with_one_reason_stand_together():
    gaps = (Gap("orders", "账号 / account"), Gap("server_zone", "x"), Gap("callbacks", "账号 / account"))
    row = replace(HEALTHY, probe="slow_queries", part="statements", gaps=gaps)
    assert "不适用 · 订单、支付回调：账号 不适用 · 数据库时区与映射不一致：x" in inspected(row).text
    assert "Slow queries · statements" in page("en", probes=(row,)).text
    assert "orders, payment callbacks: account" in inspected(row, "en").text


def test_what_our_probes_say_is_said_in_words_and_not_in_names():
    assert not probes.known().keys() - PROBES.keys()
    for probe in probes.known().values():
        assert not {metric.name for metric in probe.METRICS} - set(METRICS)
    for kind in ANOMALY_KINDS:
        assert not Wording("zh", AT, UTC).label("kind", kind).isascii()
        assert not Wording("zh", AT, UTC).check(kind).isascii()
    assert all(("change", kind) in LABELS for kind in KINDS)
    for age in (*(name for name, _ in AGES), OLDEST_AGE):
        assert ("age", age) in LABELS
    for check in ("orders", "callbacks", "reservations", "negative_stock", "pending_orders", "stale_reservations"):
        assert not Wording("zh", AT, UTC).check(check).isascii()
    samples = (ORDERS(1, pay_channel="alipay", age="under_2h"), Metric("order_health_stock_key_missing", "x")(1))
    assert "支付宝 · 30 分钟–2 小时 1 缺少唯一键 是" in inspected(replace(HEALTHY, samples=samples)).text


def test_an_alert_shows_since_when_its_evidence_and_the_way_to_the_runbook():
    cases = tuple(Case(f"SO-{n}", AT - timedelta(minutes=n), "¥128.00") for n in range(12))
    shown = page(probes=(HEALTHY,), alerts=(replace(ALERT, evidence=cases, fingerprint="00ab"),))
    assert "02:58:05 开始，已 14 分钟" in shown.text
    assert "SO-3 ¥128.00 3 分钟" in shown.text
    assert "其余 8 个" in shown.text
    assert ("a", {"class": "more", "href": "alerts/00ab"}) in shown.tags
    assert ("a", {"class": "button", "href": "runbooks/pending_paid?shop=main"}) in shown.tags


def test_the_worst_and_oldest_alert_stands_first():
    alerts = (
        replace(ALERT, title="pending", status="pending"),
        replace(ALERT, title="warning", severity="warning"),
        replace(ALERT, title="younger"),
        replace(ALERT, title="older", since=AT - timedelta(hours=1)),
    )
    words = page(alerts=alerts).words
    assert sorted(("pending", "warning", "younger", "older"), key=words.index) == [
        "older",
        "younger",
        "warning",
        "pending",
    ]


def test_a_room_shows_what_waits_and_the_last_receipt():
    rooms = (
        Delivery("ops", "dingtalk", 2, AT - timedelta(minutes=3), AT - timedelta(minutes=13), True, "ok"),
        Delivery("duty", "wecom", 0, None, AT, False, "errcode 93000: invalid webhook url"),
    )
    said = page(channels=rooms).text
    assert "ops dingtalk 已送达 02:59:05 2 张待发 最早一张已等 3 分钟" in said
    assert "duty wecom 未送达 errcode 93000: invalid webhook url" in said


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style><script>",
        "{{ 7*7 }}",
        "<!--",
        "\u202e<b>",
    ],
)
def test_text_from_outside_never_becomes_markup(hostile):
    row = ProbeRow(
        hostile, hostile, "failing", (ORDERS(1, pay_channel=hostile, age="x"),), (Gap(hostile, hostile),), hostile
    )
    alert = AlertRow(hostile, hostile, "firing", AT, 1, hostile, hostile, (Case(hostile, AT, hostile),), hostile)
    harmless = page(probes=(HEALTHY,), alerts=(replace(ALERT, text="x", evidence=(Case("x"),)),))
    shown = page(probes=(row,), alerts=(alert,), channels=(Delivery(hostile, hostile, 1, AT, AT, False, hostile),))
    assert {tag for tag, _ in shown.tags} <= {tag for tag, _ in harmless.tags} | {
        "p",
        "b",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
    }
    assert not any(name.startswith("on") for _, attributes in shown.tags for name in attributes)
    assert "49" not in shown.text


def test_an_order_number_of_ten_kilobytes_or_with_newlines_stays_one_short_line():
    said = page(alerts=(replace(ALERT, evidence=(Case("9" * 10_000), Case("a\nb\u2066c"))),)).text
    assert "9" * 80 + "…" in said
    assert "9" * 81 not in said
    assert "a�b�c" in said


def test_the_page_needs_no_script_and_has_one_that_renews_it():
    shown = page(probes=(HEALTHY,), alerts=(ALERT,))
    assert not {"link", "img", "iframe", "form"} & {tag for tag, _ in shown.tags}
    assert [attributes for tag, attributes in shown.tags if tag == "script"] == [{"src": "renew.js", "defer": None}]
    assert ("meta", {"http-equiv": "refresh", "content": "30"}) in shown.tags  # in <noscript>
    assert ("meta", {"http-equiv": "refresh", "content": "30"}) in shown.tags
    assert ("html", {"lang": "zh-CN"}) in shown.tags


@pytest.mark.parametrize(
    ("seconds", "zh", "en"),
    [
        (0.0042, "4.2 毫秒", "4.2 ms"),
        (2.04, "2 秒", "2 s"),
        (45, "45 秒", "45 s"),
        (840, "14 分钟", "14 min"),
        (3600, "1 小时", "1 h"),
        (10_265, "2 小时 51 分钟", "2 h 51 min"),
        (97_200, "1 天 3 小时", "1 d 3 h"),
        (86_430, "1 天", "1 d"),
        (float("inf"), "–", "–"),
    ],
)
def test_lengths_are_read_in_at_most_two_units(seconds, zh, en):
    zone = Status(AT, "").zone
    assert Wording("zh", AT, zone).length(seconds) == zh
    assert Wording("en", AT, zone).length(seconds) == en


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("order_health_message_bytes", 12_582_912, "12 MB"),
        ("order_health_message_bytes", 0, "0 B"),
        ("order_health_lag_seconds", 0.8, "800 ms"),
        ("order_health_orders", 12_345, "12,345"),
        ("order_health_ratio", 0.03125, "3.1%"),
        ("order_health_ratio", float("nan"), "–"),
    ],
)
def test_a_value_is_read_in_the_unit_its_metric_is_named_for(name, value, said):
    assert Wording("en", AT, Status(AT, "").zone).value(Metric(name, ""), value) == said


def test_a_time_of_another_day_carries_its_date():
    say = Wording("zh", AT, Status(AT, "").zone)
    assert say.clock(AT) == "03:12:05"
    assert say.clock(AT - timedelta(hours=4)) == "03-01 23:12"
    assert say.clock(AT - timedelta(days=100)) == "2025-11-22 03:12"


@pytest.mark.parametrize("vocabulary", [WORDS, PROBES, METRICS, LABELS], ids=["words", "probes", "metrics", "labels"])
def test_every_word_is_there_in_both_languages(vocabulary):
    assert all(both["zh"].strip() and both["en"].strip() for both in vocabulary.values())


def test_a_part_is_not_said_again_with_each_of_its_figures():
    seconds = Metric("order_health_search_seconds", "x", ("search",))(0.246, search="by_phone")
    scans = Metric("order_health_search_full_scan", "x", ("search",))(1, search="by_phone")
    row = replace(HEALTHY, probe="slow_queries", part="by_phone", samples=(seconds, scans))
    assert "慢查询 · by_phone 正常 246 毫秒 搜索耗时" in page(probes=(row,)).text
    assert "搜索耗时 246 毫秒 全表扫描 是" in inspected(row).text


def test_changes_and_weak_spots_are_told_in_words():
    changes = Metric("order_health_schema_changes", "x", ("table", "change", "noticed"))
    findings = Metric("order_health_schema_findings", "x", ("table", "finding"))
    samples = (
        changes(2, table="orders", change="mapped_column_gone", noticed="2026-03-01T18:30:00Z"),
        findings(1, table="orders", finding="float_money"),
        findings(0, table="", finding="open_phone"),
    )
    said = inspected(replace(HEALTHY, probe="schema_watch", samples=samples)).text
    assert "结构变更 2 orders · 映射用到的列没了 · 02:30:00 2" in said
    assert "结构隐患 1 orders · 金额用浮点数存储 1 其余 1 项为 0" in said
