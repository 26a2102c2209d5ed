"""The whole probe against real databases: what it finds, keeps and forgets."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.mapping import load
from exporter.probes.negative_stock import NegativeStock, tell
from exporter.probes.negative_stock.keys import Duplicates
from exporter.probes.negative_stock.memory import Memory
from exporter.probes.negative_stock.stock import Walk
from tests.probes.plain import NOW, Plain, ago, on_mariadb, on_sqlite

SKUS, LOWEST, STALE = "negative_stock_skus", "stock_lowest_quantity", "stale_reservations"
PROBE = NegativeStock()
NO_KEY = ("inventory_warehouse_sku",)


def test_a_sku_below_zero_is_told_by_its_warehouse_and_the_others_are_at_zero(plain):
    plain.stock("A", "S1", -1)
    plain.stock("A", "S2", 5)
    plain.stock("B", "S1", 3)
    told = plain.probe(PROBE)
    assert told.values(SKUS) == {("A",): 1, ("B",): 0}
    assert told.values(LOWEST) == {("A",): -1, ("B",): 3}
    assert told.refs(SKUS) == ["S1"]
    assert told.value("negative_stock_truncated") == told.value("stock_key_missing") == 0
    assert told.gaps == {}
    plain.sql(["UPDATE inventory SET quantity = 0 WHERE quantity < 0"])
    assert plain.probe(PROBE).values(SKUS) == {("A",): 0, ("B",): 0}


def test_zero_is_sold_out_not_oversold(plain):
    plain.stock("A", "S1", 0)
    assert plain.probe(PROBE).values(SKUS) == {("A",): 0}


def test_the_worst_sku_comes_first_in_the_evidence(plain):
    for sku, quantity in (("S1", -1), ("S2", -9), ("S3", -4)):
        plain.stock("A", sku, quantity)
    sample = next(s for s in plain.probe(PROBE).samples if s.metric is tell.SKUS)
    assert [(case.ref, case.note) for case in sample.evidence] == [("S2", "-9"), ("S3", "-4"), ("S1", "-1")]


def test_a_warehouse_that_was_seen_stays_at_zero_when_it_is_empty(plain):
    plain.stock("A", "S1", 2)
    plain.probe(PROBE)
    plain.sql(["DELETE FROM inventory"])
    assert plain.probe(NegativeStock(warehouses=["B"])).values(SKUS) == {("A",): 0, ("B",): 0}


def test_reserved_quantities_that_cannot_be(plain):
    plain.stock("A", "FINE", 5, 5)
    plain.stock("A", "UNDER", 5, -1)
    plain.stock("A", "OVER", 5, 6)
    plain.stock("A", "SOLD", -1, 0)
    told = plain.probe(PROBE)
    assert told.values("reservation_anomalies") == {("below_zero",): 1, ("above_stock",): 1}
    assert told.refs("reservation_anomalies", "below_zero") == ["UNDER"]
    assert told.refs("reservation_anomalies", "above_stock") == ["OVER"]


def test_a_lock_is_stale_only_when_its_order_is_neither_paid_nor_closed(plain):
    for status in ("pending", "paid", "shipped", "completed", "closed"):
        plain.lock(plain.order(status, status), ago(seconds=301))
    plain.lock(plain.order("FRESH"), ago(seconds=299))
    plain.lock(plain.order("FREED"), ago(hours=1), status="released")
    plain.lock(999_999, ago(minutes=10))
    told = plain.probe(PROBE)
    assert told.values(STALE) == {("A",): 2}
    assert told.refs(STALE) == ["999999", "pending"]
    assert plain.probe(NegativeStock(stale_when=["closed"]), NOW + timedelta(seconds=1)).values(STALE) == {("A",): 0}


def test_a_shop_decides_when_a_lock_is_stale(plain):
    plain.lock(plain.order("N1", "closed"), ago(minutes=20))
    assert plain.probe(NegativeStock(stale_when=["closed"])).refs(STALE) == ["N1"]
    assert plain.probe(NegativeStock(stale_after="30m")).values(STALE).get(("A",), 0) == 0


def test_a_stale_lock_stays_open_until_it_is_released(plain):
    plain.lock(plain.order("N1"), ago(minutes=10))
    assert plain.probe(PROBE).values(STALE) == {("A",): 1}
    assert plain.probe(PROBE, NOW + timedelta(days=9)).values(STALE) == {("A",): 1}
    plain.sql(["UPDATE inventory_lock SET status = 'released'"])
    assert plain.probe(PROBE, NOW + timedelta(days=9, minutes=1)).values(STALE) == {("A",): 0}


def test_a_lock_of_an_order_that_was_paid_in_the_meantime_is_not_stale_any_more(plain):
    plain.lock(plain.order("N1"), ago(minutes=10))
    plain.probe(PROBE)
    plain.sql(["UPDATE orders SET status = 'paid'"])
    assert plain.probe(PROBE).values(STALE) == {("A",): 0}


@pytest.mark.parametrize(
    ("index", "missing"),
    [
        ("CREATE UNIQUE INDEX k ON inventory (sku_id, warehouse_id)", 0),
        ("CREATE INDEX k ON inventory (warehouse_id, sku_id)", 1),
        ("CREATE UNIQUE INDEX k ON inventory (warehouse_id, sku_id, quantity)", 1),
        ("CREATE UNIQUE INDEX k ON inventory (sku_id)", 0),
    ],
)
def test_only_a_unique_key_within_warehouse_and_sku_keeps_rows_single(tmp_path, index, missing):
    shop = on_sqlite(tmp_path, without=NO_KEY)
    shop.sql([index])
    assert shop.probe(PROBE).value("stock_key_missing") == missing
    shop.close()


@pytest.mark.server
def test_a_nullable_column_or_a_prefix_in_the_key_lets_duplicates_in(mariadb):
    shop = on_mariadb(mariadb, "keys", without=NO_KEY)
    for index in ("(warehouse_id, sku_id(4))", "(warehouse_id, sku_id)"):
        shop.sql(
            ["ALTER TABLE inventory MODIFY sku_id VARCHAR(64) NULL", f"CREATE UNIQUE INDEX k ON inventory {index}"]
        )
        assert shop.probe(PROBE).value("stock_key_missing") == 1
        shop.sql(["DROP INDEX k ON inventory"])
        shop.shop().forget()
    shop.close()


@pytest.mark.server
def test_an_account_that_may_read_what_the_probe_reads_sees_the_key_that_counts(mariadb):
    """MariaDB hides indexes over columns that were not granted; within (warehouse, sku) there can be none of these."""
    owner = on_mariadb(mariadb, "hiding")
    owner.sql(["ALTER TABLE inventory ADD COLUMN batch INT", "CREATE UNIQUE INDEX b ON inventory (batch, sku_id)"])
    others = (f"SELECT ON hiding.{table}" for table in ("orders", "inventory_lock"))
    mariadb.account("narrow", "SELECT (id, warehouse_id, sku_id, quantity, reserved) ON hiding.inventory", *others)
    shop = Plain(mariadb.url("hiding", "narrow", "secret"), owner.sql)
    assert shop.probe(PROBE).value("stock_key_missing") == 0
    assert "b" not in {index.name for index in shop.shop().bounded("x", 5).index("stock")}
    shop.close()
    owner.close()


def test_duplicate_rows_are_counted_while_the_key_is_missing(tmp_path):
    shop = on_sqlite(tmp_path, without=NO_KEY)
    for sku in ("S1", "S1", "S1", "S2"):
        shop.stock("A", sku, 1)
    shop.stock("B", "S1", 1)
    told = shop.probe(PROBE)
    assert (told.value("stock_key_missing"), told.value("stock_duplicate_rows")) == (1, 2)
    assert told.refs("stock_duplicate_rows") == ["S1"]
    shop.sql(["DELETE FROM inventory WHERE id IN (1, 2)"])
    assert shop.probe(PROBE, NOW + timedelta(seconds=60)).value("stock_duplicate_rows") == 2
    assert shop.probe(PROBE, NOW + timedelta(seconds=300)).value("stock_duplicate_rows") == 0
    shop.close()


@pytest.mark.server
def test_an_unsigned_column_is_not_applicable_and_not_zero(mariadb):
    shop = on_mariadb(mariadb, "unsigned")
    shop.sql(["ALTER TABLE inventory MODIFY quantity INT UNSIGNED NOT NULL"])
    shop.stock("A", "S1", 4)
    told = shop.probe(PROBE)
    assert told.values(SKUS) == {}
    assert "UNSIGNED" in told.gaps["negative_stock"]
    assert told.values(LOWEST) == {("A",): 4}
    shop.close()


def test_a_shop_without_stock_or_reservations_says_so(lite):
    lite.mapping = load("plain").model_copy(update={"stock": None, "reservations": None})
    told = lite.probe(PROBE)
    assert told.samples == []
    assert set(told.gaps) == {"negative_stock", "stale_reservations"}


def test_one_stock_for_all_has_one_warehouse(lite):
    columns = {"sku": "sku_id", "quantity": "quantity"}
    lite.mapping = load({"stock": {"table": "inventory", "columns": columns}})
    lite.stock("A", "S1", -2)
    told = lite.probe(PROBE)
    assert told.values(SKUS) == {("default",): 1}
    assert told.values(LOWEST) == {("default",): -2}
    assert told.values("reservation_anomalies") == {}


def many(shop, rows):
    shop.sql(
        [
            "INSERT INTO inventory SELECT seq, 'A', CONCAT('S', seq), 7, 0 FROM seq_1_to_" + str(rows),
            "ANALYZE TABLE inventory",
        ]
    )


@pytest.mark.server
def test_a_large_table_without_an_index_is_walked_and_what_was_met_is_followed(mariadb):
    shop = on_mariadb(mariadb, "walked", without=("inventory_quantity",))
    shop.large = 10_000
    many(shop, 23_000)
    shop.sql(
        [
            "UPDATE inventory SET quantity = -1 WHERE id IN (4, 22000)",
            "UPDATE inventory SET reserved = -1 WHERE id = 9000",
        ]
    )
    told = [shop.probe(PROBE, NOW + timedelta(seconds=30 * run)) for run in range(6)]
    assert [each.total(SKUS) for each in told] == [1, 1, 1, 1, 2, 2]
    assert [each.value("reservation_anomalies", "below_zero") for each in told] == [0, 1, 1, 1, 1, 1]
    assert [each.value("negative_stock_truncated") for each in told] == [1, 1, 1, 1, 0, 0]
    assert told[-1].values(LOWEST) == {("A",): -1}
    shop.sql(["UPDATE inventory SET quantity = 1 WHERE id = 22000"])
    assert shop.probe(PROBE, NOW + timedelta(minutes=5)).total(SKUS) == 1
    shop.close()


@pytest.mark.server
def test_with_an_index_on_the_quantity_a_large_table_is_asked_at_once(mariadb):
    shop = on_mariadb(mariadb, "indexed")
    shop.large = 10_000
    shop.mapping = load("plain").model_copy(
        update={
            "stock": load("plain").stock.model_copy(
                update={"columns": {"warehouse": "warehouse_id", "sku": "sku_id", "quantity": "quantity"}}
            )
        }
    )
    many(shop, 23_000)
    shop.sql(["UPDATE inventory SET quantity = -3 WHERE id = 22000"])
    told = shop.probe(PROBE)
    assert told.values(SKUS) == {("A",): 1}
    assert told.value("negative_stock_truncated") == 0
    assert sum(asked.rows for asked in told.trace) < 10
    shop.close()


quantities = st.none() | st.integers(-3, 3)
skus = st.lists(
    st.builds(tell.Sku, st.uuids().map(str), st.sampled_from("ab"), st.sampled_from("XYZ"), quantities, quantities),
    max_size=9,
)


@given(skus)
def test_every_row_below_zero_is_counted_in_one_warehouse_and_an_unknown_quantity_in_none(rows):
    told = list(tell.negative(rows, ["X"]))
    assert sum(s.value for s in told) == sum(1 for row in rows if row.quantity is not None and row.quantity < 0)
    assert "X" in {s.labels[0] for s in told}


@given(skus)
def test_nothing_reserved_is_never_an_anomaly(rows):
    assert all(row.reserved for row in rows if row.reserved_wrong)


@given(st.lists(st.text(max_size=4), unique=True), st.none() | st.text(max_size=3), st.booleans(), st.integers(0, 5))
def test_what_is_remembered_is_what_was_known(names, after, once, rows):
    memory = Memory(tuple(names), Walk(after, once, tuple(names)), NOW, Duplicates(rows), ago(hours=1), tuple(names))
    assert Memory.loads(memory.dumps()) == memory


def test_a_broken_memory_is_an_empty_one():
    assert Memory.loads({"walk": "?", "read": 7}) == Memory()
