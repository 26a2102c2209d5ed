"""Rules look back into a past that looks like a scrape, and no farther than they need."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from exporter.model import Alert, Metric, Sample
from exporter.promql import is_stale
from exporter.rules import Rulebook, RuleFaultError, evaluation

NOW = datetime(2026, 1, 25, 3, 0, tzinfo=UTC)
PAID = Metric("paid_total", "Orders that were paid.", ("kind",), "counter")
STOCK = Metric("stock", "Pieces in stock.")
ELSE = Metric("elsewhere", "What no rule reads.")
LONGER = "and at most 26 h are kept here; shorten its ranges and offsets, or let a Prometheus judge it"
TARGET = {"job": "order-health", "instance": "10.0.0.9:9847"}


def book(folder, *exprs, target=TARGET, version=3):
    """A rule for each expression: the alerts R0, R1 …; `name = expr` records."""
    lines = ["groups:", "- name: g", "  rules:"]
    for number, expr in enumerate(exprs):
        name, record, rest = expr.partition(" = ")
        lines += (
            [f"  - record: {name}", f"    expr: {rest}"] if record else [f"  - alert: R{number}", f"    expr: {expr}"]
        )
    (folder / "x.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return Rulebook.load([str(folder / "x.yml")], target=target, version=version)


def later(seconds):
    return NOW + timedelta(seconds=seconds)


def paid(value, shop="main", kind="web"):
    return shop, PAID(value, kind=kind)


def found(rules, series, seconds, **how):
    """The findings' values by rule."""
    return {each.rule: each.value for each in rules.judge(series, later(seconds), **how).findings}


def test_a_rule_sees_how_fast_a_counter_rises(tmp_path):
    rules = book(tmp_path, "increase(paid_total[5m]) > 10", "rate(paid_total[5m]) == 0")
    assert [found(rules, [paid(n)], 60 * n) for n in range(4)][-1] == {}
    assert found(rules, [paid(100)], 300)["R0"] == pytest.approx(100, rel=0.2)
    for n in range(6, 13):
        last = found(rules, [paid(100)], 60 * n)
    assert last == {"R1": 0}


def test_what_a_failed_probe_no_longer_says_is_gone_at_once(tmp_path):
    rules = book(tmp_path, "stock < 5", "absent(stock)", "count_over_time(stock[5m]) > 1")
    assert found(rules, [("main", STOCK(3))], 0) == {"R0": 3}
    assert found(rules, [("main", STOCK(3))], 20) == {"R0": 3, "R2": 2}
    assert found(rules, [], 25) == {"R1": 1, "R2": 2}
    assert found(rules, [("main", STOCK(4))], 30) == {"R0": 4, "R2": 3}


def test_a_series_ends_where_another_reading_no_longer_has_it(tmp_path):
    rules = book(tmp_path, "count(paid_total) > 1", "paid_total > 5")
    first = paid(1, kind="web")
    assert found(rules, [first, paid(1, kind="app")], 0) == {"R0": 2}
    assert found(rules, [first], 5) == {}
    assert found(rules, [first, paid(9, kind="app")], 10) == {"R0": 2, "R1": 9}


def test_series_have_the_labels_of_a_scrape_and_up_is_one(tmp_path):
    rules = book(tmp_path, "paid_total > 0", 'up{job="order-health"} == 1', 'absent(up{job="other"})')
    findings = rules.judge([paid(1)], NOW).findings
    assert [each.labels for each in findings] == [
        {"alertname": "R0", "shop": "main", "kind": "web", **TARGET},
        {"alertname": "R1", **TARGET},
        {"alertname": "R2", "job": "other"},
    ]


def test_a_label_that_the_scrape_has_as_well_is_renamed_as_prometheus_does_it(tmp_path):
    odd = Metric("stock", "Pieces in stock.", ("instance",))
    rules = book(tmp_path, "stock > 0")
    (finding,) = rules.judge([("main", odd(1, instance="db-1"))], NOW).findings
    assert finding.labels["exported_instance"] == "db-1"
    assert finding.labels["instance"] == TARGET["instance"]


def test_only_what_rules_read_is_kept_and_only_as_long_as_they_ask(tmp_path):
    rules = book(tmp_path, "rate(paid_total[10m]) > 1e9", "stock < 0")
    for n in range(200):
        rules.judge([paid(n), ("main", STOCK(n)), ("main", ELSE(n))], later(15 * n))
    history = rules.history
    assert history.series == 2
    assert 40 <= history.samples <= 43
    assert 2_000 < history.bytes < 4_000


def test_a_value_that_stays_the_same_is_noted_every_15_seconds(tmp_path):
    rules = book(tmp_path, "count_over_time(stock[5m]) > 1e9")
    for n in range(60):
        rules.judge([("main", STOCK(7))], later(n))
    assert rules.history.samples == 4


def test_what_a_recording_rule_makes_has_a_past_as_well(tmp_path):
    rules = book(tmp_path, "all:paid = sum(paid_total)", "delta(all:paid[2m]) < -5", "absent(all:paid)")
    for n in range(10):
        assert found(rules, [paid(100 - 10 * n)], 15 * n).get("R1", -99) < -5
    assert found(rules, [], 160)["R2"] == 1
    assert rules.history.samples < 15


def test_what_is_recorded_for_nobody_does_not_pile_up(tmp_path):
    rules = book(tmp_path, "all:paid = sum(paid_total)")
    for n in range(100):
        rules.judge([paid(n)], later(5 * n))
    assert rules.history.samples < 8


def test_an_alert_from_before_the_start_does_not_end_while_the_past_is_too_short(tmp_path):
    rules = book(tmp_path, "all:rise = increase(paid_total[10m])", "max_over_time(all:rise[5m]) > 1", "stock < 0")
    rules.judge([paid(1)], NOW)

    def alert(rule, since):
        return Alert(rule, {"alertname": rule}, "firing", later(since), 1.0)

    assert rules.outlives_past(alert("R1", -60), later(899))
    assert not rules.outlives_past(alert("R1", -60), later(900))
    assert not rules.outlives_past(alert("R1", 60), later(120))
    assert not rules.outlives_past(alert("R2", -60), later(1))


def test_nothing_is_absent_until_everything_has_run_once(tmp_path):
    rules = book(tmp_path, "absent(stock)", "absent_over_time(stock[5m])", "max_over_time(absent(stock)[10m:1m])")
    assert found(rules, [], 0, complete=False) == {}
    assert found(rules, [], 30, complete=False) == {}
    assert found(rules, [("main", STOCK(1))], 90, complete=True) == {}
    assert found(rules, [("main", STOCK(1))], 130, complete=False) == {}
    assert found(rules, [], 600) == {"R0": 1, "R1": 1, "R2": 1}


def test_a_reload_keeps_the_past_that_the_new_rules_need(tmp_path):
    before = book(tmp_path, "rate(paid_total[10m]) > 1e9", "stock < 0")
    for n in range(5):
        before.judge([paid(10 * n), ("main", STOCK(1))], later(60 * n))
    after = book(tmp_path, "increase(paid_total[10m]) > 20")
    after.inherit(before)
    assert after.history.series == 1
    assert found(after, [paid(50)], 300)["R0"] > 40
    other = book(tmp_path, "increase(paid_total[10m]) > 20", target={"job": "else"})
    other.inherit(after)
    assert found(other, [paid(60)], 360) == {}


def test_a_clock_that_is_put_back_ends_the_past_and_not_the_judging(tmp_path):
    rules = book(tmp_path, "stock < 5", "delta(stock[5m]) < 0")
    rules.judge([("main", STOCK(9))], later(0))
    assert found(rules, [("main", STOCK(8))], 60).keys() == {"R1"}
    assert found(rules, [("main", STOCK(3))], -3600) == {"R0": 3}


def test_a_rule_that_looks_back_farther_than_a_day_is_refused_with_its_place(tmp_path):
    with pytest.raises(RuleFaultError) as caught:
        book(tmp_path, "rate(paid_total[26h]) > 0", "paid_total offset 2d > 1", "stock @ 5 > 1", "stock @ end() > 1")
    assert [fault.partition(": expr ")[::2] for fault in caught.value.faults] == [
        (
            f'{tmp_path.name}/x.yml:7: group "g": alert "R1"',
            f"looks back 48.1 h, {LONGER}",
        ),
        (
            f'{tmp_path.name}/x.yml:9: group "g": alert "R2"',
            "looks at a fixed time (`@` and a number), which is not kept; write `offset`, or a range",
        ),
    ]


@pytest.mark.parametrize(("version", "counted"), [(3, 2), (2, 3)])
def test_rules_are_judged_like_the_prometheus_that_is_asked_for(tmp_path, version, counted):
    rules = book(tmp_path, "count_over_time(stock[2m]) > 0", version=version)
    counts = [found(rules, [("main", STOCK(n))], 60 * n) for n in range(3)]
    assert counts[-1] == {"R0": counted}


def test_a_rule_is_evaluated_again_only_when_something_changed(tmp_path, monkeypatch):
    rules = book(tmp_path, "stock < 0", "paid_total > 1e9", "vector(time()) < 0")
    seen = []
    labelled = evaluation.labelled
    monkeypatch.setattr(evaluation, "labelled", lambda rule, *rest: seen.append(rule.title) or labelled(rule, *rest))
    stock = "main", STOCK(1)
    rules.judge([stock, paid(1)], later(0))
    rules.judge([stock, paid(1)], later(20))
    rules.judge([stock, paid(2)], later(40))
    rules.judge([stock], later(60))
    assert seen == ["R0", "R1", "R2", "R2", "R1", "R2", "R1", "R2"]


def test_a_stale_marker_stands_where_a_series_with_a_past_ended(tmp_path):
    rules = book(tmp_path, "rate(paid_total[5m]) > 1e9")
    rules.judge([paid(1)], later(0))
    rules.judge([], later(15))
    (track,) = rules.history._families["paid_total"].tracks.values()
    assert [is_stale(value) for value in track.values] == [False, True]
    for n in range(2, 40):
        rules.judge([], later(15 * n))
    assert rules.history.series == 0


def test_a_round_of_a_hundred_rules_over_a_thousand_series_costs_milliseconds(tmp_path):
    metrics = [Metric(f"m{n}", "A metric.", ("kind",)) for n in range(20)]
    exprs = [f"rate(m{n % 20}[5m]) > 1e9" if n % 3 == 0 else f"m{n % 20} > 1e9" for n in range(100)]
    rules, spent = book(tmp_path, *exprs), [time.thread_time()]
    for n in range(30):
        series: list[tuple[str, Sample]] = [
            (f"s{shop}", metric(float(n + shop), kind="x")) for metric in metrics for shop in range(50)
        ]
        assert rules.judge(series, later(15 * n)).findings == []
        spent.append(time.thread_time())
    taken = sorted(after - before for before, after in pairwise(spent))
    assert taken[len(taken) // 2] < 0.2, "a round should take about 20 ms, and may take ten times that here"
