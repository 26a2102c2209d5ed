"""A mapping says what is wrong with it, all at once and at its place; and it merges, prefixes and shards as written."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from exporter.mapping import WORDS, Callbacks, Orders, Reservations, Stock, TableMap, load
from exporter.mapping.presets import presets
from exporter.mapping.shards import Shard

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [(DOCS / name).read_text(encoding="utf-8") for name in ("mapping.md", "mapping.zh-CN.md")]
EXAMPLES = [
    document["tables"]
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for document in yaml.safe_load_all(block)
    if "tables" in document
]

MINE = {
    "orders": {
        "table": "t_order",
        "columns": {"number": "no", "trade_no": "no", "status": "st", "created": "c", "paid": "p"},
        "status": {"pending": [0], "paid": [1]},
    }
}


def mine(**orders):
    return {"orders": {**MINE["orders"], **orders}}


def faults(given):
    with pytest.raises(ValidationError) as caught:
        load(given)
    return {".".join(map(str, each["loc"])): each["msg"] for each in caught.value.errors()}


def test_a_mapping_written_out_is_read():
    orders = load(MINE).orders
    assert orders.shards == (Shard("t_order"),)
    assert orders.statuses("pending", "paid") == (0, 1)
    assert orders.status_kind("1") == "paid"
    assert orders.status_kind(7) is None


def test_all_faults_are_told_at_once_each_at_its_place():
    told = faults(
        {"preset": "plain", "callback": {}, "zone": "+99:00", "orders": {"statsu": {}, "columns": {"numbr": "x"}}}
    )
    assert set(told) == {"callback", "zone", "orders.statsu", "orders.columns.numbr"}
    assert "did you mean 'callbacks'?" in told["callback"]
    assert "did you mean 'status'?" in told["orders.statsu"]
    assert '"+08:00" in quotes' in told["zone"]


@pytest.mark.parametrize(
    ("written", "place", "says"),
    [
        ({"pending": 0}, "orders.status.pending", "write for example [0]"),
        ({"pending": "new"}, "orders.status.pending", "write for example [new]"),
        ({"pending": {"a": 1}}, "orders.status.pending", "a list of the raw values is wanted"),
        ({"pending": None}, "orders.status.pending", "write for example [0, 1]"),
        ({"pending": [True]}, "orders.status.pending.0", "write 0 or 1"),
        ({"pending": [1.5]}, "orders.status.pending.0", "write a number or a text in quotes"),
        ({"payed": [1]}, "orders.status.payed", "did you mean 'paid'?"),
        ({"pending": [1], "paid": ["1"]}, "orders.status.paid", "stands under pending too"),
        ({}, "orders.status", "its values are not"),
    ],
)
def test_a_wrong_status_is_told_with_what_to_write(written, place, says):
    assert says in faults(mine(status=written))[place]


def test_texts_and_numbers_may_stand_beside_each_other_in_a_status():
    assert load(mine(status={"pending": [0, "new"]})).orders.statuses("pending") == (0, "new")


def test_an_unknown_preset_names_the_nearest_and_all_others():
    told = faults("litemal")[""]
    assert "did you mean 'litemall'?" in told
    assert "shopxo" in told
    assert "is not a preset" in faults({"preset": "nonesuch"})["preset"]
    assert (
        "unknown check" in faults({"preset": "plain", "not_applicable": {"calbacks": "x"}})["not_applicable.calbacks"]
    )


def test_what_differs_from_a_preset_is_merged_key_by_key():
    given = {
        "preset": "plain",
        "orders": {"table": "shop_orders", "columns": {"channel": None, "number": "sn"}},
        "stock": None,
    }
    mapping = load(given)
    assert mapping.orders.table == "shop_orders"
    assert mapping.orders.columns["number"] == "sn"
    assert "channel" not in mapping.orders.columns
    assert mapping.orders.statuses("paid") == ("paid",)
    assert mapping.stock is None
    assert mapping.callbacks == load("plain").callbacks


def test_a_prefix_stands_before_the_tables_of_a_preset_and_before_no_others():
    mapping = load({"preset": "shopxo", "prefix": "abc_", "stock": {"table": "my_stock"}})
    assert mapping.orders.table == "abc_order"
    assert [hop.table for hop in mapping.callbacks.link] == ["abc_pay_log_value"]
    assert mapping.stock.table == "my_stock"
    assert load({**MINE, "prefix": "x_"}).orders.table == "x_t_order"
    assert "write" in faults({"preset": "shopxo", "prefix": 3})["prefix"]


def test_shards_are_written_as_a_range_and_keep_their_width():
    tables = load(mine(table="orders_{00..63}")).orders.shards
    assert (len(tables), str(tables[0]), str(tables[-1])) == (64, "orders_00", "orders_63")


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ({"database": "db_{0..3}", "table": "orders_{00..15}"}, "db_0.orders_00 db_0.orders_01", "db_3.orders_15"),
        (
            {"database": "db_{0..3}", "table": "orders_{00..63}", "spread": "blocks"},
            "db_0.orders_00 db_0.orders_01",
            "db_3.orders_63",
        ),
        (
            {"database": ["db_{0..2}", "old"], "table": "orders_{00..63}", "spread": "turns"},
            "db_0.orders_00 db_1.orders_01",
            "old.orders_63",
        ),
        (
            {"schema": "shop_{0..3}", "table": "orders_{00..15}"},
            "shop_0.orders_00 shop_0.orders_01",
            "shop_3.orders_15",
        ),
        (
            {"database": "db_{0..1}", "schema": "s_{0..1}", "table": "o_{00..15}"},
            "db_0.s_0.o_00 db_0.s_0.o_01",
            "db_1.s_1.o_15",
        ),
    ],
)
def test_shards_lie_in_several_databases_and_schemas(written, first, last):
    shards = load(mine(**written)).orders.shards
    assert len(shards) == len(set(shards)) == 64
    assert " ".join(map(str, shards[:2])) == first
    assert str(shards[-1]) == last


def test_tables_that_do_not_come_out_even_are_refused():
    uneven = faults(mine(database="db_{0..2}", table="orders_{00..63}", spread="blocks"))
    assert "64 tables cannot be dealt out evenly to 3 databases" in uneven["orders.spread"]
    many = faults(mine(database="db_{0..63}", table="orders_{00..63}"))
    assert "write spread: blocks" in many["orders.spread"]


@pytest.mark.parametrize(
    ("route", "value", "number"),
    [
        ({"by": "number"}, "130", 2),
        ({"by": ["number", "key"], "last": 2}, "20260301A0077", 13),
        ({"by": "number", "last": 4, "hash": "none"}, " 12 ", 12),
        ({"by": "number", "hash": "crc32"}, "123456789", 0xCBF43926 % 64),
        ({"by": "number", "hash": "java"}, "hello", 99162322 % 64),
        ({"by": "number", "hash": "java"}, "polygenelubricants", 2147483648 % 64),
        ({"by": "number", "hash": "java"}, "\U0001f600", (0xD83D * 31 + 0xDE00) % 64),
        ({"by": "number", "last": 2}, "OH-X7", None),
        ({"by": "number"}, "²", None),
        ({"by": "number"}, "", None),
    ],
)
def test_a_route_finds_the_shard_that_a_number_names(route, value, number):
    orders = load(mine(table="orders_{00..63}", route=route)).orders
    found = orders.route.shard(value, orders.shards)
    assert found == (None if number is None else orders.shards[number])


def test_a_route_goes_by_columns_that_are_mapped():
    assert "which column transaction is" in faults(mine(route={"by": "transaction"}))["orders.route.by"]
    assert faults(mine(route={"by": []})).keys() == {"orders.route.by"}


@pytest.mark.parametrize(
    "table", ["orders_{63..00}", "orders_{a..b}", "orders_{0..9}_{0..9}", "orders_{0..99999}", "orders_{"]
)
def test_shards_that_are_no_range_are_refused(table):
    assert "orders_{00..63}" in faults(mine(table=table))["orders.table"]


def test_a_column_has_its_own_clock_where_it_is_said_and_the_mappings_zone_otherwise():
    time = {"kind": "epoch_ms", "columns": {"paid": {"kind": "datetime", "zone": "UTC"}}}
    mapping = load({**mine(time=time), "zone": "Asia/Shanghai"})
    assert mapping.clock("orders", "created")[0] == "epoch_ms"
    assert mapping.clock("orders", "paid")[1].utcoffset(None) == timedelta(0)
    assert str(mapping.clock("orders", "created")[1]) == "Asia/Shanghai"
    assert "'epoch_s'" in faults(mine(time={"kind": "unix"}))["orders.time.kind"]
    assert "does not say which column" in faults(mine(time={"columns": {"updated": {}}}))["orders.time.columns.updated"]


@pytest.mark.parametrize(
    ("steps", "stored", "compared"),
    [
        ([], "P1", "P1"),
        ([{"after": "_"}], "wx_2026_1", "2026_1"),
        ([{"after": "_"}], "2026", "2026"),
        ([{"before": "-"}], "2026-2", "2026"),
        ([{"drop_prefix": "P"}, "lower"], "PAB", "ab"),
        (["strip", {"drop_suffix": "x"}, {"add_prefix": "T"}, "upper"], " ax ", "TA"),
    ],
)
def test_a_value_is_transformed_in_the_order_of_the_steps(steps, stored, compared):
    assert load(mine(transform={"trade_no": steps})).orders.transformed("trade_no", stored) == compared


@pytest.mark.parametrize(
    ("step", "says"),
    [("stripp", "did you mean 'strip'?"), ("after", 'write {after: "_"}'), ({"nonsense": "x"}, "is not a step")],
)
def test_an_unknown_step_is_told_with_what_to_write(step, says):
    assert says in faults(mine(transform={"trade_no": [step]}))["orders.transform.trade_no.0"]


def test_a_filter_takes_one_value_several_or_null():
    where = load(mine(where={"deleted": 0, "app": [1, 2], "gone_at": [None]})).orders.where
    assert where == {"deleted": (0,), "app": (1, 2), "gone_at": (None,)}


def test_callbacks_must_say_what_success_is_and_be_joined_to_orders():
    callbacks = {"table": "cb", "columns": {"trade_no": "a", "received": "b"}}
    assert "callbacks.success" in faults({**MINE, "callbacks": callbacks})
    orders = {**MINE["orders"], "columns": {"number": "no"}}
    told = faults({"orders": {**orders, "status": {}}, "callbacks": {**callbacks, "success": {}}})
    assert "which column of orders" in told["orders.columns.trade_no"]


def test_a_mapping_without_any_table_says_what_to_write():
    assert "write at least one of orders" in faults({})[""]
    assert faults(None)
    assert faults(["plain"])


def test_a_reason_may_stand_in_one_language_or_both():
    mapping = load({**MINE, "not_applicable": {"callbacks": "none", "reservations": {"zh": "无", "en": "none"}}})
    assert mapping.not_applicable["callbacks"].in_("zh") == "none"
    assert mapping.not_applicable["reservations"].in_("zh") == "无"


@pytest.mark.parametrize("given", EXAMPLES)
def test_an_example_of_the_page_loads(given):
    assert load(given)


@pytest.mark.parametrize("name", presets())
def test_a_preset_stands_on_both_pages(name):
    assert all(f"| `{name}` |" in page for page in PAGES)


@pytest.mark.parametrize("table", [Orders, Callbacks, Stock, Reservations])
def test_every_column_and_kind_stands_on_both_pages(table):
    for word in (*table.COLUMNS, *table.KINDS):
        assert all(f"`{word}`" in page for page in PAGES), word


def test_every_key_stands_on_both_pages():
    keys = {each.alias or name for name, each in (TableMap.model_fields | Reservations.model_fields).items()}
    for key in (*keys, *WORDS):
        assert all(f"`{key}`" in page for page in PAGES), key
