"""Orders and wrong payments are counted from one look to the next, and nothing is counted twice."""

from __future__ import annotations

import json

from exporter.model import Metric
from exporter.probes.order_rate import tell as rate
from exporter.probes.pending_paid import tell as paid
from exporter.tally import Tally, look, read, stored


def series(orders=None, pending=None, **kinds):
    found = [("main", paid.ANOMALIES(value, kind=kind)) for kind, value in kinds.items()]
    if pending is not None:
        found += [("main", paid.ORDERS(value, pay_channel="w", age=age)) for age, value in pending.items()]
    if orders is not None:
        found += [("main", rate.ORDERS(orders, event="created")), ("main", rate.ORDERS(1e6, event="paid"))]
    return found


def after(*looks):
    tallies = {}
    for each in looks:
        tallies = look(tallies, each)
    return tallies["main"]


def test_orders_are_the_rise_of_their_counter_since_the_first_look():
    assert after(series(1000), series(1300), series(1310)).ordered == 310


def test_a_counter_that_begins_anew_takes_nothing_away():
    assert after(series(1000), series(1300), series(5), series(8)).ordered == 303


def test_without_a_counter_of_orders_there_is_no_rate():
    tally = after(series(double_payment=1))
    assert (tally.ordered, tally.wrong, tally.rate) == (None, 1, None)


def test_a_fault_counts_when_it_comes_up_and_not_while_it_stands():
    assert after(*[series(double_payment=2)] * 5, series(double_payment=0), series(double_payment=1)).wrong == 3


def test_an_order_that_waits_longer_is_no_new_one():
    assert (
        after(series(pending={"under_5m": 3, "under_30m": 0}), series(pending={"under_5m": 0, "under_30m": 3})).wrong
        == 3
    )


def test_a_probe_that_fails_has_not_mended_anything():
    assert after(series(10, double_payment=2), [], series(20, double_payment=2)).wrong == 2


def test_a_new_week_counts_from_nothing_and_measures_by_what_is_open():
    tally = after(series(1000, double_payment=2), series(1100, double_payment=2)).begun()
    assert (tally.ordered, tally.wrong) == (0, 0)
    assert look({"main": tally}, series(1150, double_payment=3))["main"].rate == 1 / 50


def test_other_metrics_are_not_looked_at():
    assert look({}, [("main", Metric("other", "Other.")(1))]) == {}


def test_it_is_read_as_it_was_stored():
    tallies = look({}, series(7, pending={"under_5m": 1}, double_payment=2))
    assert read(json.loads(json.dumps(stored(tallies)))) == tallies
    assert read({"a": {"ordered": None, "wrong": 0.0, "total": None, "open": {}}}) == {"a": Tally()}
