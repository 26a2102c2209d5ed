"""A plan for orders whose start of fulfilment stands in the log of events alone, run by the database's own client."""

import pytest

from exporter.__main__ import main
from tests.probes.shipping import MAPPED, TABLES
from tests.repair.shops import ago, planned

EVENT = ("--event", "production_confirmed")


@pytest.fixture
def logged(desk):
    """With the times of each step, and a log of events."""
    times = [each.replace("DATETIME", "TIMESTAMP") if "postgresql" in desk.plain.url else each for each in TABLES]
    desk.plain.sql(times)
    desk.config(tables=MAPPED, probes={"fulfilment": {}})
    return desk


def event(desk, number, at, name="production_confirmed"):
    return desk.plain.insert("event_log", order_no=number, event=name, at=at)


def order(desk, number, **times):
    at = {"created_at": ago(hours=20), "paid_at": ago(hours=19), "shipped_at": ago(hours=2), **times}
    return desk.plain.order(number, "shipped", **at)


def test_a_plan_writes_the_start_from_the_log_once(logged, capsys):
    key, other = order(logged, "N'1"), order(logged, "N2")
    order(logged, "STARTED", fulfillment_start_at=ago(hours=9))
    order(logged, "NO-EVENT")
    for number, name in (("N'1", EVENT[1]), ("N2", EVENT[1]), ("STARTED", EVENT[1]), ("NO-EVENT", "label_printed")):
        event(logged, number, ago(hours=10), name)
    before = logged.hashes()
    plan = planned(logged, capsys, "fulfilment_start", *EVENT)
    logged.plain.sql([f"UPDATE orders SET fulfillment_start_at = '2026-01-01 00:00:00' WHERE id = {other}"])
    kept = logged.rows(f"SELECT fulfillment_start_at FROM orders WHERE id = {other}")
    logged.client(plan)
    assert logged.changed(before) == {("orders", key), ("orders", other)}
    assert logged.rows(f"SELECT fulfillment_start_at FROM orders WHERE id = {other}") == kept
    [(start,), (logs,)] = (
        logged.rows(f"SELECT {column} FROM {where}")[0]
        for column, where in (("fulfillment_start_at", f"orders WHERE id = {key}"), ("MIN(at)", "event_log"))
    )
    assert start == logs
    after = logged.hashes()
    logged.client(plan)
    assert logged.changed(after) == set()


def test_events_that_contradict_the_order_are_left_to_a_person(logged, capsys):
    for number, hours in (("EARLY", (30,)), ("LATE", (1,)), ("TWICE", (9, 10))):
        order(logged, number)
        for each in hours:
            event(logged, number, ago(hours=each))
    text = planned(logged, capsys, "fulfilment_start", *EVENT).read_text(encoding="utf-8")
    assert "before created" in text
    assert "after the shipment" in text
    assert "this event happened more than once" in text
    assert "UPDATE" not in text


def test_which_event_is_the_start_is_asked_for(logged, capsys):
    words = ["--config.file", str(logged.folder / "config.yaml")]
    assert main(["repair", "fulfilment_start", *words]) == 2
    assert "needs --event" in capsys.readouterr().err
