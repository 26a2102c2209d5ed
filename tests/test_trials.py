"""Unit tests of rules are read and judged here as promtool reads and judges them."""

from __future__ import annotations

import math
import random
import re
from pathlib import Path

import pytest
import yaml

from exporter.__main__ import main
from exporter.promql import is_stale
from exporter.trials import Sheet, TrialFaultError, failures
from exporter.trials.notation import labels, number, values
from tests.servers.prometheus import promtool

RULES = r"""groups:
- name: late
  rules:
  - alert: Late
    expr: sum by (k) (rec) > 1
    for: 1m
    labels: {sev: "{{ $externalLabels.region }}"}
    annotations: {s: "it is \"{{ $value }}\" \n中文", t: "{{ query `count(rec)` | first | value }}"}
- name: early
  interval: 5m
  rules:
  - record: rec
    expr: x * 2
    labels: {from: x}
  - alert: Now
    expr: rec > 100
    keep_firing_for: 2m
"""

TRIALS = r"""rule_files: [f.yml]
evaluation_interval: 30s
group_eval_order: [early, late]
tests:
- name: it fails
  interval: 20s
  external_labels: {region: hz}
  input_series:
  - {series: 'x{k="a"}', values: '0+0.1x20 _x3 stale 7-1x4 1e3 -2.5 .5 1+2e1x2'}
  - {series: 'x{k="b"}', values: '1 100x3 _x30 1'}
  - {series: 'y', values: '1x3 stale _x3 2'}
  alert_rule_test:
  - {alertname: Late, eval_time: 5m10s, exp_alerts: []}
  - {alertname: Now, eval_time: 45s, exp_alerts: [{exp_labels: {k: a}, exp_annotations: {a: 'x'}}]}
  - {alertname: Now, eval_time: 3m, exp_alerts: []}
  - {alertname: Now, eval_time: 4m, exp_alerts: []}
  - {alertname: None, eval_time: 4m, exp_alerts: [{exp_labels: {k: a}}, {}]}
  promql_expr_test:
  - {expr: rec, eval_time: 10m, exp_samples: []}
  - {expr: 'rec{k="a"}', eval_time: 3m, exp_samples: [{labels: 'rec{k="a"}', value: 1}]}
  - {expr: 'sum(x)', eval_time: 6m, exp_samples: [{labels: '{}', value: 1.5e3}]}
  - {expr: 'ALERTS', eval_time: 1m, exp_samples: [{labels: '{}', value: 1.5e3}]}
  - {expr: 'ALERTS_FOR_STATE', eval_time: 2m, exp_samples: []}
  - {expr: 'y', eval_time: 1m40s, exp_samples: [{labels: '{}', value: 1.5e3}]}
  - {expr: 'rate(x[61s])', eval_time: 2m, exp_samples: []}
  - {expr: '1/0', eval_time: 2m, exp_samples: []}
  - {expr: 'x + on () x', eval_time: 1m, exp_samples: []}
- input_series: []
  promql_expr_test:
  - {expr: 'vector(1e-7)', eval_time: 6m, exp_samples: [{labels: '{}', value: 1e-8}]}
  - {expr: 'vector(123456789.5) or label_replace(vector(2), "a", "b", "", "")', eval_time: 0m, exp_samples: []}
  - {expr: 'time()', eval_time: 90m, exp_samples: [{labels: '{}', value: 5400}]}
"""


def write(folder: Path, trials: str, rules: str = "groups: [{name: g, rules: [{alert: A, expr: x > 1}]}]\n") -> Path:
    (folder / "f.yml").write_text(rules, encoding="utf-8")
    (folder / "f.test.yml").write_text(trials, encoding="utf-8")
    return folder / "f.test.yml"


def ours(folder, trials, **more):
    return failures(Sheet.read(write(folder, trials, **more)))


def faults(folder, trials):
    with pytest.raises(TrialFaultError) as caught:
        ours(folder, trials)
    return list(caught.value.faults)


@pytest.mark.server
def test_what_fails_is_told_in_promtools_words_to_the_letter(tmp_path, capfd):
    file = write(tmp_path, TRIALS, RULES)
    there = promtool("test", "rules", str(file))
    status = main(["rules", "test", "--promql", "2", str(file)])
    here = capfd.readouterr()
    assert status == there.returncode == 1
    assert here.out == there.stdout
    # promtool also lists the series that are found twice
    assert here.err == re.sub(r"(operation: )\[.*\];", r"\1", there.stderr)
    assert len(there.stderr.splitlines()) > 60


def fates(chance):
    """Rules with every way to wait and to linger over series that come, go, hold and do not."""
    rules, minutes = [{"record": "sum:x", "expr": "sum by (a) (x)"}], range(0, 25, 2)
    for n in range(12):
        expr = chance.choice(
            [
                "x > {}",
                "rate(x[3m]) * 60 > {}",
                "max_over_time(sum:x[4m]) > {}",
                "sum:x > {}",
                "x == {}",
                "max by (b) (x) < {}",
                "absent(x{{a='{}'}})",
            ]
        )
        rule = {"alert": f"A{n}", "expr": expr.format(chance.randint(0, 4)), "annotations": {"s": "{{ $value }}"}}
        rule["for"] = chance.choice(["0s", "1m", "90s", "5m"])
        rule["keep_firing_for"] = chance.choice(["0s", "1m", "90s", "5m"])
        rules.append({key: text for key, text in rule.items() if text != "0s"})
    words = ["0", "1", "2", "3", "4", "5", "_", "stale", "3x2", "0x3", "NaN"]
    test = {
        "name": "fates",
        "interval": chance.choice(["30s", "1m"]),
        "input_series": [
            {"series": f'x{{a="{a}", b="{b}"}}', "values": " ".join(chance.choices(words, k=chance.randint(10, 60)))}
            for a in range(3)
            for b in range(2)
        ],
        "alert_rule_test": [
            {"alertname": f"A{number}", "eval_time": f"{minute}m", "exp_alerts": []}
            for number in range(12)
            for minute in minutes
        ],
        "promql_expr_test": [
            {"expr": expr, "eval_time": f"{minute}m", "exp_samples": []}
            for expr in ("ALERTS", "ALERTS_FOR_STATE", "sum:x")
            for minute in minutes
        ],
    }
    group = {"name": "g", "rules": rules}
    return yaml.safe_dump({"groups": [group]}), yaml.safe_dump({"rule_files": ["f.yml"], "tests": [test]})


@pytest.mark.server
@pytest.mark.parametrize("seed", range(6))
def test_alerts_wait_fire_linger_and_end_when_they_do_in_promtool(tmp_path, seed):
    """Nothing is expected, so both tell all that they find."""
    rules, trials = fates(random.Random(seed))
    file = write(tmp_path, trials, rules)
    there = promtool("test", "rules", str(file)).stderr.replace("  FAILED:\n", "")
    assert there.count("Labels:") > 20
    assert "\n".join(failures(Sheet.read(file, 2))) == there.rstrip("\n")


@pytest.mark.server
def test_what_is_as_expected_is_told_as_promtool_does_without_a_configuration(tmp_path, capfd, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path, "rule_files: [f.yml]\ntests: [{input_series: [{series: x, values: 1}]}]\n")
    assert main(["rules", "test", "f.test.yml", "f.test.yml"]) == 0
    here = capfd.readouterr()
    there = promtool("test", "rules", "f.test.yml", "f.test.yml")
    assert (there.returncode, there.stdout) == (0, here.out)


def test_one_file_that_fails_fails_the_command_and_the_others_are_run(tmp_path, capfd):
    write(tmp_path, "tests: [{alert_rule_test: [{alertname: A}], unknown: 1}]\n")
    (tmp_path / "good").mkdir()
    good = write(tmp_path / "good", "rule_files: [f.yml]\ntests: [{}]\n")
    assert main(["rules", "test", str(tmp_path / "none.yml"), str(tmp_path / "f.test.yml"), str(good)]) == 1
    said = capfd.readouterr()
    assert "  SUCCESS" in said.out
    assert "none.yml: there is no such file" in said.err
    assert "f.test.yml:1: unknown is an unknown field" in said.err


@pytest.mark.parametrize(
    ("notation", "meant"),
    [
        ("1+2x2 -1x1 _ _x2 3-1x2 7", [1, 3, 5, -1, -1, None, None, None, 3, 2, 1, 7]),
        ("0x3 1x0 1e3x1 -1.5+.5x2 +2", [0, 0, 0, 0, 1, 1000, 1000, -1.5, -1, -0.5, 2]),
        ("1e-2-1e-2x2 Inf -inf", [0.01, 0, -0.01, math.inf, -math.inf]),
        ("0+0.1x3", [0, 0.1, 0.2, 0.1 + 0.1 + 0.1]),
        ("", []),
    ],
)
def test_the_notation_of_series_is_promtools(notation, meant):
    assert values(notation) == meant


def test_stale_ends_a_series_and_nan_does_not():
    ended, nan = values("stale NaN")
    assert is_stale(ended)
    assert math.isnan(nan)
    assert not is_stale(nan)


def test_series_and_numbers_are_read_as_they_are_written():
    assert labels("a{b=\"c d\", e='f',}") == {"__name__": "a", "b": "c d", "e": "f"}
    assert labels('{__name__="a"}') == {"__name__": "a"}
    assert labels("{ }") == {}
    assert [number(text) for text in ("1e3", ".inf", "-.inf", "+5", ".5", "1")] == [
        1000,
        math.inf,
        -math.inf,
        5,
        0.5,
        1,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests: [\n", "2: is not YAML"),
        ("[]\n", "1: tests is missing"),
        ("rule_files: [f.yml]\n", "1: tests is missing"),
        ("test: []\ntests: [{}]\n", "1: test is an unknown field; did you mean 'tests'?"),
        ("tests: [{alert_rule_tests: []}]\n", "did you mean 'alert_rule_test'?"),
        ("tests: [{name: n, input_series: [{series: x, values: 1..2}]}]\n", "1: test \"n\": values '1..2' is no value"),
        ("tests: [{input_series: [{series: x, values: '1 +2x3 4+5'}]}]\n", "'4+5' is no value"),
        ("tests: [{input_series: [{series: x, values: '0x999999999'}]}]\n", "more than 1000000 values"),
        ("tests: [{input_series: [{series: x, values: '{{schema:1}}'}]}]\n", "is no value"),
        ("tests: [{input_series: [{series: 'x{', values: 1}]}]\n", "series 'x{' is no series"),
        ("tests: [{input_series: [{series: 'x{a=~\"b\"}', values: 1}]}]\n", "write its labels with `=`"),
        ("tests: [{input_series: [{series: 'x[5m]', values: 1}]}]\n", "is no series"),
        ("tests: [{input_series: {series: x}}]\n", "input_series must be a list"),
        (
            "tests: [{alert_rule_test: [{eval_time: 5 minutes, alertname: A}]}]\n",
            "eval_time '5 minutes' is not a duration",
        ),
        ("tests: [{alert_rule_test: [{eval_time: 5m}]}]\n", "alertname is missing"),
        ("tests: [{alert_rule_test: [{alertname: A, exp_alerts: [{labels: {}}]}]}]\n", "did you mean 'exp_labels'?"),
        ("tests: [{promql_expr_test: [{expr: x >}]}]\n", "expr is not PromQL after 'x'"),
        (
            "tests: [{promql_expr_test: [{expr: x, exp_samples: [{labels: x, value: one}]}]}]\n",
            "value 'one' is not a number",
        ),
        ("tests: [{}]\ngroup_eval_order: [a, b, a]\n", "2: group_eval_order names 'a' more than once"),
        ("tests: [{}]\nfuzzy_compare: maybe\n", "fuzzy_compare 'maybe' is neither true nor false"),
        ("tests: [{}]\ntests: [{}]\n", "tests stands here a second time"),
    ],
)
def test_a_faulty_file_is_refused_by_line_with_what_to_write_instead(tmp_path, text, said):
    found = faults(tmp_path, text)
    assert any(said in fault for fault in found), found
    assert all(fault.startswith("f.test.yml:") for fault in found), found


def test_faults_of_the_rule_files_are_told_as_well(tmp_path):
    file = write(tmp_path, "rule_files: [f.yml, none.yml]\ntests: [{}]\n", "groups: [{name: g, rules: [{alert: A}]}]")
    with pytest.raises(ValueError, match=r"no rule file matches this[\s\S]*expr is missing"):
        failures(Sheet.read(file))


def test_a_rule_that_fails_ends_its_test_and_says_when(tmp_path):
    trials = """\
rule_files: [f.yml]
tests:
- input_series: [{series: 'x{a="1"}', values: 0x9}, {series: 'x{a="2"}', values: _x6 0}]
  alert_rule_test: [{alertname: A, eval_time: 1h, exp_alerts: [{}]}]
"""
    rules = "groups: [{name: g, rules: [{alert: A, expr: x, labels: {a: b}}]}]\n"
    (told,) = ours(tmp_path, trials, rules=rules)
    assert told.startswith("    rule: A, time: 6m0s, err: vector contains metrics with the same labelset")


def test_the_last_digit_may_differ_where_that_is_allowed(tmp_path):
    trials = "tests: [{promql_expr_test: [{expr: 0.1 + 0.2, exp_samples: [{labels: '{}', value: 0.3}]}]}]\n"
    assert len(ours(tmp_path, trials)) == 1
    assert ours(tmp_path, trials + "fuzzy_compare: true\n") == []


def test_labels_and_address_of_the_outside_are_those_of_the_test(tmp_path):
    rules = "groups: [{name: g, rules: [{alert: A, expr: vector(1), annotations: {s: '{{ $externalLabels.r }} {{ $externalURL }}'}}]}]"
    trials = """\
rule_files: [f.yml]
tests:
- external_labels: {r: hz}
  external_url: http://here
  alert_rule_test: [{alertname: A, exp_alerts: [{exp_annotations: {s: hz http://here}}]}]
- alert_rule_test: [{alertname: A, exp_alerts: [{exp_annotations: {s: ' '}}]}]
"""
    assert ours(tmp_path, trials, rules=rules) == []


def test_what_is_queried_is_asked_anew_once_something_is_recorded(tmp_path):
    asks = "annotations: {s: '{{ query `r` | len }}'}"
    rules = f"groups: [{{name: g, rules: [{{alert: A, expr: x, {asks}}}, {{record: r, expr: x}}, {{alert: B, expr: x, {asks}}}]}}]"
    trials = """\
rule_files: [f.yml]
tests:
- input_series: [{series: x, values: 1x5}]
  alert_rule_test:
  - {alertname: A, eval_time: 0s, exp_alerts: [{exp_annotations: {s: 0}}]}
  - {alertname: B, eval_time: 0s, exp_alerts: [{exp_annotations: {s: 1}}]}
  - {alertname: A, eval_time: 1m, exp_alerts: [{exp_annotations: {s: 1}}]}
"""
    assert ours(tmp_path, trials, rules=rules) == []


@pytest.mark.server
def test_rules_look_back_over_what_the_test_puts_in(tmp_path):
    rules = (
        "groups: [{name: g, rules: [{record: r, expr: 'rate(x[5m])'}, {alert: A, expr: 'max_over_time(r[3m]) > 0.5'}]}]"
    )
    trials = """\
rule_files: [f.yml]
tests:
- interval: 1m
  input_series: [{series: x, values: 0x5 0+120x2 240x20}]
  alert_rule_test:
  - {alertname: A, eval_time: 6m, exp_alerts: []}
  - {alertname: A, eval_time: 10m, exp_alerts: [{}]}
  promql_expr_test:
  - {expr: 'increase(x[5m])', eval_time: 8m, exp_samples: [{labels: '{}', value: 240}]}
"""
    assert ours(tmp_path, trials, rules=rules) == []
    assert promtool("test", "rules", str(tmp_path / "f.test.yml")).returncode == 0
