"""Matchers as people write them, and the expressions that could stop the judge."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.model import Matcher
from exporter.silences.matchers import exactly, parsed, take


@pytest.mark.parametrize(
    ("text", "labels", "takes"),
    [
        ("severity=warning", {"severity": "warning"}, True),
        ("severity=warning", {"severity": "critical"}, False),
        ("severity!=warning", {}, True),
        ('shop = "上海 店"', {"shop": "上海 店"}, True),
        ("topic=~order_.*", {"topic": "order_created"}, True),
        ("topic=~order_", {"topic": "order_created"}, False),
        ("topic!~order_.*", {"topic": "order_created"}, False),
        ("topic=~a|b", {"topic": "ab"}, False),
        ("topic=~.*", {"topic": "two\nlines"}, True),
        ("missing=", {}, True),
    ],
)
def test_a_matcher_takes_what_alertmanagers_would(text, labels, takes):
    assert take([parsed(text)], labels) is takes


@pytest.mark.parametrize("text", ["severity", "=x", "1a=b", "a==", "ä=b", "a" * 101 + "=b", "a=" + "b" * 501, ""])
def test_what_is_no_matcher_is_refused_with_an_example(text):
    if text == "a==":
        assert parsed(text) == Matcher("a", "=", "=")
        return
    with pytest.raises(ValueError, match="write"):
        parsed(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+b",
        "(a|a)*b",
        "((a*)b)*",
        "(?:a?){9}",
        ".*a.*a.*x",
        "(a",
        "(?=a)",
        r"\1",
        "a{99999999999}",
        "a++",
        "a" * 201,
    ],
)
def test_an_expression_that_could_take_hours_or_that_RE2_would_not_take_is_refused(pattern):  # noqa: N802
    with pytest.raises(ValueError, match=r"regular expression|longer than"):
        parsed(f"topic=~{pattern}")


@pytest.mark.parametrize(
    "pattern", ["(a|b)c", "order_[0-9]+", ".*order.*", "(?i)Main", "a|b|c", "[(+*]+", r"\(a\)+", "(ab)+"]
)
def test_ordinary_expressions_are_taken(pattern):
    assert parsed(f"topic=~{pattern}").value == pattern


def test_the_worst_expression_that_is_taken_is_done_in_a_moment():
    began = time.monotonic()
    assert not parsed("topic=~.*a.*b").takes({"topic": "a" * 5_000})
    assert time.monotonic() - began < 5


@given(st.text(max_size=60))
def test_a_matcher_is_read_as_it_is_written(value):
    [matcher] = exactly({"shop": value})
    assert parsed(str(matcher)) == matcher
