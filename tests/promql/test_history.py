"""A history keeps what was, and looks back into it as Prometheus does."""

from __future__ import annotations

import math
import random
import struct
from array import array

import pytest

from exporter.promql import STALE, EvaluationError, History, compiled, evaluate, is_stale
from exporter.promql.looks import LOOKBACK

AT = 1_700_000_000.0
THREE, TWO = 3, 2


def history(*values, name="a", step=60.0, end=AT, **labels):
    """One series, whose last value stands at `end`; None leaves a sample out."""
    made = History()
    add(made, *values, name=name, step=step, end=end, **labels)
    return made


def add(made, *values, name="a", step=60.0, end=AT, **labels):
    for n, value in enumerate(values):
        if value is not None:
            made.append({"__name__": name, **labels}, end - step * (len(values) - 1 - n), value)


def only(expr, made, at=AT, version=THREE):
    """The one value of the result, None when there is none."""
    result = evaluate(expr, made, at, version)
    if not isinstance(result, list):
        return result
    assert len(result) < 2, result
    return result[0].value if result else None


# --- where 3.x and 2.x part


def test_a_sample_exactly_five_minutes_old_is_out_in_3_and_in_for_2():
    made = history(1)
    assert only("a", made, AT + LOOKBACK - 0.001) == 1
    assert only("a", made, AT + LOOKBACK) is None
    assert only("a", made, AT + LOOKBACK, TWO) == 1
    assert only("a", made, AT + LOOKBACK + 0.001, TWO) is None


def test_a_range_is_open_on_the_left_in_3_and_closed_in_2():
    made = history(1, 2, 3)
    assert only("count_over_time(a[2m])", made) == 2
    assert only("count_over_time(a[2m])", made, version=TWO) == 3
    assert only("count_over_time(a[60001ms])", made) == 2


def test_a_subquery_steps_like_a_range():
    made = history(*range(11))
    at = AT - AT % 60
    assert only("count_over_time(a[2m:1m])", made, at) == 2
    assert only("count_over_time(a[2m:1m])", made, at, TWO) == 3
    assert only("max_over_time(a[5m:2m])", made, AT) == only("a", made, AT - AT % 120)


def test_3_shortens_the_way_to_the_start_before_it_looks_for_zero():
    # 60 s between samples, the first of them 170 s behind the start: beyond 1.1 intervals, so half of one is assumed.
    made = history(10, 70, 130, end=AT)
    factor = only("increase(a[290s])", made) / 120
    assert factor == pytest.approx((120 + min(30, 120 * 10 / 120)) / 120)
    # 2.x looks for zero first (10 s before the first sample), and then finds that near enough.
    assert only("increase(a[290s])", made, version=TWO) == pytest.approx(120 * (120 + 10) / 120)
    far = history(100, 160, 220, end=AT)
    assert only("increase(far[290s])".replace("far", "a"), far) == pytest.approx(120 * (120 + 30) / 120)
    # zero is 70 s away: for 2.x that is too far, and half an interval is taken; 3.x takes what is nearer, as here.
    between = history(70, 130, 190, end=AT)
    assert only("increase(a[290s])", between, version=TWO) == pytest.approx(120 * (120 + 30) / 120)
    assert only("increase(a[290s])", between) == pytest.approx(120 * (120 + 30) / 120)


def test_a_dot_is_any_character_in_3_and_no_line_break_in_2():
    made = history(1, shop="x\ny")
    assert only('a{shop=~"x.y"}', made) == 1
    assert only('a{shop=~"x.y"}', made, version=TWO) is None
    assert evaluate('label_replace(a, "to", "$1", "shop", "x(.)y")', made, AT)[0].labels["to"] == "\n"


# --- stale markers


def test_a_stale_marker_ends_a_series_at_once():
    made = history(1, 2, STALE)
    assert only("a", made) is None
    assert only("a", made, AT - 1) == 2
    assert only("absent(a)", made) == 1
    assert only("a offset 1m", made) == 2


def test_a_stale_marker_is_not_a_sample_of_a_range():
    made = history(1, 2, STALE, 4)
    assert only("count_over_time(a[10m])", made) == 3
    assert only("sum_over_time(a[10m])", made) == 7
    assert only("last_over_time(a[10m])", history(1, STALE)) == 1
    assert only("absent_over_time(a[10m])", history(STALE)) == 1


def test_a_marker_is_told_from_any_other_nan():
    assert is_stale(STALE)
    assert not is_stale(math.nan)
    assert not is_stale(1.0)
    assert struct.pack("<d", array("d", [STALE])[0]) == struct.pack("<Q", 0x7FF0000000000002)
    assert math.isnan(only("a", history(1, math.nan)))


# --- traps


def test_a_rate_needs_two_samples_and_counts_what_came_before_a_reset():
    assert only("rate(a[5m])", history(5)) is None
    assert only("increase(a[3m])", history(0, 5, 1, 4)) == pytest.approx((5 + 4 - 5 + 0) * 3 / 2)
    assert only("resets(a[10m])", history(3, 1, math.nan, 0, 5, 4)) == 2
    assert only("changes(a[10m])", history(1, math.nan, math.nan, 1, 1)) == 2


def test_only_samples_near_the_ends_of_the_range_stretch_a_rate_to_them():
    made = history(0, 60, 120, 180, 240, end=AT - 30)
    assert only("rate(a[5m])", made) == pytest.approx(1.0 * (240 + 0 + 30) / 300)
    late = history(1000, 1060, 1120, end=AT - 100)
    assert only("increase(a[10m])", late) == pytest.approx(120 * (120 + 30 + 30) / 120)


def test_deltas_of_gauges_fall_and_are_not_stopped_at_zero():
    assert only("delta(a[3m])", history(9, 6, 3, 0)) == pytest.approx(-6 * 3 / 2)
    assert only("idelta(a[5m])", history(1, 5, 2)) == -3
    assert only("irate(a[5m])", history(1, 5, 2)) == pytest.approx(2 / 60)


def test_a_line_is_drawn_from_the_instant_of_the_evaluation():
    made = history(*range(0, 110, 10))
    assert only("deriv(a[20m])", made) == pytest.approx(10 / 60)
    assert only("predict_linear(a[20m], 600)", made) == pytest.approx(200)
    assert only("predict_linear(a[20m] offset 5m, 600)", made) == pytest.approx(200)
    assert only("deriv(a[20m])", history(4, 4, 4)) == 0
    assert math.isnan(only("deriv(a[20m])", history(math.inf, math.inf)))


def test_the_timestamp_of_a_selector_is_its_samples_and_that_of_anything_else_the_instant():
    made = history(5, end=AT - 40)
    assert only("timestamp(a)", made) == AT - 40
    assert only("timestamp((a))", made) == AT - 40
    assert only("timestamp(a * 1)", made) == AT
    assert only("timestamp(timestamp(a))", made) == AT
    assert only("timestamp(a offset 30s)", history(5, end=AT - 40)) == AT - 40


def test_inside_a_subquery_time_is_the_step_and_end_is_the_whole_evaluation():
    made = history(*range(20), end=AT)
    assert only("min_over_time(vector(time())[3m:1m])", made) == AT - AT % 60 - 120
    assert only("max_over_time((a @ end())[10m:1m])", made) == 19
    assert only("min_over_time((a @ end())[10m:1m])", made) == 19
    assert only("a @ start()", made, AT - 300) == 14
    assert only(f"a @ {AT - 600} offset 1m", made) == 8


def test_many_to_many_is_found_over_a_past_as_well():
    made = history(1, 2, kind="x")
    add(made, 1, 2, kind="y")
    add(made, 3, 4, name="b", kind="x")
    add(made, 3, 4, name="b", kind="y")
    with pytest.raises(EvaluationError, match="many-to-many"):
        evaluate("rate(a[5m]) + on () rate(b[5m])", made, AT)
    with pytest.raises(EvaluationError, match="same labelset"):
        evaluate('rate({__name__=~"a|b"}[5m])', made, AT)
    assert len(evaluate('last_over_time({__name__=~"a|b"}[5m])', made, AT)) == 4


def test_the_lowest_bucket_and_the_highest_have_no_inside():
    made = History()
    for bound, count in (("-1", 5.0), ("1", 5.0), ("+Inf", 10.0)):
        add(made, count, name="b", le=bound)
    assert only("histogram_quantile(0.2, b)", made) == -1
    assert only("histogram_quantile(0.9, b)", made) == 1
    add(made, 3, name="c", le="1", end=AT)
    assert math.isnan(only("histogram_quantile(0.5, c)", made))


def test_labels_are_replaced_only_where_the_whole_text_matches():
    made = history(1, shop="main-7", kind="x")
    labels = lambda expr: dict(evaluate(expr, made, AT)[0].labels)  # noqa: E731 - short in this test
    assert labels('label_replace(a, "no", "$1", "shop", "main-(.)")')["no"] == "7"
    assert "no" not in labels('label_replace(a, "no", "$1", "shop", "main")')
    assert "kind" not in labels('label_replace(a, "kind", "", "shop", ".*")')
    assert labels('label_replace(a, "no", "$1x-${1}x-$$", "shop", "main-(.)")')["no"] == "-7x-$"
    assert labels('label_join(a, "all", "/", "kind", "none", "shop")')["all"] == "x//main-7"


def test_topk_keeps_the_series_and_puts_nan_last():
    made = History()
    for shop, value in (("s", 3.0), ("t", math.nan), ("u", 7.0)):
        add(made, value, shop=shop)
    assert [each.labels["shop"] for each in evaluate("topk(2, a)", made, AT)] == ["u", "s"]
    assert [each.labels["shop"] for each in evaluate("bottomk(3, a)", made, AT)] == ["s", "u", "t"]
    with pytest.raises(EvaluationError, match="number of elements"):
        evaluate("topk(NaN, a)", made, AT)


# --- what is kept


def test_samples_come_in_order_of_time_and_the_last_of_one_instant_counts():
    made = history(1, 2)
    made.append({"__name__": "a"}, AT, 9)
    assert only("a", made) == 9
    assert made.samples == 2
    with pytest.raises(ValueError, match="in order of time"):
        made.append({"__name__": "a"}, AT - 1, 3)


def test_what_is_forgotten_is_gone_but_a_living_series_keeps_its_newest_value():
    made = history(*range(10))
    add(made, 1, 2, name="b")
    made.forget(AT - 150, "a")
    assert (made.samples, made.series) == (5, 2)
    made.forget(AT + 1)
    assert (made.samples, made.series) == (2, 2)
    assert only("a", made) == 9
    made.append({"__name__": "a"}, AT + 5, STALE)
    made.forget(AT + 6)
    assert (made.samples, made.series) == (1, 1)
    made.append({"__name__": "a"}, AT + 10, 4)
    assert only("a", made, AT + 11) == 4


def test_series_that_come_and_go_are_seen_by_a_selector_that_was_asked_before():
    made = history(1, shop="s")
    assert len(evaluate('a{shop=~"s|t"}', made, AT)) == 1
    add(made, 1, shop="t")
    assert len(evaluate('a{shop=~"s|t"}', made, AT)) == 2
    assert len(evaluate('{shop=~"s|t"}', made, AT)) == 2
    made.append({"__name__": "a", "shop": "s"}, AT + 1, STALE)
    made.forget(AT + 2)
    assert len(evaluate('a{shop=~"s|t"}', made, AT + 2)) == 1
    made.append({"__name__": "a", "shop": "t"}, AT + 3, STALE)
    made.forget(AT + 4)
    add(made, 1, shop="u", end=AT + 5)
    assert evaluate('a{shop=~"s|t"}', made, AT + 5) == []


def test_forgetting_what_nobody_asks_for_changes_no_answer():
    chance = random.Random(3)
    kept, short = History(), History()
    expression = compiled("sum by (shop) (rate(a[5m])) > 0.01")
    for n in range(200):
        at = AT + 15 * n
        for shop in "stu":
            value = STALE if chance.random() < 0.05 else float(n * chance.choice((0, 1)))
            for each in (kept, short):
                each.append({"__name__": "a", "shop": shop}, at, value)
        short.forget(at - expression.horizon)
        assert evaluate(expression.text, short, at) == evaluate(expression.text, kept, at)
    assert short.samples < kept.samples / 5


@pytest.mark.parametrize(
    ("expr", "horizon", "past"),
    [
        ("1", 0, {}),
        ("a > 1", 300, {"a": 0}),
        ("a offset 1h", 3900, {"a": 3900}),
        ("a offset -1h", 0, {"a": 0}),
        ("rate(a[10m]) and b", 600, {"a": 600, "b": 0}),
        ("rate(a[10m] offset 5m)", 900, {"a": 900}),
        ("max_over_time(a[1h:1m])", 3900, {"a": 3900}),
        ("max_over_time(rate(a[5m] offset 2m)[1h:1m] offset 1d)", 86400 + 3600 + 420, {"a": 86400 + 3600 + 420}),
        ("max_over_time((a @ end())[1h:1m])", 300, {"a": 300}),
        ("a @ 5", math.inf, {"a": math.inf}),
        ("max_over_time(a[1h:1m] @ 5)", math.inf, {"a": math.inf}),
    ],
)
def test_an_expression_tells_how_far_it_looks_back(expr, horizon, past):
    made = compiled(expr)
    assert (made.horizon, made.past) == (horizon, past)


@pytest.mark.parametrize(
    ("expr", "timeless"),
    [
        ("a > on (shop) b", True),
        ("day_of_week(a)", True),
        ("day_of_week() == 1", False),
        ("time() - a", False),
        ("timestamp(a)", False),
        ("rate(a[5m])", False),
        ("a offset 1m", False),
        ("a[1m:1m]", False),
    ],
)
def test_an_expression_tells_whether_the_same_values_give_the_same_result(expr, timeless):
    assert compiled(expr if not expr.endswith("]") else f"sum_over_time({expr})").timeless is timeless


def test_a_sample_takes_16_bytes_and_a_series_less_than_a_thousand():
    made = History()
    for shop in range(200):
        for n in range(240):
            made.append({"__name__": "a", "shop": str(shop), "kind": "x"}, AT + 15 * n, float(n))
    assert (made.series, made.samples) == (200, 48_000)
    assert 16 <= made.bytes / made.samples < 24
