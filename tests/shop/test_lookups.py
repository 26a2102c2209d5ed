"""Our side of the join: by number, in batches, over links and shards."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from exporter.mapping import Mapping
from exporter.shop import NotApplicable, Refused
from tests.shop.conftest import DDL, ORDERS, mapped


def fill(plain, count: int, table: str = "orders") -> None:
    plain.run(DDL.format(time="BIGINT", more="").replace("TABLE orders", f"TABLE {table}"))
    plain.run(f"CREATE INDEX no_{table} ON {table} (order_no)")
    plain.fill(table, [(i, f"{table[-1]}{i:05}", "paid", "9.90", 1_700_000_000 + i) for i in range(count)])


def test_many_numbers_are_asked_for_two_hundred_at_a_time(plain, opened):
    fill(plain, 1000)
    shop = opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10)

    found = shop.lookup("orders", "number", [f"s{i:05}" for i in range(0, 1500, 2)])

    assert len(found) == 500
    assert len(shop.trace) == 4
    assert {step.access for asked in shop.trace for step in asked.plan} <= {"range", "ref", "ALL"}


def test_numbers_are_compared_stripped(plain, opened):
    fill(plain, 5)
    shop = opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10)
    assert [record["number"] for record in shop.lookup("orders", "number", [" s00001\n", "s00001", "gone"])] == [
        "s00001"
    ]
    assert shop.lookup("orders", "number", []) == []


def test_a_number_column_gets_numbers_only(plain, opened):
    plain.run(
        "CREATE TABLE orders (id BIGINT PRIMARY KEY, order_no BIGINT, status VARCHAR(9), amount INT, created_at INT)"
    )
    plain.fill("orders", [(i, 5000 + i, "paid", 1, 1) for i in range(5)])
    shop = opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10)

    found = shop.lookup("orders", "number", ["5001", "05002", "5003abc", "abc", "9" * 40])

    assert [record["number"] for record in found] == ["5001"], "05002 is another number, and a text matches nothing"


def test_case_counts_unless_the_collation_or_the_mapping_says_otherwise(mariadb, opened):
    name = mariadb.database(
        "collations",
        "CREATE TABLE ci (id INT PRIMARY KEY, no VARCHAR(20)) COLLATE utf8mb4_general_ci",
        "CREATE TABLE bin (id INT PRIMARY KEY, no VARCHAR(20)) COLLATE utf8mb4_bin",
        "INSERT INTO ci VALUES (1, 'Ab1')",
        "INSERT INTO bin VALUES (1, 'Ab1')",
    )
    for table, expected in (("ci", 1), ("bin", 0)):
        mapping = Mapping.model_validate({"orders": {"table": table, "columns": {"number": "no"}}})
        shop = opened(mariadb.url(name), mapping).bounded("test", 10)
        assert len(shop.lookup("orders", "number", ["aB1"])) == expected
        assert (shop.require("orders").fold("aB1", "number") == "ab1") == bool(expected)


def test_every_shard_is_asked(plain, opened):
    for shard in ("orders_0", "orders_1"):
        fill(plain, 3, shard)
    shop = opened(plain.address, mapped(table="orders_{0..1}", time={"kind": "epoch_s"})).bounded("test", 10)
    assert len(shop.lookup("orders", "number", ["000001", "100002"])) == 2
    table = shop.require("orders")
    counted = shop.rows(select(func.count(), func.max(table.c.number)).where(table.c.key >= 0), word="orders")
    assert [tuple(row) for row in counted] == [(3, "000002"), (3, "100002")]


def test_a_trade_number_leads_over_the_link_to_the_order(plain, opened):
    plain.run(
        "CREATE TABLE callbacks (id INT PRIMARY KEY, no VARCHAR(30), at INT)",
        "CREATE TABLE attempts (id INT PRIMARY KEY, no VARCHAR(30), pay_order_id BIGINT, kind INT)",
        "CREATE TABLE pay_orders (id BIGINT PRIMARY KEY, merchant_order_id VARCHAR(30))",
        "INSERT INTO attempts VALUES (1, 'P1', 10, 1), (2, 'P2', 10, 1), (3, 'P3', 11, 1), (4, 'P3', 10, 9)",
        "INSERT INTO pay_orders VALUES (10, '501'), (11, '502')",
    )
    fill(plain, 1)
    mapping = Mapping.model_validate({
        "orders": ORDERS | {"time": {"kind": "epoch_s"}},
        "callbacks": {
            "table": "callbacks",
            "success": {},
            "columns": {"trade_no": "no", "received": "at"},
            "transform": {"trade_no": [{"drop_prefix": "wx_"}]},
            "link": [
                {"table": "attempts", "from": "no", "to": "pay_order_id", "where": {"kind": 1}},
                {"table": "pay_orders", "from": "id", "to": "merchant_order_id"},
            ],
        },
    })  # fmt: skip
    shop = opened(plain.address, mapping).bounded("test", 10)

    assert shop.resolve(["wx_P1", "P2", "P3", "P9"]) == {"wx_P1": ["501"], "P2": ["501"], "P3": ["502"], "P9": []}


def test_a_column_that_identifies_nothing_is_refused(plain, opened):
    plain.run(DDL.format(time="BIGINT", more=""))
    plain.fill("orders", [(i, "same", "paid", "1.00", 1) for i in range(10_050)])
    with pytest.raises(Refused, match="is it the right column"):
        opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10).lookup("orders", "number", ["same"])


def test_what_is_not_mapped_says_what_to_write(plain, opened):
    fill(plain, 1)
    shop = opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10)
    assert shop.maps("orders", "number")
    assert not shop.maps("orders", "paid")
    assert not shop.maps("stock")
    for asking in (
        lambda: shop.require("orders", "paid"),
        lambda: shop.require("orders").c.paid,
        lambda: shop.lookup("orders", "transaction", ["1"]),
    ):
        with pytest.raises(NotApplicable, match="the mapping does not say which column"):
            asking()
    with pytest.raises(NotApplicable, match="no table of stock"):
        shop.require("stock")


def test_indexes_and_columns_are_told_in_the_tables_own_names(plain, opened):
    fill(plain, 3)
    shop = opened(plain.address, mapped(time={"kind": "epoch_s"})).bounded("test", 10)
    found = {index.columns: index.unique for index in shop.index("orders")}
    assert found[("id",)]
    assert not found[("order_no",)]
    assert shop.columns("orders")["number"].name == "order_no"
    assert not shop.columns("orders")["number"].nullable
    assert shop.columns("orders")["amount"].nullable


def test_memory_is_kept_by_shop_and_probe(plain, opened):
    shop = opened(plain.address)
    shop.bounded("pending_paid", 1).remember({"open": [1]})
    assert shop.bounded("pending_paid", 1).recall() == {"open": [1]}
    assert shop.bounded("negative_stock", 1).recall() == {}
