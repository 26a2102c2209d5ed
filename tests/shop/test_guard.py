"""The plan is looked at before the statement runs, on every family."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from exporter.shop import Refused
from tests.shop.conftest import DDL, mapped

SINCE = datetime.fromtimestamp(1_700_000_000, UTC)


@pytest.fixture
def large(plain, opened):
    plain.run(DDL.format(time="BIGINT", more=""))
    plain.fill("orders", [(i, f"N{i}", "paid", "1.00", 1_700_000_000 + i * 60) for i in range(6000)])
    if plain.family == "mariadb":
        plain.run("ANALYZE TABLE orders")
    return opened(plain.address, mapped(time={"kind": "epoch_s"}), large=1000)


def test_a_full_scan_of_a_large_table_is_refused_with_the_index_to_ask_for(large):
    with pytest.raises(
        Refused, match=r"orders: the plan reads the whole table of about [\d,]+ rows.*orders \(order_no\)"
    ):
        large.bounded("test", 5).lookup("orders", "number", ["N1"])


def test_what_was_refused_is_on_the_trace_with_its_plan_and_without_its_values(large):
    run = large.bounded("test", 5)
    with pytest.raises(Refused):
        run.lookup("orders", "number", ["N-secret"])
    assert [step.access for step in run.trace[-1].plan] == ["ALL"]
    assert "order_no IN" in run.trace[-1].sql
    assert "N-secret" not in repr(run.trace)


def test_an_ordered_walk_along_the_key_is_a_full_scan_too(large):
    run = large.bounded("test", 5)
    table = run.require("orders")
    with pytest.raises(Refused):
        run.rows(select(table.c.number).where(table.c.status == "x").order_by(table.c.key), word="orders")


def test_a_window_between_keys_is_not(large):
    run = large.bounded("test", 5)
    scan = run.window("orders", "created", SINCE + timedelta(hours=20), SINCE + timedelta(hours=21))
    assert len(scan.records) == 60
    table = run.require("orders")
    counted = run.rows(select(func.count()).select_from(table.source), word="orders",
                       during=("created", SINCE + timedelta(hours=20), SINCE + timedelta(hours=21)))  # fmt: skip
    assert counted[0][0] == 60
    assert [step.access for step in run.trace[-1].plan] == ["range"]


def test_a_window_over_keys_without_order_is_refused_with_the_index_that_it_needs(plain, opened):
    plain.run(DDL.format(time="BIGINT", more=""))
    plain.fill("orders", [(i, f"N{i}", "paid", "1.00", 1_700_000_000 + (i * 7919) % 6000 * 60) for i in range(6000)])
    if plain.family == "mariadb":
        plain.run("ANALYZE TABLE orders")
    run = opened(plain.address, mapped(time={"kind": "epoch_s"}), large=1000).bounded("test", 5)
    with pytest.raises(Refused, match=r"orders \(status, created_at\)"):
        run.window("orders", "created", SINCE, SINCE + timedelta(hours=1), match={"status": ["paid"]})


def test_a_plan_is_seen_once_an_hour_and_after_a_change(plain, large):
    plain.run("CREATE INDEX by_no ON orders (order_no)")
    for _ in range(3):
        assert large.bounded("test", 5).lookup("orders", "number", ["N1", "N2"])
    guard = large._premises.source(None).guard
    assert len(guard._cleared) == 1
    large.forget()
    assert not guard._cleared


def test_an_index_that_starts_with_a_compared_column_serves_a_window(plain, large):
    plain.run("CREATE INDEX by_status ON orders (status, created_at)")
    large.forget()
    run = large.bounded("test", 5)
    run.window("orders", "created", SINCE, SINCE + timedelta(hours=1), match={"status": ["paid"]})
    assert len(run.trace) == 1
    assert run.trace[0].plan[0].key == "by_status"
