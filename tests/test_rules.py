"""Rule files mean here what they mean to Prometheus, and what cannot be judged is refused when it is loaded."""

from __future__ import annotations

import time
import weakref
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from exporter.alerts import step
from exporter.model import Case, Metric, Sample
from exporter.rules import Rulebook, RuleFaultError
from exporter.rules.picture import MOST_CASES
from exporter.trials import Sheet, failures
from tests.servers.prometheus import promtool

ROOT = Path(__file__).parent.parent
RULES = sorted((ROOT / "rules").glob("*.yml"))
TRIALS = sorted((ROOT / "tests/rules").glob("*.test.yml"))
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

ORDERS = Metric("orders", "Orders that wait.", ("warehouse", "kind"))
LIMIT = Metric("limit", "The most that may wait.")


def book(folder, *rules, **group):
    """A rulebook of one file `rules/x.yml` with one group."""
    folder = folder / "rules"
    folder.mkdir(exist_ok=True)
    text = yaml.safe_dump(
        {"groups": [{"name": "g", **group, "rules": list(rules)}]}, sort_keys=False, allow_unicode=True
    )
    (folder / "x.yml").write_text(text, encoding="utf-8")
    return Rulebook.load([str(folder / "x.yml")])


def faults(folder, text):
    """What is said about a file of that text."""
    folder = folder / "rules"
    folder.mkdir(exist_ok=True)
    (folder / "x.yml").write_text(text, encoding="utf-8")
    with pytest.raises(RuleFaultError) as caught:
        Rulebook.load([str(folder / "x.yml")])
    assert str(caught.value).splitlines() == list(caught.value.faults)
    return list(caught.value.faults)


class Text(str):
    __slots__ = ("__weakref__",)


def test_a_quiet_rule_keeps_no_series_of_a_former_round(tmp_path):
    rules, label = book(tmp_path, {"alert": "A", "expr": "orders > 5"}), Text("hz")
    assert rules.judge([("main", Sample(ORDERS, 1.0, (label, "late")))], NOW).findings == []
    gone = weakref.ref(label)
    del label
    for second in (1, 2):
        at = NOW + timedelta(seconds=second)
        assert rules.judge([("main", Sample(ORDERS, 1.0, ("sh", "late")))], at).findings == []
    assert gone() is None


def test_what_no_rule_reads_is_not_looked_at(tmp_path):
    series = [("main", Sample(ORDERS, 9.0, ("hz", "late"))), ("main", Sample(LIMIT, 9.0))]
    rules = book(tmp_path, {"alert": "A", "expr": "orders > 5"})
    assert len(rules.judge(series, NOW).findings) == 1
    assert [sample for _, sample, _ in rules._values._known.values()] == [series[0][1]]


def orders(value, *evidence, shop="main", warehouse="hz", kind="late"):
    return shop, ORDERS(value, warehouse=warehouse, kind=kind, evidence=evidence)


def case(ref, minutes=0):
    return Case(ref, NOW - timedelta(minutes=minutes))


def test_a_rule_is_judged_anew_whenever_its_series_or_the_time_can_have_changed_its_mind(tmp_path):
    rules = book(
        tmp_path,
        {"alert": "Many", "expr": "orders > 2"},
        {"alert": "Late", "expr": f"time() - orders > {NOW.timestamp()}"},
        {"alert": "Nothing", "expr": "absent(orders)"},
    )

    def holding(series, at=NOW):
        return [finding.rule for finding in rules.judge(series, at).findings]

    assert holding([orders(1)]) == holding([orders(1)]) == []
    assert holding([orders(1)], NOW + timedelta(seconds=2)) == ["Late"]
    assert holding([orders(1), orders(3, kind="lost")]) == ["Many"]
    assert holding([orders(3)]) == holding([orders(3)]) == ["Many"]
    assert holding([]) == ["Nothing"]
    assert holding([orders(1)]) == []


# --- the files of the project, by promtool and by our own judge


@pytest.mark.server
def test_promtool_accepts_every_rule_file():
    checked = promtool("check", "rules", *map(str, RULES))
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.server
@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.name)
def test_promtool_finds_the_expected_alerts(path):
    tested = promtool("test", "rules", str(path))
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.name)
def test_our_judge_finds_the_same_alerts_with_the_same_labels_and_annotations(path):
    sheet = Sheet.read(path)
    assert any(test.alerts for test in sheet.tests)
    assert failures(sheet) == []


def test_every_rule_file_has_its_trials():
    assert [path.name for path in TRIALS] == [path.stem + ".test.yml" for path in RULES]


# --- judging


def test_an_alert_has_the_labels_of_the_result_of_the_rule_and_its_name(tmp_path):
    rules = book(
        tmp_path,
        {
            "alert": "Late",
            "expr": "sum by (warehouse, shop) (orders) > on (shop) group_left () limit",
            "for": "2m",
            "keep_firing_for": "5m",
            "labels": {"severity": "{{ if $labels.warehouse }}critical{{ end }}", "warehouse": "", "team": "ops"},
            "annotations": {"summary": "{{ $labels.shop }}/{{ $labels.warehouse }}: {{ $value }}"},
        },
    )
    judgement = rules.judge([orders(3), orders(4, kind="lost"), ("main", LIMIT(5)), orders(9, shop="other")], NOW)
    (finding,) = judgement.findings
    assert finding.labels == {"alertname": "Late", "shop": "main", "severity": "critical", "team": "ops"}
    assert finding.annotations == {"summary": "main/hz: 7"}
    assert (finding.rule, finding.value, finding.wait, finding.keep) == ("Late", 7, 120, 300)
    assert judgement.failed == {}


def test_a_number_counts_as_one_element_without_labels(tmp_path):
    (finding,) = book(tmp_path, {"alert": "A", "expr": "scalar(vector(2))"}).judge([], NOW).findings
    assert (finding.labels, finding.value) == ({"alertname": "A"}, 2)


def test_the_labels_of_a_group_are_those_of_its_rules_unless_they_say_otherwise(tmp_path):
    rules = book(tmp_path, {"alert": "A", "expr": "vector(1)", "labels": {"a": "2"}}, labels={"a": "1", "b": "1"})
    assert rules.judge([], NOW).findings[0].labels == {"alertname": "A", "a": "2", "b": "1"}


def test_a_rule_whose_alerts_collide_fails_alone(tmp_path):
    rules = book(
        tmp_path,
        {"alert": "Collides", "expr": "orders", "labels": {"kind": "any"}},
        {"alert": "ManyToMany", "expr": "orders + on (shop) orders"},
        {"alert": "Fine", "expr": "sum(orders) > 0"},
    )
    judgement = rules.judge([orders(1), orders(2, kind="lost")], NOW)
    assert [finding.rule for finding in judgement.findings] == ["Fine"]
    assert "same labelset" in judgement.failed["Collides"]
    assert "many-to-many" in judgement.failed["ManyToMany"]


def test_more_alerts_than_the_limit_of_the_group_are_a_failure(tmp_path):
    rules = book(tmp_path, {"alert": "A", "expr": "orders"}, limit=1)
    assert len(rules.judge([orders(1)], NOW).findings) == 1
    assert rules.judge([orders(1), orders(2, kind="lost")], NOW).failed == {"A": "exceeded limit of 1 with 2 alerts"}


def test_a_hundred_thousand_alerts_of_one_rule_are_refused_in_bounded_time_unless_the_group_allows_them(tmp_path):
    rule = {"alert": "A", "expr": "orders > 0", "annotations": {"summary": "{{ $labels.kind }}"}}
    series = [orders(1, kind=str(number)) for number in range(100_000)]
    rules = book(tmp_path, rule)
    began = time.perf_counter()
    judgement = rules.judge(series, NOW)
    assert time.perf_counter() - began < 10
    assert judgement.findings == []
    assert judgement.failed["A"].startswith(
        "exceeded limit of 10000 with 100000 alerts; aggregate them by fewer labels"
    )
    assert len(book(tmp_path, rule, limit=20_000).judge(series[:15_000], NOW).findings) == 15_000


def test_what_is_recorded_is_seen_by_the_rules_below_now_and_by_those_above_the_next_time(tmp_path):
    rules = book(
        tmp_path,
        {"alert": "Above", "expr": "shop:orders:sum > 2"},
        {"record": "shop:orders:sum", "expr": "sum by (shop) (orders)", "labels": {"unit": "orders"}},
        {"record": "orders:most", "expr": "max(shop:orders:sum)"},
        {"alert": "Below", "expr": "orders:most > 2"},
    )
    series = [orders(1, case("a")), orders(2, case("b"), kind="lost")]
    assert [each.rule for each in rules.judge(series, NOW).findings] == ["Below"]
    found = rules.judge(series, NOW).findings
    assert [(each.rule, dict(each.labels)) for each in found] == [
        ("Above", {"alertname": "Above", "shop": "main", "unit": "orders"}),
        ("Below", {"alertname": "Below"}),
    ]
    assert [case.ref for case in found[1].evidence] == ["a", "b"]
    assert rules.readers({"orders"}) == {"Above", "Below"}
    assert rules.readers({"orders:most"}) == {"Below"}


def test_a_recording_rule_may_read_what_it_has_recorded_itself(tmp_path):
    rules = book(
        tmp_path,
        {"record": "rounds", "expr": "rounds + 1 or vector(1)"},
        {"alert": "Third", "expr": "rounds >= 3"},
    )
    assert [len(rules.judge([], NOW).findings) for _ in range(4)] == [0, 0, 1, 1]
    assert rules.judge([], NOW).findings[0].value == 5


def test_recording_rules_that_read_each_other_recover_together(tmp_path):
    rules = book(
        tmp_path,
        {"record": "one", "expr": "orders + on (shop) orders or other"},
        {"record": "other", "expr": "one"},
        {"alert": "A", "expr": "other > 0"},
    )
    assert rules.judge([orders(1), orders(2, kind="lost")], NOW).failed.keys() == {"one", "other", "A"}
    assert rules.judge([orders(1)], NOW).failed == {}
    assert [finding.value for finding in rules.judge([orders(1)], NOW).findings] == [2]


def test_a_group_is_judged_at_its_own_interval_and_its_alerts_stay_meanwhile(tmp_path):
    slow = {"name": "slow", "interval": "1m", "rules": [
        {"record": "most", "expr": "max(orders)"}, {"alert": "Slow", "expr": "orders > 0"},
    ]}  # fmt: skip
    fast = {"name": "fast", "rules": [{"alert": "Fast", "expr": "most > 0"}]}
    (tmp_path / "x.yml").write_text(yaml.safe_dump({"groups": [slow, fast]}), encoding="utf-8")
    rules = Rulebook.load([str(tmp_path / "x.yml")])

    def at(seconds, *series):
        judgement = rules.judge(series, NOW + timedelta(seconds=seconds))
        assert judgement.waiting <= {"Slow"}
        return {finding.rule: finding.value for finding in judgement.findings}, bool(judgement.waiting)

    assert at(2, orders(1)) == ({"Slow": 1, "Fast": 1}, False)
    assert at(7, orders(5)) == ({"Fast": 1}, True)
    assert at(59, orders(5)) == ({"Fast": 1}, True)
    assert at(62, orders(5)) == ({"Slow": 5, "Fast": 5}, False)
    assert at(64) == ({"Fast": 5}, True)
    assert at(-300) == ({}, False)


def test_a_rule_that_failed_is_told_of_until_its_group_is_due_again(tmp_path):
    rules = book(tmp_path, {"alert": "A", "expr": "orders + on (shop) orders"}, interval="1m")
    assert rules.judge([orders(1), orders(2, kind="lost")], NOW).failed.keys() == {"A"}
    assert rules.judge([], NOW + timedelta(seconds=5)).failed.keys() == {"A"}
    assert rules.judge([], NOW + timedelta(seconds=60)).failed == {}


def test_a_recording_rule_that_fails_takes_with_it_only_the_rules_that_read_it(tmp_path):
    rules = book(
        tmp_path,
        {"record": "bad", "expr": "orders + on (shop) orders"},
        {"record": "worse", "expr": "bad * 2"},
        {"alert": "Reads", "expr": "absent(worse)"},
        {"alert": "Other", "expr": "sum(orders) > 0"},
    )
    judgement = rules.judge([orders(1), orders(2, kind="lost")], NOW)
    assert [finding.rule for finding in judgement.findings] == ["Other"]
    assert judgement.failed["Reads"].startswith("worse, which it reads, could not be recorded: bad, which it reads")


# --- evidence


def test_the_evidence_is_that_of_the_samples_the_alert_is_about_oldest_first_and_once(tmp_path):
    rules = book(
        tmp_path,
        {"alert": "Late", "expr": 'sum by (shop, warehouse) (orders{kind!="lost"}) > on (shop) group_left () limit'},
    )
    series = [
        orders(1, case("young", 1), case("old", 9)),
        orders(1, case("middle", 5), case("old", 9), Case("undated"), kind="slow"),
        orders(1, case("not selected", 60), kind="lost"),
        orders(1, case("elsewhere", 60), warehouse="sh"),
        orders(1, case("another shop", 60), shop="other"),
        ("main", LIMIT(1)),
        ("other", LIMIT(5)),
    ]
    (finding,) = rules.judge(series, NOW).findings
    assert [each.ref for each in finding.evidence] == ["old", "middle", "young", "undated"]


def test_the_evidence_is_bounded(tmp_path):
    rules = book(tmp_path, {"alert": "Late", "expr": "orders > 0"})
    (finding,) = rules.judge([orders(500, *(case(str(n), n) for n in range(500)))], NOW).findings
    assert len(finding.evidence) == MOST_CASES
    assert finding.evidence[0].ref == "499"


# --- names, and the value now


def test_rules_that_share_a_name_are_told_apart_by_group_then_by_labels(tmp_path):
    rules = book(
        tmp_path,
        {"alert": "Once", "expr": "vector(1)"},
        {"alert": "Twice", "expr": "vector(1)", "labels": {"severity": "warning"}},
        {"alert": "Twice", "expr": "vector(2)", "labels": {"severity": "critical"}},
    )
    assert rules.names() == ("Once", "g/Twice{severity=warning}", "g/Twice{severity=critical}")
    assert {finding.labels["alertname"] for finding in rules.judge([], NOW).findings} == {"Once", "Twice"}


def test_the_value_now_is_what_the_rule_compares_also_when_it_no_longer_holds(tmp_path):
    rules = book(
        tmp_path,
        {"alert": "Late", "expr": "sum by (shop) (orders) > on (shop) group_left () limit unless on (shop) silent"},
        {"alert": "Turned", "expr": "5 < (sum by (shop) (orders))"},
        {"alert": "Gone", "expr": "absent(orders)"},
    )
    full = [orders(7), ("main", LIMIT(5))]
    active, _ = step({}, rules.judge(full, NOW).findings, NOW)
    late, turned = active.values()
    calm = [orders(2), orders(50, shop="other"), ("main", LIMIT(5))]
    assert rules.judge([orders(2)], NOW).findings == []
    assert rules.judge(calm, NOW).value_now(late) == 2
    assert rules.judge(calm, NOW).value_now(turned) == 2
    assert rules.judge([], NOW).value_now(late) is None


# --- faults


def test_all_faults_of_a_file_are_told_at_once_with_line_group_and_alert(tmp_path):
    text = """\
groups:
- name: g
  intervall: 1m
  rules:
  - alert: A
    expr: rate(x[5m]) > 1
    for: 5 minutes
    anotations: {summary: x}
  - alert: B
    expr: x >
    labels: {severity: "{{ upper $value }}", "a-b": x}
  - record: no name
    expr: x
    for: 1m
"""
    assert faults(tmp_path, text) == [
        "rules/x.yml:3: group \"g\": intervall is an unknown field; did you mean 'interval'?",
        'rules/x.yml:8: group "g": alert "A": anotations is an unknown field; did you mean \'annotations\'?',
        'rules/x.yml:6: group "g": alert "A": expr looks back in time, which the rules here do not yet; write it with instant values',
        'rules/x.yml:7: group "g": alert "A": for \'5 minutes\' is not a duration; write for example 30s, 5m or 1h30m',
        'rules/x.yml:10: group "g": alert "B": expr is not PromQL after \'x\': invalid promql query',
        'rules/x.yml:11: group "g": alert "B": severity is no usable template: upper is not a function here; did you mean \'toUpper\'?',
        'rules/x.yml:11: group "g": alert "B": a-b cannot be a name here; write letters, digits and `_`, and not `__name__`',
        'rules/x.yml:14: group "g": record "no name": for belongs to alerts, not to a recording rule; remove it',
        'rules/x.yml:12: group "g": record "no name": record \'no name\' cannot be a metric\'s name; write letters, digits, `_` and `:`',
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "rules/x.yml:1: has no groups"),
        ("- a\n", "rules/x.yml:1: has no groups"),
        ("groups: [\n", "rules/x.yml:2: is not YAML"),
        ("groups: {}\n", "rules/x.yml:1: has no groups"),
        ("groups: [{name: g}]\n", 'rules/x.yml:1: group "g": rules is missing'),
        ("groups: [{rules: [{alert: A, expr: x}]}]\n", "the group has no name"),
        (
            "groups: [{name: g, rules: [{alert: A, expr: x}]}, {name: g, rules: [{alert: B, expr: x}]}]\n",
            "'g' is also the group in line 1",
        ),
        ("groups: [{name: g, rules: [{alert: A}]}]\n", "expr is missing"),
        ("groups: [{name: g, rules: [{expr: x}]}]\n", "a rule is either an alert or a record"),
        ("groups: [{name: g, rules: [{alert: A, record: a, expr: x}]}]\n", "a rule is either an alert or a record"),
        ("groups: [{name: g, rules: [just text]}]\n", "must be `name: value` lines"),
        ("groups: [{name: g, rules: text}]\n", "rules must be a list"),
        ("groups: [{name: g, query_offset: 1m, rules: [{alert: A, expr: x}]}]\n", "query_offset looks at another time"),
        ("groups: [{name: g, limit: many, rules: [{alert: A, expr: x}]}]\n", "limit 'many' is not a whole number"),
        ("groups: [{name: g, rules: [{alert: A, expr: [x]}]}]\n", "expr must be text"),
        ("groups: [{name: g, rules: [{alert: A, expr: '{a=\"b\"}'}]}]\n", "selects without a metric's name"),
        (
            "groups: [{name: g, rules: [{alert: A, expr: x, labels: {__name__: y}}]}]\n",
            "__name__ cannot be a name here",
        ),
        (
            "groups: [{name: g, rules: [{alert: A, expr: x}, {alert: A, expr: y}]}]\n",
            "has the name and labels of rules/x.yml:1",
        ),
        ("groups: [{name: g, rules: [{alert: A, expr: x, expr: y}]}]\n", "expr stands here a second time"),
    ],
)
def test_a_faulty_file_is_refused_with_what_to_write_instead(tmp_path, text, said):
    found = faults(tmp_path, text)
    assert any(said in fault for fault in found), found
    assert all(fault.startswith("rules/x.yml:") for fault in found), found


def test_a_pattern_without_files_is_a_fault_and_the_others_are_still_read(tmp_path):
    (tmp_path / "bad.yml").write_text("groups: [{name: g, rules: [{alert: A}]}]\n", encoding="utf-8")
    with pytest.raises(RuleFaultError) as caught:
        Rulebook.load([str(tmp_path / "*.yaml"), str(tmp_path / "*.yml")])
    first, second = caught.value.faults
    assert "no rule file matches this" in first
    assert "expr is missing" in second


def test_a_file_that_two_patterns_match_is_read_once(tmp_path):
    book(tmp_path, {"alert": "A", "expr": "vector(1)"})
    rules = Rulebook.load([str(tmp_path / "rules" / "*.yml"), str(tmp_path / "*" / "x.yml")])
    assert rules.names() == ("A",)


# --- pace


def test_forty_rules_over_350_series_take_a_few_milliseconds(tmp_path):
    rules = book(
        tmp_path,
        *(
            {
                "alert": f"A{n}",
                "expr": f"sum by (shop, kind) (m{n % 10}) > on (shop) group_left () max by (shop) (limit) and on () vector(1)",
            }
            for n in range(40)
        ),
    )
    metrics = [Metric(f"m{n}", "A metric.", ("kind",)) for n in range(10)]
    series = [(f"shop{k % 5}", metric(k, kind=f"k{k}")) for metric in metrics for k in range(34)]
    series += [(f"shop{k}", LIMIT(40)) for k in range(5)]
    rules.judge(series, NOW)
    took = []
    for _ in range(5):
        began = time.perf_counter()
        rules.judge(series, NOW)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05
