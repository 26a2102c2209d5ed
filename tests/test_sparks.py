"""The curve of a probe's figure: fine at first, hours long in the end, never larger than it may be."""

from datetime import UTC, datetime, timedelta

import pytest

from exporter.model import Metric, Name, Reading
from exporter.sparks import POINTS, WIDEST, Sparks, headline

AT = datetime(2026, 3, 1, tzinfo=UTC)
ORDERS = Metric("order_health_pending_paid_orders", "x", ("age",))
LAG = Metric("order_health_replica_lag_seconds", "x", ("replica",))
NAME = Name("main", "pending_paid")


def fed(*figures, every=5.0):
    """One reading after another; None is one that failed."""
    sparks = Sparks()
    for number, figure in enumerate(figures):
        samples = () if figure is None else (ORDERS(figure, age="a"),)
        at = AT + timedelta(seconds=every * number)
        sparks.note(Reading("pending_paid", "main", at, 0.1, samples, (), "x" if figure is None else None))
    return sparks


def test_a_new_curve_tells_of_seconds():
    trend = fed(1, 2, 3).trend(NAME)
    assert (trend.points, trend.step, trend.metric) == ((1, 2, 3), 5.0, ORDERS)


def test_one_figure_is_no_curve():
    assert fed(1).trend(NAME) is None
    assert fed(None, None).trend(NAME) is None
    assert Sparks().trend(NAME) is None


def test_a_run_that_failed_leaves_a_hole():
    assert fed(1, None, 3).trend(NAME).points == (1, None, 3)


def test_a_peak_is_not_lost_when_the_curve_grows_longer():
    figures = [0] * 5000
    figures[1234] = 89
    trend = fed(*figures).trend(NAME)
    assert trend.step == WIDEST
    assert len(trend.points) <= POINTS
    assert max(trend.points) == 89


def test_six_hours_are_kept_and_no_more():
    trend = fed(*range(400), every=300.0).trend(NAME)
    known = [point for point in trend.points if point is not None]
    assert len(trend.points) == POINTS
    assert trend.step * POINTS > 6 * 3600
    assert known[-1] == 399
    assert known[0] >= 399 - POINTS * WIDEST / 300 - 2


def test_a_long_pause_is_a_hole_and_costs_nothing():
    sparks = fed(1, 2)
    sparks.note(Reading("pending_paid", "main", AT + timedelta(days=30), 0.1, (ORDERS(7, age="a"),)))
    assert sparks.trend(NAME) is None


def test_a_clock_that_was_set_back_begins_anew():
    sparks = fed(1, 2, 3)
    for number in (0, 5):
        then = AT - timedelta(hours=1, seconds=-number)
        sparks.note(Reading("pending_paid", "main", then, 0.1, (ORDERS(number, age="a"),)))
    assert sparks.trend(NAME).points == (0, 5)


def test_what_is_watched_no_more_is_forgotten():
    sparks = fed(1, 2)
    sparks.only([])
    assert sparks.trend(NAME) is None


@pytest.mark.parametrize(
    ("samples", "figure"),
    [
        ((ORDERS(61, age="a"), ORDERS(28, age="b")), 89),
        ((LAG(0.8, replica="a"), LAG(2.5, replica="b")), 2.5),
        ((Metric("order_health_orders_total", "x", (), "counter")(9), ORDERS(1, age="a")), 1),
        ((Metric("order_health_pending_paid_oldest_timestamp_seconds", "x")(1e9),), None),
        ((), None),
    ],
)
def test_the_figure_is_the_first_that_can_rise_and_fall(samples, figure):
    found = headline(samples)
    assert (found and found[1]) == figure
