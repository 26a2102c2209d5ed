"""Expressions mean here what they mean in Prometheus; the last word has a real one."""

from __future__ import annotations

import math
import random

import pytest

from exporter.promql import EvaluationError, History, PromqlError, check, evaluate
from tests.promql import twin
from tests.promql.expressions import Writer, series
from tests.servers import prometheus

AT = 1_700_000_000.0


def past(*pairs):
    """A history of one instant."""
    made = History()
    for labels, value in pairs:
        made.append(labels, AT, value)
    return made


def vector(expr, *pairs):
    """The result as {labels: value}, the labels written as `a="b"`."""
    result = evaluate(expr, past(*pairs), AT)
    return {",".join(f"{k}={v}" for k, v in sorted(each.labels.items())): each.value for each in result}


def one(name, value=1.0, **labels):
    return {"__name__": name, **labels}, value


# --- what Prometheus' own test suite does not catch


def test_a_power_binds_tighter_than_a_minus_and_to_the_right():
    assert evaluate("-2 ^ 2", History(), AT) == -4
    assert evaluate("2 ^ 3 ^ 2", History(), AT) == 512
    assert vector("-a ^ 2", one("a", 3)) == {"": -9}


def test_and_binds_tighter_than_or():
    pairs = [one("a", shop="x"), one("b", shop="y"), one("c", shop="z")]
    assert vector("a or b and c", *pairs) == {"__name__=a,shop=x": 1}
    assert vector("(a or b) and c", *pairs) == {}


def test_a_regular_expression_matches_the_whole_label():
    pairs = [one("a", shop="main"), one("a", shop="mainz"), one("a", shop="x\nmain"), one("a")]
    assert vector('a{shop=~"main"}', *pairs) == {"__name__=a,shop=main": 1}
    assert len(vector('a{shop=~"main|.*"}', *pairs)) == 4
    assert len(vector('a{shop!~"main.*"}', *pairs)) == 2


def test_a_missing_label_is_an_empty_one():
    pairs = [one("a", shop="x"), one("a"), one("a", shop="")]
    assert vector('a{shop=""}', pairs[0], pairs[1]) == {"__name__=a": 1}
    assert vector('a{shop!="x"}', pairs[0], pairs[2]) == {"__name__=a": 1}


def test_many_to_many_is_an_error_and_not_a_guess():
    pairs = [one("a", kind="x"), one("a", kind="y"), one("b", kind="x"), one("b", kind="y")]
    with pytest.raises(EvaluationError, match="many-to-many matching not allowed"):
        vector("a + on () b", *pairs)
    with pytest.raises(EvaluationError, match="many-to-one matching must be explicit"):
        vector("a + on () sum(b)", *pairs)


def test_group_left_copies_the_named_labels_and_removes_those_the_other_side_lacks():
    pairs = [one("a", 5, shop="s", team="old"), one("b", 2, shop="s", team="new"), one("c", 2, shop="s")]
    assert vector("a / on (shop) group_left (team) b", *pairs) == {"shop=s,team=new": 2.5}
    assert vector("a / on (shop) group_left (team) c", *pairs) == {"shop=s": 2.5}
    assert vector("c / on (shop) group_right (team) a", *pairs) == {"shop=s": 0.4}


def test_the_scalar_of_several_series_is_not_a_number():
    assert math.isnan(evaluate("scalar(a)", past(one("a", x="1"), one("a", x="2")), AT))
    assert evaluate("scalar(a)", past(one("a", 4, x="1")), AT) == 4


def test_names_drop_on_arithmetic_functions_and_bool_and_stay_on_filters():
    a = one("a", 4, shop="s")
    assert vector("a * 2", a) == {"shop=s": 8}
    assert vector("abs(a)", a) == {"shop=s": 4}
    assert vector("a > bool 3", a) == {"shop=s": 1}
    assert vector("a > 3", a) == {"__name__=a,shop=s": 4}
    assert vector("3 < a", a) == {"__name__=a,shop=s": 4}
    assert vector("max by (__name__) (a)", a) == {"__name__=a": 4}


def test_series_that_become_the_same_are_an_error():
    with pytest.raises(EvaluationError, match="same labelset"):
        vector('-{__name__=~"a|b"}', one("a"), one("b"))


def test_nan_is_equal_to_nothing_and_does_not_win_an_extreme():
    pairs = [one("a", math.nan, x="1"), one("a", 2, x="2")]
    assert vector("a == a", *pairs) == {"__name__=a,x=2": 2}
    assert vector("max(a)", *pairs) == {"": 2}
    assert vector("min(a)", *pairs) == {"": 2}
    assert math.isnan(vector("sum(a)", *pairs)[""])


def test_dividing_by_zero_gives_infinities_and_nan():
    assert vector("a / 0", one("a", 1)) == {"": math.inf}
    assert vector("-a / 0", one("a", 1)) == {"": -math.inf}
    assert math.isnan(vector("a / a", one("a", 0))[""])
    assert math.isnan(vector("a % 0", one("a", 1))[""])


def test_absent_takes_its_labels_from_what_must_be_equal_once():
    assert vector('absent(a{shop="s", kind=~"x", probe="p", probe="q", team!="t"})') == {"shop=s": 1}
    assert vector("absent(a)", one("a", 0)) == {}
    assert vector("absent(sum(a))") == {"": 1}


def test_time_is_the_instant_of_evaluation():
    assert evaluate("time()", History(), AT) == AT
    assert vector("time() - a", one("a", AT - 60)) == {"": 60}


# --- what is refused


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("sin(a)", "uses the function sin"),
        ("a[5m]", "is a range"),
        ("(a[1h:1m])", "is a range"),
        ("limitk(3, a)", "uses the aggregation limitk"),
        ("a atan2 b", "uses the operator atan2"),
        ("a + fill (1) b", "uses `fill`"),
        ('a{x="1" or y="2"}', "joins matchers by `or`"),
        ("label_replace(a, 'x', '', 'y', '(?=b)')", "uses the group"),
        ("label_replace(a, '', '', 'y', 'b')", "cannot be the name of a label"),
        ("a >", "is not PromQL after 'a'"),
        ("a > 1 bar", "is not PromQL after 'a > 1'"),
        ("sum(a", "unclosed left parenthesis"),
        ("nosuch(a)", "unknown function"),
        ("vector(a)", "expected type scalar"),
        ("", "no expression found"),
        (">", "is not PromQL from the start"),
        ('a{x=~"(?=b)"}', "illegal regex"),
        ('a{x=~"b++"}', "uses the quantifier ++"),
        ('a{x=~"b{,3}"}', "uses the quantifier {,"),
        ('a{x=~"\\\\pL"}', "uses the escape"),
        ('a{x=~"[a\\\\pL]"}', "uses the escape"),
        ('a{x=~"\\\\z"}', "uses the escape"),
        ('a{x=~"[[:alpha:]]"}', "uses the character class"),
        ('a{x=~"(?U)b"}', "uses the group (?U)"),
        ('a{x=~"(?<n>b)"}', "uses the group (?<n>"),
        ('a{x=~"a(?i)b"}', "cannot be used here"),
    ],
)
def test_what_cannot_be_evaluated_is_refused_with_its_reason(expr, reason):
    reasons = check(expr)
    assert any(reason in each for each in reasons), reasons
    with pytest.raises(PromqlError):
        evaluate(expr, History(), AT)


@pytest.mark.parametrize("expr", ["(" * 2000 + "1" + ")" * 2000, "-" * 4999 + "a", "+".join(["a"] * 2500)])
def test_an_expression_nested_beyond_reason_is_refused_and_ends_nothing(expr):
    assert check(expr) == ["is nested too deep; write several rules instead"]
    assert "longer than 5000 characters" in check(expr * 3)[0]


def test_every_reason_is_told_at_once():
    assert len(check('sin(a) + limitk(1, b) + (c atan2 d) + d{x=~"e++"}')) == 4


@pytest.mark.parametrize(
    "pattern", ["a+?", "(?i)A|b", "(?i:A)", "(?P<n>a)", "[*+]", r"\\d+\\.", "[^]a]", "a{2,}", "x|", "", r"\\x41"]
)
def test_what_re2_and_python_read_alike_is_taken(pattern):
    assert check(f'a{{x=~"{pattern}"}}') == []


# --- beside a real Prometheus


def write_openmetrics(path, pairs):
    lines = []
    for labels, value in sorted(pairs, key=lambda pair: pair[0]["__name__"]):
        inner = ",".join(f'{name}="{text}"' for name, text in labels.items() if name != "__name__")
        lines.append(f"{labels['__name__']}{{{inner}}} {value} {AT}\n")
    path.write_text("".join(lines) + "# EOF\n", encoding="utf-8")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A real Prometheus that holds the same series."""
    folder = tmp_path_factory.mktemp("prometheus")
    pairs = series(random.Random(11))
    write_openmetrics(folder / "series.txt", pairs)
    made = prometheus.promtool(
        "tsdb", "create-blocks-from", "openmetrics", str(folder / "series.txt"), str(folder / "data")
    )
    assert made.returncode == 0, made.stderr
    with prometheus.running(folder) as server:
        yield server, past(*pairs)


@pytest.mark.server
def test_random_expressions_have_the_results_of_a_real_prometheus(pair):
    server, samples = pair
    writer = Writer(seed=20)
    kinds, different = twin.compared(server, samples, [(writer.expression(), AT) for _ in range(1500)])
    assert not different, f"{len(different)} of {kinds.total()} differ:\n" + "\n".join(different[:10])
    assert kinds["result"] > 250, kinds
    assert kinds["error"] > 20, kinds
