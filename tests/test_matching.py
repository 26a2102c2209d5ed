"""Labels are matched as Alertmanager matches them."""

from __future__ import annotations

import re

import pytest

from exporter.matching import matchers

LABELS = {"severity": "critical", "shop": "cn-1"}


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ({}, True),
        ({"severity": "critical"}, True),
        ({"severity": "crit"}, False),
        ({"severity": "=critical"}, True),
        ({"severity": "!=info"}, True),
        ({"severity": "=~critical|warning"}, True),
        ({"shop": "=~cn"}, False),
        ({"shop": "=~cn-.*"}, True),
        ({"shop": "!~cn-.*"}, False),
        ({"team": ""}, True),
        ({"team": "!="}, False),
        ({"team": "!=x"}, True),
        ({"severity": "critical", "shop": "cn-2"}, False),
    ],
)
def test_a_set_of_matchers_takes_labels_or_not(written, taken):
    assert matchers(written).takes(LABELS) is taken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"severity": "=~(critical"}, "severity: '(critical' is no regular expression"),
        ({"sever-ity": "x"}, "'sever-ity' is no name of a label"),
        ({"warehouse": 7}, "warehouse: 7 is no text; put it in quotes"),
        ("severity=critical", "write for example {severity: critical}"),
    ],
)
def test_what_matches_nothing_is_refused_with_what_to_write(written, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        matchers(written)


def test_matchers_are_shown_as_alertmanager_writes_them():
    assert str(matchers({"shop": "=~a|b", "alertname": 'say "x"'})) == r'{alertname="say \"x\"",shop=~"a|b"}'
