"""The whole probe against real databases: real DDL between two looks, and what stands."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from exporter.cards.words import WORDS
from exporter.mapping import load
from exporter.probes.schema_watch import SchemaWatch
from exporter.probes.schema_watch.compare import KINDS
from exporter.probes.schema_watch.findings import FINDINGS as FINDINGS_KNOWN
from exporter.shop import Denied, Missing
from tests.probes.plain import NOW, Plain, Told, on_mariadb, schema
from tests.servers.mariadb import MariaDB

ROOT = Path(__file__).parents[2]
PROBE = SchemaWatch()
CHANGES, FINDINGS = "order_health_schema_changes", "order_health_schema_findings"


def told(look: Told) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """The changes that are told: table and kind → names and notes."""
    return {
        sample.labels[:2]: [(case.ref, case.note) for case in sample.evidence]
        for sample in look.samples
        if sample.metric.name == CHANGES and sample.value
    }


def found(look: Told) -> dict[tuple[str, str], list[tuple[str, str]]]:
    return {
        sample.labels: [(case.ref, case.note) for case in sample.evidence]
        for sample in look.samples
        if sample.metric.name == FINDINGS and sample.value
    }


def changed(shop: Plain, *ddl: str) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """What the second of two looks tells when these statements ran between them."""
    assert told(shop.probe(PROBE)) == {}
    shop.sql(ddl)
    return told(shop.probe(PROBE, NOW + timedelta(hours=1)))


def test_a_first_look_is_no_change_and_a_shop_without_faults_has_few_series(plain):
    look = plain.probe(PROBE)
    assert look.values("schema_changes") == {}
    assert look.value("schema_findings", "", "redundant_index") == 0
    assert len(look.samples) <= len(FINDINGS_KNOWN)
    assert found(look).keys() <= {("database", "zone_tables_missing"), ("database", "server_zone")}
    assert told(plain.probe(PROBE)) == {}


# --- changes, each made by real DDL between two looks


@pytest.fixture
def maria(mariadb):
    shop = on_mariadb(mariadb, "watched")
    yield shop
    shop.close()


@pytest.fixture
def elephant(postgres):
    """The plain order system on PostgreSQL."""
    name = postgres.database("watched")
    shop = Plain(postgres.url(name), lambda statements: postgres.execute(*statements, database=name))
    shop.sql([each.replace("DATETIME", "TIMESTAMP") for each in schema()])
    yield shop
    shop.close()


@pytest.fixture(params=["lite", pytest.param("maria", marks=pytest.mark.server),
                        pytest.param("elephant", marks=pytest.mark.server)])  # fmt: skip
def any_shop(request):
    return request.getfixturevalue(request.param)


def test_a_mapped_column_that_is_dropped_is_named(any_shop):
    tell = changed(any_shop, "ALTER TABLE orders DROP COLUMN transaction_id")
    [(name, note)] = tell.pop(("orders", "mapped_column_gone"))
    assert name == "orders.transaction_id"
    assert note in {"DROP COLUMN varchar(64)", "DROP COLUMN character varying(64)"}
    assert tell == {}


def test_a_renamed_column_is_gone_and_its_heir_is_guessed(any_shop):
    tell = changed(any_shop, "ALTER TABLE orders RENAME COLUMN pay_channel TO paid_with")
    [(name, note)] = tell["orders", "mapped_column_gone"]
    assert name == "orders.pay_channel"
    assert note.endswith(" → paid_with?")
    assert [name for name, _ in tell["orders", "added"]] == ["orders.paid_with"]


def test_what_no_mapping_needs_is_told_as_a_warning_or_less(any_shop):
    any_shop.sql(["ALTER TABLE orders ADD COLUMN remark VARCHAR(20)"])
    tell = changed(
        any_shop,
        "ALTER TABLE orders DROP COLUMN remark",
        "ALTER TABLE orders ADD COLUMN gift INTEGER",
        "CREATE INDEX by_gift ON orders (gift)",
    )
    assert {kind: [name for name, _ in each] for (_, kind), each in tell.items()} == {
        "column_changed": ["orders.remark"],
        "added": ["orders.gift", "orders.by_gift"],
    }
    assert dict(tell["orders", "added"])["orders.by_gift"] == "CREATE INDEX (gift)"


def test_an_index_that_a_window_needs_is_told_apart_from_others(any_shop):
    drop = "DROP INDEX {}" if "maria" not in any_shop.url and "mysql" not in any_shop.url else "DROP INDEX {} ON {}"
    tell = changed(any_shop, drop.format("pay_callback_received", "pay_callback"), drop.format("orders_paid", "orders"))
    assert tell == {
        ("callbacks", "needed_index_lost"): [("pay_callback.pay_callback_received", "DROP INDEX (received_at)")],
        ("orders", "index_changed"): [("orders.orders_paid", "DROP INDEX (paid_at)")],
    }


def test_an_index_that_is_replaced_by_one_as_good_breaks_nothing(any_shop):
    tell = changed(
        any_shop,
        "CREATE INDEX received_state ON pay_callback (received_at, trade_state)",
        "DROP INDEX pay_callback_received" + (" ON pay_callback" if "mysql" in any_shop.url else ""),
    )
    assert {kind for _, kind in tell} == {"added", "index_changed"}


def test_a_view_that_comes_changes_and_goes_is_told(any_shop):
    assert changed(any_shop, "CREATE VIEW open_orders AS SELECT order_no FROM orders") == {
        ("orders", "added"): [("orders.open_orders", "CREATE VIEW")]
    }
    any_shop.sql(["DROP VIEW open_orders", "CREATE VIEW open_orders AS SELECT order_no, status FROM orders"])
    tell = told(any_shop.probe(PROBE, NOW + timedelta(hours=30)))
    assert tell == {("orders", "view_changed"): [("orders.open_orders", "ALTER VIEW")]}
    any_shop.sql(["DROP VIEW open_orders"])
    tell = told(any_shop.probe(PROBE, NOW + timedelta(hours=60)))
    assert tell == {("orders", "view_changed"): [("orders.open_orders", "DROP VIEW")]}


TRIGGER = "CREATE TRIGGER taken AFTER UPDATE ON orders FOR EACH ROW"


@pytest.mark.server
def test_a_trigger_that_comes_changes_and_goes_is_told_on_mariadb(maria):
    body = "UPDATE inventory SET reserved = reserved - {} WHERE sku_id = NEW.order_no"
    tell = changed(maria, f"{TRIGGER} {body.format(1)}")
    assert tell["orders", "trigger_changed"] == [("orders.taken", "CREATE TRIGGER AFTER UPDATE")]
    assert tell["stock", "trigger_changed"] == [("inventory.orders.taken", "CREATE TRIGGER AFTER UPDATE")]
    maria.sql(["DROP TRIGGER taken", f"{TRIGGER} {body.format(2)}"])
    tell = told(maria.probe(PROBE, NOW + timedelta(hours=30)))
    assert tell["orders", "trigger_changed"] == [("orders.taken", "ALTER TRIGGER AFTER UPDATE")]
    maria.sql(["DROP TRIGGER taken"])
    tell = told(maria.probe(PROBE, NOW + timedelta(hours=60)))
    assert tell["orders", "trigger_changed"] == [("orders.taken", "DROP TRIGGER AFTER UPDATE")]


def test_a_trigger_is_told_on_sqlite(lite):
    tell = changed(lite, f"{TRIGGER} BEGIN UPDATE inventory SET reserved = 0 WHERE sku_id = NEW.order_no; END")
    assert set(tell) == {("orders", "trigger_changed"), ("stock", "trigger_changed")}


@pytest.mark.server
def test_a_trigger_is_told_on_postgres(elephant):
    tell = changed(
        elephant,
        "CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        f"{TRIGGER} EXECUTE FUNCTION taken()",
    )
    assert tell == {("orders", "trigger_changed"): [("orders.taken", "CREATE TRIGGER AFTER UPDATE")]}


@pytest.mark.server
def test_a_trigger_and_a_view_left_behind_by_a_dropped_column_are_named(maria):
    maria.sql([
        "ALTER TABLE orders ADD COLUMN remark VARCHAR(20)",
        f"{TRIGGER} UPDATE inventory SET reserved = 0 WHERE sku_id = NEW.remark",
        "CREATE VIEW remarks AS SELECT remark FROM orders",
    ])  # fmt: skip
    tell = changed(maria, "ALTER TABLE orders DROP COLUMN remark")
    assert tell["orders", "trigger_broken"] == [("orders.taken", "TRIGGER ← remark ✗")]
    assert tell["orders", "view_changed"] == [("orders.remarks", "VIEW ← remark ✗")]


@pytest.mark.server
@pytest.mark.parametrize(
    ("ddl", "kind", "note"),
    [
        ("amount FLOAT NOT NULL", "mapped_column_converted", "MODIFY decimal(12,2) → float"),
        ("amount DECIMAL(12,0) NOT NULL", "mapped_column_converted", "MODIFY decimal(12,2) → decimal(12,0)"),
        ("amount DECIMAL(14,2) NOT NULL", "column_changed", "MODIFY decimal(12,2) → decimal(14,2)"),
        ("amount DECIMAL(12,2) NULL", "column_changed", "MODIFY NOT NULL → NULL"),
        ("pay_channel VARCHAR(8) NULL", "mapped_column_converted", "MODIFY varchar(20) → varchar(8)"),
        ("pay_channel VARCHAR(20) NULL DEFAULT '13800138000'", "column_changed", "MODIFY – → DEFAULT"),
        ("pay_channel ENUM('13800138000','b') NULL", "mapped_column_converted", "MODIFY varchar(20) → enum(2)"),
        ("pay_channel VARCHAR(20) CHARACTER SET latin1 NULL", "column_changed",
         "MODIFY COLLATE utf8mb4_general_ci → COLLATE latin1_swedish_ci"),
        ("pay_channel VARCHAR(20) NULL COMMENT 'x'", None, None),
    ],
)  # fmt: skip
def test_a_column_that_is_modified_is_told_from_what_to_what(maria, ddl, kind, note):
    tell = changed(maria, f"ALTER TABLE orders MODIFY {ddl}")
    assert tell == ({("orders", kind): [(f"orders.{ddl.split()[0]}", note)]} if kind else {})


def test_a_table_that_is_dropped_and_made_again_is_told_twice(any_shop):
    statements = [each for each in schema() if "pay_callback" in each]
    if "postgres" in any_shop.url:
        statements = [each.replace("DATETIME", "TIMESTAMP") for each in statements]
    assert changed(any_shop, "DROP TABLE pay_callback") == {
        ("callbacks", "table_gone"): [("pay_callback", "DROP TABLE")]
    }
    any_shop.sql(statements)
    tell = told(any_shop.probe(PROBE, NOW + timedelta(hours=30)))
    assert tell == {("callbacks", "added"): [("pay_callback", "CREATE TABLE")]}
    any_shop.sql(["DROP TABLE pay_callback", *statements])
    assert told(any_shop.probe(PROBE, NOW + timedelta(hours=60))) == {}


# --- memory


def test_a_change_is_told_for_a_day_and_a_second_one_is_told_beside_it(lite):
    changed(lite, "DROP INDEX orders_paid")
    lite.sql(["DROP INDEX orders_status_created"])
    later = lite.probe(PROBE, NOW + timedelta(hours=3))
    noticed = [s.labels[2] for s in later.samples if s.metric.name == CHANGES and s.value]
    assert noticed == ["2026-03-01T05:00:00Z", "2026-03-01T07:00:00Z"]
    assert told(lite.probe(PROBE, NOW + timedelta(hours=26))).keys() == {("orders", "needed_index_lost")}
    assert told(lite.probe(PROBE, NOW + timedelta(hours=28))) == {}


def test_a_restart_neither_forgets_nor_repeats(lite):
    tell = changed(lite, "DROP INDEX orders_paid")
    lite.close()
    assert told(lite.probe(PROBE, NOW + timedelta(hours=2))) == tell
    lite.close()
    assert told(lite.probe(PROBE, NOW + timedelta(hours=26))) == {}


def test_a_look_that_fails_changes_nothing(lite, monkeypatch):
    lite.probe(PROBE)
    memory = dict(lite.memory)
    lite.sql(["DROP INDEX orders_paid"])

    def gone(*_):
        raise Missing("away")

    with monkeypatch.context() as patch:
        patch.setattr("exporter.probes.schema_watch.Standing.look", gone)
        with pytest.raises(Missing):
            lite.probe(PROBE, NOW + timedelta(hours=1))
    assert lite.memory == memory
    assert told(lite.probe(PROBE, NOW + timedelta(hours=2))).keys() == {("orders", "index_changed")}


def test_a_shop_without_any_of_its_tables_is_a_failure_at_first_and_a_change_later(lite):
    tables = ("orders", "pay_callback", "inventory", "inventory_lock")
    fresh = Plain(lite.url, lite.sql, load({"preset": "plain", "prefix": "x_"}))
    with pytest.raises(Missing, match="none of the mapped tables is there"):
        fresh.probe(PROBE)
    fresh.close()
    tell = changed(lite, *(f"DROP TABLE {table}" for table in tables))
    assert {kind for _, kind in tell} == {"table_gone"}
    assert told(lite.probe(PROBE, NOW + timedelta(hours=2))) == tell


def test_a_memory_of_nonsense_is_a_first_look(lite):
    for nonsense in ({"format": 1}, {"format": 1, "shapes": [7], "tables": {"orders": 9}, "noticed": "x"}, {"a": 1}):
        lite.memory["main", "SchemaWatch"] = nonsense
        assert told(lite.probe(PROBE)) == {}


# --- what the account may not see

READER = ("id, order_no, out_trade_no, status, amount, currency, pay_channel, transaction_id, created_at, paid_at,"
          " updated_at")  # fmt: skip


@pytest.fixture
def narrow(mariadb, maria):
    """An account with grants on single columns, and what it may see."""

    def grant(*more: str, orders: str = READER) -> Plain:
        mariadb.account("narrow", f"SELECT ({orders}) ON watched.orders", "SELECT (id, quantity) ON watched.inventory",
                        "SELECT (id, received_at) ON watched.pay_callback", "SELECT (id) ON watched.inventory_lock",
                        *more)  # fmt: skip
        shop.close()
        return shop

    shop = Plain(mariadb.url("watched", "narrow", "secret"), maria.sql)
    yield grant
    shop.close()


@pytest.mark.server
def test_what_an_account_may_not_see_is_said_and_is_no_change(narrow, maria):
    shop = narrow()
    look = shop.probe(PROBE)
    assert {"schema_columns", "schema_triggers", "schema_views"} <= set(look.gaps)
    unsure = {"float_money", "open_phone", "redundant_index", "too_many_indexes", "range_first_index"}
    assert unsure <= set(look.gaps)
    assert not unsure & {finding for _, finding in look.values("schema_findings")}, "nothing found is no 0 here"
    maria.sql([
        "CREATE VIEW remarks AS SELECT order_no FROM orders",
        f"{TRIGGER} UPDATE inventory SET reserved = 0 WHERE sku_id = NEW.order_no",
    ])  # fmt: skip
    assert told(shop.probe(PROBE, NOW + timedelta(hours=1))) == {}
    narrow("TRIGGER ON watched.*", "SHOW VIEW ON watched.*", "SELECT ON watched.*")
    look = shop.probe(PROBE, NOW + timedelta(hours=2))
    assert told(look) == {}
    assert not {"schema_columns", "schema_triggers", "schema_views"} & set(look.gaps)
    maria.sql(["DROP TRIGGER taken"])
    assert ("orders", "trigger_changed") in told(shop.probe(PROBE, NOW + timedelta(hours=3)))


@pytest.mark.server
def test_a_grant_taken_away_is_no_dropped_column_and_a_dropped_column_is_one(narrow, maria):
    shop = narrow()
    shop.probe(PROBE)
    narrow(orders="id, order_no, out_trade_no, status, currency, pay_channel, created_at, paid_at, updated_at")
    assert told(shop.probe(PROBE, NOW + timedelta(hours=1))) == {}
    narrow()
    assert told(shop.probe(PROBE, NOW + timedelta(hours=2))) == {}
    maria.sql(["ALTER TABLE orders DROP COLUMN transaction_id"])
    tell = told(shop.probe(PROBE, NOW + timedelta(hours=3)))
    assert [name for name, _ in tell["orders", "mapped_column_gone"]] == ["orders.transaction_id"]


@pytest.mark.server
def test_a_table_hidden_from_the_account_fails_the_look_and_is_not_gone(narrow, mariadb):
    shop = narrow()
    shop.probe(PROBE)
    mariadb.account("narrow", f"SELECT ({READER}) ON watched.orders")
    shop.close()
    with pytest.raises(Denied):
        shop.probe(PROBE, NOW + timedelta(hours=1))


# --- what stands


def test_indexes_that_cost_and_serve_nothing_are_named(any_shop):
    any_shop.sql([
        "CREATE INDEX again ON orders (status, created_at)",
        "CREATE INDEX begun ON orders (status)",
        "CREATE INDEX ordered ON orders (created_at, pay_channel, status)",
    ])  # fmt: skip
    look = found(any_shop.probe(PROBE))
    assert dict(look["orders", "redundant_index"]) in (
        {"orders.again": "= orders_status_created", "orders.begun": "⊂ again"},
        {"orders.orders_status_created": "= again", "orders.begun": "⊂ again"},
        {"orders.orders_status_created": "= again", "orders.begun": "⊂ orders_status_created"},
    )
    assert look["orders", "too_many_indexes"] == [("orders", "7 > 5")]
    assert look["orders", "range_first_index"] == [
        ("orders.ordered", "(created_at, pay_channel, status) → (pay_channel, created_at, status)")
    ]
    assert ("orders", "too_many_indexes") not in found(any_shop.probe(SchemaWatch(max_indexes=7)))


def test_money_in_floats_is_found_by_its_mapping_and_by_its_name(any_shop):
    any_shop.sql(["ALTER TABLE inventory ADD COLUMN unit_price FLOAT", "ALTER TABLE inventory ADD COLUMN weight FLOAT"])
    [(name, _)] = found(any_shop.probe(PROBE))["stock", "float_money"]
    assert name == "inventory.unit_price"
    assert ("stock", "float_money") not in found(any_shop.probe(SchemaWatch(skip=["float_money"])))


def test_phone_numbers_in_the_clear_are_told_by_their_share_and_never_read(any_shop):
    any_shop.sql(
        ["ALTER TABLE orders ADD COLUMN buyer_phone VARCHAR(20)", "ALTER TABLE orders ADD COLUMN tel VARCHAR(20)"]
    )
    for number in range(60):
        any_shop.order(f"N{number}", buyer_phone="13800138000" if number % 2 else "138****8000", tel="138****8000")
    look = any_shop.probe(PROBE)
    assert found(look)["orders", "open_phone"] == [("orders.buyer_phone", "25 / 50")]
    assert not any("13800138000" in str(each) for each in (look.told, look.trace, any_shop.memory))


@pytest.mark.server
def test_a_phone_column_that_the_account_may_not_read_is_not_asked_for_on_mariadb_and_a_gap_on_postgres(
    elephant, postgres
):
    elephant.sql(["ALTER TABLE orders ADD COLUMN buyer_phone VARCHAR(20)", "DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN",
                  "GRANT SELECT (id, order_no) ON orders TO narrow"])  # fmt: skip
    shop = Plain(postgres.url("watched", "narrow"), elephant.sql)
    look = shop.probe(PROBE)
    assert "phone columns" in look.gaps["open_phone"]
    shop.close()
    elephant.sql(["DROP OWNED BY narrow", "DROP ROLE narrow"])


@pytest.mark.server
def test_joined_columns_of_unlike_character_sets_are_found(maria):
    maria.sql(["ALTER TABLE pay_callback MODIFY out_trade_no VARCHAR(64) CHARACTER SET utf8mb3 NOT NULL"])
    assert found(maria.probe(PROBE))["callbacks", "join_mismatch"] == [(
        "pay_callback.out_trade_no = orders.out_trade_no",
        "varchar(64) utf8mb3_general_ci ≠ varchar(64) utf8mb4_general_ci",
    )]  # fmt: skip


@pytest.mark.server
def test_a_number_joined_to_a_text_is_found(maria):
    maria.sql(["ALTER TABLE inventory_lock MODIFY order_id VARCHAR(30) NOT NULL"])
    assert ("reservations", "join_mismatch") in found(maria.probe(PROBE))


@pytest.mark.server
def test_a_growing_key_that_is_nearly_used_up_is_found_on_mariadb(maria):
    maria.sql(["CREATE TABLE x LIKE orders", "DROP TABLE orders", "ALTER TABLE x MODIFY id INT UNSIGNED AUTO_INCREMENT",
               "RENAME TABLE x TO orders"])  # fmt: skip
    assert ("orders", "auto_increment_limit") not in found(maria.probe(PROBE))
    maria.sql(["ALTER TABLE orders AUTO_INCREMENT = 4000000000"])
    assert found(maria.probe(PROBE))["orders", "auto_increment_limit"] == [
        ("orders.id", "4,000,000,000 / 4,294,967,295")
    ]


@pytest.mark.server
def test_a_growing_key_that_is_nearly_used_up_is_found_on_postgres(elephant):
    elephant.sql(["ALTER TABLE orders DROP COLUMN id", "ALTER TABLE orders ADD COLUMN id SERIAL PRIMARY KEY",
                  "ALTER TABLE pay_callback ALTER COLUMN id TYPE INTEGER",
                  "ALTER TABLE pay_callback ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY"])  # fmt: skip
    assert not {name for _, name in found(elephant.probe(PROBE))} & {"auto_increment_limit"}
    elephant.sql(["SELECT setval('orders_id_seq', 2000000000)", "SELECT setval('pay_callback_id_seq', 2000000001)"])
    look = found(elephant.probe(PROBE))
    assert look["orders", "auto_increment_limit"] == [("orders.id", "2,000,000,000 / 2,147,483,647")]
    assert look["callbacks", "auto_increment_limit"] == [("pay_callback.id", "2,000,000,001 / 2,147,483,647")]


@pytest.mark.server
def test_the_servers_zone_and_its_zone_tables_are_held_against_the_mapping(maria):
    look = found(maria.probe(PROBE))
    assert look["database", "zone_tables_missing"] == [("database", "CONVERT_TZ → NULL")]
    before = maria.sql
    before(["SET GLOBAL time_zone = '+08:00'"])
    try:
        assert ("database", "server_zone") not in found(maria.probe(PROBE))
        before(["SET GLOBAL time_zone = '-03:30'"])
        assert found(maria.probe(PROBE))["database", "server_zone"] == [("database", "NOW() -03:30 ≠ +08:00")]
    finally:
        before(["SET GLOBAL time_zone = 'SYSTEM'"])


@pytest.mark.server
def test_the_zone_of_a_postgres_is_held_against_the_mapping(elephant):
    elephant.sql(["ALTER DATABASE watched SET timezone = 'Asia/Shanghai'"])
    assert ("database", "server_zone") not in found(elephant.probe(PROBE))
    elephant.close()
    elephant.sql(["ALTER DATABASE watched SET timezone = 'UTC'"])
    assert found(elephant.probe(PROBE))["database", "server_zone"] == [("database", "NOW() +00:00 ≠ +08:00")]


@pytest.mark.server
def test_dirty_reads_are_found(maria):
    assert ("database", "dirty_reads") not in found(maria.probe(PROBE))
    maria.sql(["SET GLOBAL tx_isolation = 'READ-UNCOMMITTED'"])
    try:
        assert found(maria.probe(PROBE))["database", "dirty_reads"] == [("database", "READ-UNCOMMITTED")]
    finally:
        maria.sql(["SET GLOBAL tx_isolation = 'REPEATABLE-READ'"])


def test_without_statement_digests_nobody_says_that_stock_is_taken_with_care(any_shop):
    look = any_shop.probe(PROBE)
    assert "unguarded_stock_update" in look.gaps
    assert ("stock", "unguarded_stock_update") not in look.values("schema_findings")


@pytest.fixture(scope="module")
def counting():
    """A MariaDB that keeps digests of statements."""
    server = MariaDB("--performance-schema=ON")
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.mark.server
def test_stock_taken_without_asking_is_found_in_the_digests(counting):
    shop = on_mariadb(counting, "plain")
    counting.account("seer", "SELECT ON plain.*")
    blind = Plain(counting.url("plain", "seer", "secret"), shop.sql)
    try:
        shop.sql(["UPDATE inventory SET quantity = quantity - 1 WHERE sku_id = 'a' AND quantity >= 1"])
        assert shop.probe(PROBE).value("schema_findings", "", "unguarded_stock_update") == 0
        shop.sql(["UPDATE inventory SET quantity = quantity - 1 WHERE sku_id = '13800138000'"] * 2)
        look = shop.probe(PROBE)
        [(digest, note)] = found(look)["stock", "unguarded_stock_update"]
        assert len(digest) == 12
        assert note == "× 2"
        assert not any("13800138000" in str(each) for each in (look.told, look.trace, shop.memory))
        assert "performance_schema" not in blind.probe(PROBE).gaps["unguarded_stock_update"]
        shop.sql(["ALTER TABLE inventory MODIFY quantity INT UNSIGNED NOT NULL"])
        assert shop.probe(PROBE).value("schema_findings", "", "unguarded_stock_update") == 0
    finally:
        shop.close()
        blind.close()


# --- how much, how odd


@pytest.mark.server
def test_a_look_is_ten_statements_and_a_few_milliseconds(counting):
    shop = on_mariadb(counting, "plain")
    shop.sql(["ALTER TABLE orders ADD COLUMN buyer_phone VARCHAR(20)"])
    shop.probe(PROBE)
    look = shop.probe(PROBE)
    assert len(look.trace) <= 10
    assert sum(asked.seconds for asked in look.trace) < 0.1
    shop.close()


@pytest.mark.server
def test_64_shards_are_told_together_and_a_new_one_is_no_first_look(maria):
    maria.sql([f"CREATE TABLE orders_{shard:02} LIKE orders" for shard in range(63)])
    shop = Plain(maria.url, maria.sql, load({"preset": "plain", "orders": {"table": "orders_{00..63}"}}))
    try:
        shop.probe(PROBE)
        assert len(str(shop.memory)) < 10_000
        maria.sql([
            *(f"ALTER TABLE orders_{shard:02} DROP COLUMN pay_channel" for shard in range(63)),
            "CREATE TABLE orders_63 LIKE orders_00",
            "ALTER TABLE orders_63 ADD COLUMN pay_channel VARCHAR(20)",
            "CREATE INDEX again ON orders_63 (status)",
        ])  # fmt: skip
        look = shop.probe(PROBE, NOW + timedelta(hours=1))
        assert look.total("schema_changes") == 64
        assert told(look)["orders", "added"] == [("orders_63", "CREATE TABLE")]
        assert len(told(look)["orders", "mapped_column_gone"]) == 20
        assert found(look)["orders", "redundant_index"] == [("orders_63.again", "⊂ orders_status_created")]
        assert len(look.trace) <= 16
    finally:
        shop.close()


@pytest.mark.server
def test_hostile_names_are_names_and_a_wide_table_is_bounded(maria):
    nasty = [
        f"`{name}`" for name in ("**x** [a](http://b)", 'it\'s "so"', "a:b%s%(c)s", "n" * 64, "``tick``", "phone:1%")
    ]
    maria.sql([f"ALTER TABLE orders {', '.join(f'ADD COLUMN {name} VARCHAR(8)' for name in nasty)}"])
    tell = changed(
        maria,
        *(f"ALTER TABLE orders DROP COLUMN {name}" for name in nasty),
        "CREATE TABLE wide AS SELECT 1 AS id, 'x' AS out_trade_no, NOW() AS received_at",
        "ALTER TABLE wide " + ", ".join(f"ADD COLUMN c{column} INT" for column in range(990)),
    )
    assert len(tell["orders", "column_changed"]) == len(nasty)
    shop = Plain(
        maria.url, maria.sql, load({"preset": "plain", "orders": {"table": "wide", "columns": {"number": "id"}}})
    )
    shop.probe(PROBE)
    maria.sql(["ALTER TABLE wide " + ", ".join(f"DROP COLUMN c{column}" for column in range(990))])
    look = shop.probe(PROBE, NOW + timedelta(hours=1))
    assert look.total("schema_changes") == 990
    assert len(told(look)["orders", "column_changed"]) == 20
    shop.close()


def test_each_kind_and_each_finding_stands_in_one_rule_and_has_its_words():
    [group] = yaml.safe_load((ROOT / "rules/schema_watch.yml").read_text(encoding="utf-8"))["groups"]
    holding = "".join(rule["expr"].partition("unless")[0] for rule in group["rules"])
    named = re.findall(r'(?:change|finding)=~?"([a-z_|]+)"', holding)
    assert sorted("|".join(named).split("|")) == sorted((*KINDS, *FINDINGS_KNOWN))
    for language in ("zh", "en"):
        assert set(WORDS[language].values["finding"]) >= set(FINDINGS_KNOWN)
    for page in ("schema_watch.md", "schema_watch.en.md"):
        text = (ROOT / "docs/runbooks" / page).read_text(encoding="utf-8")
        assert [name for name in (*KINDS, *FINDINGS_KNOWN) if f"`{name}`" not in text] == []
