"""Every preset reads only what its shop has, and says in both languages what it cannot show."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from exporter.mapping import WORDS, load
from exporter.mapping.presets import PRESETS, preset, presets
from exporter.shop import Shop

SCHEMAS = Path(__file__).parent / "schemas"
NAMES = [
    "crmeb", "dax-pay", "jeepay", "litemall", "mall", "mall4j", "newbee-mall", "plain", "shopxo", "yudao",
]  # fmt: skip


def schema(name: str) -> str:
    """The statements that make the tables of a preset's shop."""
    file = PRESETS / "plain.sql" if name == "plain" else SCHEMAS / f"{name}.sql"
    return file.read_text(encoding="utf-8")


def statements(name: str) -> list[str]:
    bare = re.sub(r"^--.*$", "", schema(name), flags=re.MULTILINE)
    return [each.strip() for each in bare.split(";") if each.strip()]


def test_the_presets_are_these():
    assert list(presets()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_reads_only_tables_and_columns_that_its_shop_has(name):
    mapping = load(name)
    with closing(sqlite3.connect(":memory:")) as shop:
        shop.executescript(schema(name))
        for word in WORDS:
            table = mapping.table(word)
            if table is None:
                continue
            there = {row[1] for row in shop.execute(f"PRAGMA table_info('{table.table}')")}
            assert {table.key, *table.where, *table.columns.values()} <= there, f"{name}: {word}"
            for hop in table.link:
                there = {row[1] for row in shop.execute(f"PRAGMA table_info('{hop.table}')")}
                assert {hop.from_, hop.to, *hop.where} <= there, f"{name}: link of {word}"


@pytest.mark.parametrize("name", NAMES)
def test_a_preset_begins_with_where_it_is_from_and_what_it_cannot_show(name):
    written = (PRESETS / f"{name}.yaml").read_text(encoding="utf-8")
    head = written[: written.index("title:")]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "how" in head
    assert name == "plain" or re.search(r"read at [0-9a-f]{7,8}", head)


@pytest.mark.parametrize("name", NAMES)
def test_a_word_that_is_not_mapped_is_not_applicable_for_a_reason(name):
    mapping = load(name)
    for word, check in {"callbacks": "callbacks", "stock": "negative_stock", "reservations": "reservations"}.items():
        assert mapping.table(word) or check in mapping.not_applicable
    for check, words in mapping.not_applicable.items():
        assert re.search(r"[一-鿿]", words.zh), check
        assert not re.search(r"[一-鿿]", words.en), check


@pytest.mark.parametrize("name", NAMES)
def test_orders_of_a_preset_can_be_followed_from_pending_to_closed(name):
    orders = load(name).orders
    assert orders.statuses("pending")
    assert orders.statuses("paid")
    assert {"number", "trade_no", "status", "amount", "created", "paid"} <= set(orders.columns)


def test_unsigned_stock_is_not_applicable_rather_than_zero():
    for name in ("shopxo", "crmeb"):
        assert "UNSIGNED" in load(name).not_applicable["negative_stock"].en


def test_epoch_shops_say_that_0_means_not_set():
    for name in ("shopxo", "crmeb"):
        orders = load(name).orders
        assert orders.time.kind == "epoch_s"
        assert 0 in orders.empty


def test_shopxo_leads_from_the_pay_log_to_the_order_over_its_link():
    callbacks = load("shopxo").callbacks
    assert [(hop.table, hop.from_, hop.to) for hop in callbacks.link] == [
        ("sxo_pay_log_value", "pay_log_id", "business_no")
    ]


def test_a_preset_file_holds_nothing_but_the_mapping():
    assert {"title", "orders"} <= set(preset("mall"))


class Nothing:
    """A memory that forgets."""

    def recall(self, shop, probe):
        return {}

    def remember(self, shop, probe, memory):
        pass


@pytest.mark.server
@pytest.mark.parametrize("name", NAMES)
def test_every_mapped_column_can_be_asked_on_a_real_server(mariadb, name):
    now = datetime(2026, 1, 2, tzinfo=UTC)
    mapping = load(name)
    database = mariadb.database(f"preset_{name.replace('-', '_')}", *statements(name))
    shop = Shop.open(name, mariadb.url(database), None, mapping, memory=Nothing()).bounded("test", 20)
    try:
        orders = shop.require("orders", *mapping.orders.columns)
        pending = {"status": orders.statuses("pending")}
        assert shop.window("orders", "created", now - timedelta(days=1), now, match=pending).records == []
        assert shop.lookup("orders", "trade_no", ["1", "2"]) == []
        for word in ("stock", "reservations"):
            if table := mapping.table(word):
                shop.require(word, *table.columns)
                assert shop.rows(select(shop.require(word).c[next(iter(table.columns))]), word=word) == []
        if mapping.callbacks:
            callbacks = shop.require("callbacks", *mapping.callbacks.columns)
            success = callbacks.map.success
            assert shop.window("callbacks", "received", now - timedelta(days=1), now, match=success).records == []
            assert set(shop.resolve(["1", "2"])) == {"1", "2"}
    finally:
        shop.close()


@pytest.mark.server
def test_the_link_of_shopxo_leads_from_a_paid_log_to_its_order(mariadb):
    mapping = load("shopxo")
    database = mariadb.database(
        "preset_shopxo_link",
        *statements("shopxo"),
        "INSERT INTO sxo_order (id, order_no, status, total_price, add_time) VALUES (7, 'SX7', 1, 9.90, 1767225600)",
        "INSERT INTO sxo_pay_log (id, log_no, status, pay_price, pay_time) VALUES (3, 'L3', 1, 9.90, 1767225660)",
        "INSERT INTO sxo_pay_log_value (id, pay_log_id, business_id, business_no) VALUES (1, 3, 7, 'SX7')",
    )
    shop = Shop.open("shopxo", mariadb.url(database), None, mapping, memory=Nothing()).bounded("test", 20)
    try:
        since = datetime(2026, 1, 1, tzinfo=UTC)
        (paid,) = shop.window("callbacks", "received", since, since + timedelta(hours=1), match={"state": (1,)}).records
        assert (paid["trade_no"], paid["amount"], paid["received"]) == ("3", 990, since + timedelta(seconds=60))
        (order,) = shop.lookup("orders", "trade_no", shop.resolve(["3"])["3"])
        assert (order["number"], order["amount"], order["paid"]) == ("SX7", 990, None)
    finally:
        shop.close()
