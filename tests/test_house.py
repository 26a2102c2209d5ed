"""The house keeps its order: what belongs together is all there, and nothing stands where it should not."""

from __future__ import annotations

import ast
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import promql_parser
import pytest
import yaml

from exporter import __main__, delivery, heartbeats, leases, metrics, notify, probes, relay, selfmetrics, silences
from exporter.config import Config
from exporter.delivery import peers
from exporter.model import Card, Link, Metric
from tests.keeping import kept

ROOT = Path(__file__).parent.parent
CODE = sorted((ROOT / "exporter").rglob("*.py"))
OWN = [
    thing
    for room in (delivery, heartbeats, leases, peers, metrics, relay, selfmetrics, silences)
    for thing in vars(room).values()
    if isinstance(thing, Metric)
]
DECLARED = {metric.name: metric for probe in probes.known().values() for metric in probe.METRICS}
DECLARED |= {metric.name: metric for metric in OWN}
SERIES = {each.name: frozenset({"shop", *each.labels}) for metric in DECLARED.values() for each in metric.series}
RULES = [
    (file, rule)
    for file in sorted((ROOT / "rules").glob("*.yml"))
    for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]

LABELS = {
    "replica": "reporting",
    "search": "by_phone",
    "table": "orders",
    "probe": "slow_queries",
    "channel": "ops",
    "path": "/shop/orders/export",
}

CONTRACT = {
    "order_health_pending_paid_orders": ("pay_channel", "age"),
    "order_health_pending_paid_oldest_timestamp_seconds": (),
    "order_health_payment_anomalies": ("kind",),
    "order_health_negative_stock_skus": ("warehouse",),
    "order_health_stock_lowest_quantity": ("warehouse",),
    "order_health_slow_queries_total": ("schema",),
    "order_health_query_seconds_total": ("digest", "schema"),
    "order_health_search_seconds": ("search",),
    "order_health_search_full_scan": ("search",),
    "order_health_replica_lag_seconds": ("replica", "method"),
    "order_health_replica_running": ("replica", "channel", "thread"),
    "order_health_export_cached": ("path",),
    "order_health_export_age_seconds": ("path",),
    "order_health_message_bytes": ("queue", "topic"),
    "order_health_oversize_messages_total": ("queue", "topic"),
    "order_health_largest_message_bytes": ("queue", "topic"),
    "order_health_consumer_delay_seconds": ("queue", "topic", "group"),
    "order_health_consumer_backlog_messages": ("queue", "topic", "group"),
    "order_health_limit": ("probe", "limit"),
    "order_health_probe_success": ("probe",),
    "order_health_probe_duration_seconds": ("probe",),
    "order_health_probe_last_success_timestamp_seconds": ("probe",),
    "order_health_cards_total": ("channel", "result"),
    "order_health_outbox_cards": ("channel",),
    "order_health_outbox_oldest_timestamp_seconds": ("channel",),
}


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


@pytest.mark.parametrize("probe", probes.known())
@pytest.mark.parametrize(
    "place",
    [
        "rules/{}.yml",
        "tests/rules/{}.test.yml",
        "tests/probes/test_{}.py",
        "docs/runbooks/{}.md",
        "docs/runbooks/{}.en.md",
    ],
)
def test_a_probe_comes_with_its_rules_its_tests_and_its_runbook(probe, place):
    assert (ROOT / place.format(probe)).is_file()


@pytest.mark.parametrize("probe", probes.known())
def test_every_setting_of_a_probe_stands_in_the_example(probe):
    example = text("config.example.yaml")
    section = example[example.index(f"      {probe}:") :]
    for name, field in probes.known()[probe].model_fields.items():
        setting = field.alias or name
        assert re.search(rf"\b{setting}:", section), f"config.example.yaml does not show {probe}.{setting}"


@pytest.mark.parametrize("kind", notify.known())
def test_a_channel_comes_with_its_tests_its_page_and_its_example(kind):
    assert (ROOT / f"tests/notify/test_{kind}.py").is_file()
    assert kind in text("docs/channels.md").lower()
    assert f"kind: {kind}" in text("config.example.yaml")


@pytest.mark.parametrize("name", CONTRACT)
def test_a_name_of_the_contract_stays_as_it_is(name):
    assert DECLARED[name].labels == CONTRACT[name]


@pytest.mark.parametrize("metric", DECLARED.values(), ids=DECLARED)
def test_a_metric_is_named_as_prometheus_asks_and_documented(metric):
    assert re.fullmatch(r"order_health_[a-z0-9_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.help.endswith(".")
    assert not {"shop", "job", "instance"} & set(metric.labels) or metric in OWN
    assert f"`{metric.name}`" in text("docs/metrics.md") or f"`{metric.name}{{" in text("docs/metrics.md")


def test_no_two_families_share_a_name_in_either_format():
    """OpenMetrics names a counter's family without `_total`, and a histogram's series have names of their own."""
    names = [name for metric in DECLARED.values() for name in {metric.name.removesuffix("_total"), *_series(metric)}]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def _series(metric):
    return [each.name for each in metric.series if each is not metric]


@pytest.mark.parametrize("command", __main__.COMMANDS)
def test_a_command_has_its_file_and_stands_in_both_readmes(command):
    assert (ROOT / f"exporter/commands/{command}.py").is_file()
    for readme in ("README.md", "README.zh-CN.md"):
        assert f"order-health {command}" in text(readme)


@pytest.mark.parametrize(("file", "rule"), RULES, ids=[f"{f.stem}:{r.get('alert')}" for f, r in RULES])
def test_an_alert_tells_a_person_what_to_do_in_both_languages(file, rule):
    assert set(rule["annotations"]) >= {"summary", "description", "summary_en", "description_en", "runbook_url"}
    assert (ROOT / rule["annotations"]["runbook_url"]).is_file()
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    # an alert about a probe that fails keeps the name of that probe
    assert rule["labels"].get("probe", "watch") == file.stem
    assert "for" in rule


@pytest.mark.parametrize("summary", ["summary", "summary_en"])
@pytest.mark.parametrize(("file", "rule"), RULES, ids=[f"{f.stem}:{r.get('alert')}" for f, r in RULES])
def test_a_title_is_short_enough_for_the_smallest_card(file, rule, summary):
    """What stands in brackets at its end may be left out there: WeCom shows 26 letters, and 30 below them.

    An English title that needs more stands whole in the text of the card.
    """
    said = rule["annotations"][summary]
    said = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda found: LABELS.get(found[1], found[1]), said)
    said = re.sub(r"\{\{[^}]*humanizeDuration \}\}", "12m 5s", said)
    title = "🟠 " + re.sub(r"\{\{.*?\}\}", "89", said)
    card = Card(title, "firing", "warning", "", links=(Link("x", "http://x.example"),))
    channel = notify.known()["wecom"].model_validate({"kind": "wecom", "key": "k"})
    [request] = channel.messages(card, datetime(2026, 1, 1, tzinfo=UTC))
    shown = json.loads(request.data)["template_card"]
    lines = " ".join(shown["main_title"].values())
    news = re.sub(r"\s*[（(][^（()）]*[）)]$", "", title)
    assert "".join(news.split()) in "".join(lines.split()) or summary == "summary_en"
    assert "…" not in lines or shown["sub_title_text"].startswith(news), f"{lines} is cut; shorten {title}"


@pytest.mark.parametrize(("file", "rule"), RULES, ids=[f"{f.stem}:{r.get('alert')}" for f, r in RULES])
def test_a_rule_reads_only_metrics_and_labels_that_exist(file, rule):
    read = set(re.findall(r"\border_health_[a-z0-9_]+", rule["expr"]))
    assert read <= set(SERIES)
    labels = kept(promql_parser.parse(rule["expr"]), SERIES)
    for text in (*rule["annotations"].values(), *rule["labels"].values()):
        asked = set(re.findall(r"(?:\$labels|\.Labels)\.(\w+)", text))
        assert asked <= labels, f"{text} asks for a label that the expression drops"


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("a", {"shop", "x", "y"}),
        ("sum by (x, nothing) (a) * 2", {"x"}),
        ("max without (x) (a)", {"shop", "y"}),
        ("count(a)", set()),
        ("topk(3, a)", {"shop", "x", "y"}),
        ("a > on (shop) b", {"shop"}),
        ("a > ignoring (x, y) b", {"shop"}),
        ("a > on (shop) group_left () b", {"shop", "x", "y"}),
        ("b < on (shop) group_right () a", {"shop", "x", "y"}),
        ("b * on (shop) group_left (x) max by (shop, x) (a)", {"shop", "x"}),
        ("a and on (shop) b", {"shop", "x", "y"}),
        ("a or b", {"shop"}),
        ("time() - a > 5", {"shop", "x", "y"}),
        ("absent(a)", set()),
        ("rate(a[5m]) > 1 unless b", {"shop", "x", "y"}),
        ("max_over_time(sum by (x) (a)[5m:])", {"x"}),
        ('label_replace(b, "z", "$1", "shop", "(.*)")', {"shop", "z"}),
    ],
)
def test_labels_that_an_expression_drops_are_known(expr, labels):
    """So that the test above can fail."""
    assert kept(promql_parser.parse(expr), {"a": frozenset({"shop", "x", "y"}), "b": frozenset({"shop"})}) == labels


def test_time_is_an_argument():
    asks = [
        f
        for f in CODE
        if re.search(r"datetime\.(now|utcnow|today)\(|time\.time(_ns)?\(", f.read_text(encoding="utf-8"))
    ]
    allowed = {"app.py"}
    assert [
        str(f.relative_to(ROOT)) for f in asks if f.name not in allowed and f.parent.name not in {"commands", "demo"}
    ] == []


@pytest.mark.parametrize("file", CODE, ids=[str(f.relative_to(ROOT)) for f in CODE])
def test_a_room_is_small_enough_to_live_in(file):
    source = file.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= 205
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno - node.lineno < 40, f"{node.name} is long"


def test_the_example_shows_every_section():
    example = text("config.example.yaml")
    for section in Config.model_fields:
        assert section == "folder" or re.search(rf"^#? ?{section}:", example, re.MULTILINE)


def test_the_project_stands_alone():
    for file in [*CODE, *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.py"), ROOT / "Makefile"]:
        found = file.read_text(encoding="utf-8")
        assert "../shared" not in found
        assert "/work/" not in found
