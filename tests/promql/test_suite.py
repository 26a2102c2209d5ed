"""Prometheus' own test files: every case of the subset passes, and what lies outside of it is named."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.promql.script import cases

FILES = Path(__file__).parent.parent / "golden" / "promql" / "2.42"

PASSED = {
    "aggregators": 83,
    "at_modifier": 33,
    "collision": 2,
    "functions": 191,
    "histograms": 38,
    "literals": 20,
    "operators": 90,
    "selectors": 28,
    "staleness": 14,
    "subquery": 25,
}
OUTSIDE = {
    "functions": {"holt_winters": 2, "function exp": 4, "function ln": 3, "function sqrt": 1, "function log": 6},
    "operators": {"operator atan2": 4},
    "selectors": {"global flags not at the start": 3},  # Python takes no flag in the middle of an expression
}
"""Cases that are refused, by what their reason says: functions that the rules of no known collection use."""


@pytest.mark.parametrize("name", PASSED)
def test_every_case_of_the_subset_has_the_result_that_prometheus_expects(name):
    passed, outside, faults = 0, Counter(), []
    for case in cases(FILES / f"{name}.test"):
        reasons = case.refused(2)
        if reasons and not case.fails:
            known = [words for words in OUTSIDE.get(name, {}) if re.search(words, reasons[0])]
            outside[known[0] if known else f"{case.place}: {case.expr}: {reasons}"] += 1
            continue
        fault = "" if reasons else case.fault(2)
        faults += [fault] if fault else []
        passed += not fault
    assert not faults, "\n".join(faults)
    assert passed == PASSED[name]
    assert dict(outside) == OUTSIDE.get(name, {})


def test_every_file_is_run():
    assert {path.stem for path in FILES.glob("*.test")} == PASSED.keys()
