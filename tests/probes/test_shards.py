"""Probes over shards, one of them silent: what was known stands, what is unknown is neither fault nor recovery."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from exporter.mapping import load
from exporter.model import Coverage
from exporter.probes.negative_stock import NegativeStock
from exporter.probes.pending_paid import PendingPaid
from exporter.shop import Missing, shards
from tests.probes.plain import NOW, Plain, Told, ago, schema

SHARDS = 4
PAID, STOCK = PendingPaid(), NegativeStock()
ORDERS, ANOMALIES, SKUS, STALE = (
    "pending_paid_orders",
    "payment_anomalies",
    "negative_stock_skus",
    "stale_reservations",
)


class Sharded(Plain):
    """The plain order system with each of its tables in four; row n lies in shard n % 4."""

    def insert(self, table: str, **values: object) -> int:
        number = values.get("id", self._ids + 1)
        return super().insert(f"{table}_{number % SHARDS}", **values)

    def hide(self, *names: str) -> None:
        self.sql(f"ALTER TABLE {name} RENAME TO hidden_{name}" for name in names)

    def show(self, *names: str) -> None:
        self.sql(f"ALTER TABLE hidden_{name} RENAME TO {name}" for name in names)

    def run(self, probe: PendingPaid | NegativeStock, minutes: float = 0) -> Told:
        return self.probe(probe, NOW + timedelta(minutes=minutes))

    def coverage(self, probe: object) -> dict[str, Coverage]:
        return {each.table: each for each in self.shop().bounded(type(probe).__name__, 1).coverage()}

    def move(self, table: str, row: int, onto: int) -> None:
        source = f"{table}_{row % SHARDS}"
        self.sql([f"INSERT INTO {table}_{onto} SELECT * FROM {source} WHERE id = {row}"])
        self.sql([f"DELETE FROM {source} WHERE id = {row}"])


@pytest.fixture
def plain(tmp_path: Path) -> Sharded:
    file = tmp_path / "shop.db"

    def sql(statements):
        with closing(sqlite3.connect(file)) as database, database:
            for statement in statements:
                database.execute(statement)

    for n in range(SHARDS):
        sql(re.sub(r"(TABLE|INDEX|ON|EXISTS) (\w+)\b", rf"\1 \2_{n}", each) for each in schema())
    tables = {"orders": "orders", "callbacks": "pay_callback", "stock": "inventory", "reservations": "inventory_lock"}
    shop = Sharded(
        f"sqlite:///{file}",
        sql,
        load({"preset": "plain", **{word: {"table": f"{name}_{{0..3}}"} for word, name in tables.items()}}),
    )
    yield shop
    shop.close()


def stuck(plain: Sharded, count: int = 4) -> list[int]:
    """Orders N0 …, one in each shard, paid yet pending; the ids of their rows."""
    rows = [plain.order(f"N{n}") for n in range(count)]
    for n in range(count):
        plain.callback(f"N{n}", id=100 + n)
    return rows


@pytest.fixture
def forgotten(monkeypatch):
    """Makes the last answers of silent shards stand no more."""
    return lambda: monkeypatch.setattr(shards, "STANDS", -1.0)


def test_all_shards_are_one_shop(plain):
    stuck(plain)
    told = plain.run(PAID)
    assert told.total(ORDERS) == 4
    assert told.value("pending_orders") == 4
    assert {each.scanned for each in plain.coverage(PAID).values()} == {SHARDS}


def test_an_open_case_whose_shard_is_silent_stays_open(plain, forgotten):
    stuck(plain)
    assert plain.run(PAID).total(ORDERS) == 4
    plain.hide("orders_1")
    told = plain.run(PAID, 1)
    assert (told.total(ORDERS), told.value("pending_orders")) == (4, 4)
    assert told.anomalies() == {}
    assert plain.coverage(PAID)["orders"].scanned == 3

    forgotten()
    told = plain.run(PAID, 2)
    assert told.total(ORDERS) == 3, "an answer stands for ten minutes only"
    assert told.anomalies() == {}, "an order that cannot be looked for is not missing"
    assert plain.coverage(PAID)["orders"].unread == 1

    plain.show("orders_1")
    told = plain.run(PAID, 3)
    assert told.total(ORDERS) == 4, "nor was it forgotten"
    assert plain.coverage(PAID)["orders"].unread == 0


def test_an_open_case_outlives_a_restart_while_its_shard_is_silent(plain):
    stuck(plain)
    plain.run(PAID)
    plain.close()
    plain.hide("orders_1")
    told = plain.run(PAID, 1)
    assert (told.total(ORDERS), told.anomalies()) == (3, {})
    assert plain.coverage(PAID)["orders"].unread == 1, "it never answered since the start: nothing may recover"
    plain.show("orders_1")
    assert plain.run(PAID, 200).total(ORDERS) == 4, "older than the window by now, and still known"


def test_a_new_payment_of_a_silent_shard_is_judged_when_it_answers(plain):
    plain.run(PAID)
    stuck(plain)
    plain.hide("orders_1")
    told = plain.run(PAID, 0.5)
    assert (told.total(ORDERS), told.anomalies()) == (3, {})
    told = plain.run(PAID, 60)
    assert (told.total(ORDERS), told.anomalies()) == (3, {})
    plain.show("orders_1")
    assert plain.run(PAID, 61).total(ORDERS) == 4


def test_a_payment_without_any_order_is_told_only_when_all_shards_have_been_asked(plain):
    plain.hide("orders_2")
    plain.callback("X", id=100)
    assert plain.run(PAID).anomalies() == {}
    plain.show("orders_2")
    assert plain.run(PAID, 1).anomalies() == {"orphan_callback": 1}


def test_a_repair_in_a_readable_shard_shows_at_once(plain):
    rows = stuck(plain)
    plain.run(PAID)
    plain.hide("orders_1")
    paid = "status = 'paid', paid_at = created_at, transaction_id = 'wx'"
    plain.sql([f"UPDATE orders_{rows[1] % SHARDS} SET {paid} WHERE id = {rows[1]}"])
    assert plain.run(PAID, 1).total(ORDERS) == 3


def test_callbacks_of_a_silent_shard_are_read_later_from_where_they_were_left(plain):
    plain.run(PAID, -60)
    plain.hide("pay_callback_1")
    plain.run(PAID, -50)
    for n in range(4):
        plain.order(f"N{n}")
    for n in (0, 2, 3):
        plain.callback(f"N{n}", at=ago(minutes=45), id=100 + n)
    assert plain.run(PAID, -40).total(ORDERS) == 3
    plain.show("pay_callback_1")
    plain.callback("N1", at=ago(minutes=45), id=101)
    assert plain.run(PAID, -5).total(ORDERS) == 4
    assert plain.memory["main", "PendingPaid"]["behind"] == {}


def test_a_paid_order_lacks_no_callback_that_may_lie_in_a_silent_shard(plain):
    plain.order("N1", "paid", paid_at=ago(minutes=10))
    plain.hide("pay_callback_3")
    assert plain.run(PAID).anomalies() == {}
    plain.show("pay_callback_3")
    assert plain.run(PAID, 1).anomalies() == {"paid_without_callback": 1}
    plain.hide("pay_callback_3")
    plain.run(PAID, 2)
    plain.show("pay_callback_3")
    assert plain.run(PAID, 3).anomalies() == {"paid_without_callback": 1}, "an open case is not lost on the way"


def test_an_order_that_moves_to_another_shard_stays_one_case(plain):
    rows = stuck(plain)
    plain.run(PAID)
    plain.move("orders", rows[0], onto=(rows[0] + 1) % SHARDS)
    told = plain.run(PAID, 1)
    assert (told.total(ORDERS), told.anomalies()) == (4, {})


def test_callbacks_of_every_shard_are_looked_at_again(plain):
    """A second look finds what came to light late, wherever it lies."""
    for n in range(8):
        plain.order(f"N{n}", "paid")
        plain.callback(f"N{n}", id=100 + n)
    assert plain.run(PAID).total(ORDERS) == 0
    for n in range(8):
        plain.sql([f"UPDATE orders_{i} SET status = 'pending' WHERE order_no = 'N{n}'" for i in range(SHARDS)])
    counts = [plain.run(PAID, 0.5 * (run + 1)).total(ORDERS) for run in range(4)]
    assert counts[-1] == 8


def test_when_no_shard_answers_the_run_fails(plain):
    plain.hide(*(f"orders_{n}" for n in range(SHARDS)))
    with pytest.raises(Missing):
        plain.run(PAID)


def test_negative_stock_of_a_silent_shard_stands_for_a_while(plain, forgotten):
    for n in range(4):
        plain.stock("A", f"S{n}", -1)
    assert plain.run(STOCK).total(SKUS) == 4
    plain.hide("inventory_1")
    assert plain.run(STOCK, 1).total(SKUS) == 4
    forgotten()
    assert plain.run(STOCK, 2).total(SKUS) == 3
    assert plain.coverage(STOCK)["stock"].unread == 1
    plain.show("inventory_1")
    assert plain.run(STOCK, 3).total(SKUS) == 4


def test_a_walk_goes_on_over_a_silent_shard_and_comes_by_again(plain, forgotten, monkeypatch):
    monkeypatch.setattr("exporter.probes.negative_stock.stock.SMALL", 1)
    monkeypatch.setattr("exporter.probes.negative_stock.stock.STEP", 6)
    plain.sql(f"DROP INDEX IF EXISTS inventory_quantity_{n}" for n in range(SHARDS))
    for n in range(40):
        plain.stock("A", f"S{n}", -1 if n % 10 == 0 else 5)
    for minute in range(4):
        told = plain.run(STOCK, minute)
    assert told.total(SKUS) == 4
    forgotten()
    plain.hide("inventory_1")
    lost = [plain.run(STOCK, minute).total(SKUS) for minute in range(4, 12)]
    assert lost[-1] < 4
    plain.show("inventory_1")
    assert plain.run(STOCK, 12).total(SKUS) == 4


def test_a_silent_shard_does_not_turn_a_walk_back(plain, monkeypatch):
    monkeypatch.setattr("exporter.probes.negative_stock.stock.SMALL", 1)
    monkeypatch.setattr("exporter.probes.negative_stock.stock.STEP", 3)
    plain.sql(f"DROP INDEX IF EXISTS inventory_quantity_{n}" for n in range(SHARDS))
    for n in range(40):
        plain.stock("A", f"S{n}", 5)

    def walked() -> list[int]:
        places = []
        for _ in range(4):
            plain.run(STOCK)
            places.append(int(plain.memory["main", "NegativeStock"]["walk"][0] or 0))
        return places

    walked()
    plain.hide("inventory_1")
    places = walked()
    assert all(place == 0 or place > before for before, place in pairwise(places)), "on, or anew from the start"


def test_a_reservation_is_not_stale_because_its_order_cannot_be_looked_up(plain, forgotten):
    forgotten()
    for n in range(4):
        plain.lock(plain.order(f"N{n}", "paid", id=n), ago(minutes=20), id=200 + n)
    plain.hide("orders_1")
    assert plain.run(STOCK).total(STALE) == 0
    plain.show("orders_1")
    plain.sql(["UPDATE orders_1 SET status = 'pending'"])
    assert plain.run(STOCK, 1).total(STALE) == 1


def test_reservations_of_a_silent_shard_are_read_later(plain):
    plain.hide("inventory_lock_1")
    assert plain.run(STOCK, -30).total(STALE) == 0
    plain.show("inventory_lock_1")
    for n in range(4):
        plain.lock(plain.order(f"N{n}"), ago(minutes=50), id=200 + n)
    assert plain.run(STOCK).refs(STALE) == ["N1"], "the others were read up to a time after these"
