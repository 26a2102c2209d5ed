"""What a migration breaks is named with who depends on it; what it does not touch is never blocked for that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.ddl import judge, read
from exporter.ddl.online import Flavour
from exporter.ddl.rules import RULES
from tests.ddl.ground import ground, rules, verdict
from tests.ddl.test_script import TEXTS

SEARCH = {"search by_channel": "SELECT order_no FROM orders o WHERE o.pay_channel = %s AND created_at > :since"}


@pytest.mark.parametrize(
    ("sql", "rule", "severity"),
    [
        ("ALTER TABLE orders DROP COLUMN created_at", "used-column", "block"),
        ("ALTER TABLE orders RENAME COLUMN status TO state", "used-column", "block"),
        ("ALTER TABLE orders CHANGE status state VARCHAR(20) NOT NULL", "used-column", "block"),
        ("DROP TABLE pay_callback", "used-table", "block"),
        ("RENAME TABLE inventory TO stock_old", "used-table", "block"),
        ("TRUNCATE TABLE orders", "used-table", "block"),
        ("ALTER TABLE inventory RENAME TO stock", "used-table", "block"),
        ("ALTER TABLE shop.orders DROP created_at", "used-column", "block"),
        ("USE shop; ALTER TABLE ORDERS DROP CREATED_AT", "used-column", "block"),
        ("ALTER TABLE notes DROP COLUMN n", "column-dropped", "warn"),
        ("DROP TABLE notes", "table-dropped", "warn"),
        ("TRUNCATE notes", "truncated", "block"),
        ("DROP DATABASE shop", "database-dropped", "block"),
        ("ALTER TABLE orders DROP INDEX orders_status_created", "index-lost", "block"),
        ("DROP INDEX pay_callback_trade_no ON pay_callback", "index-lost", "block"),
        ("ALTER TABLE pay_callback DROP INDEX pay_callback_received, ADD INDEX r (pay_channel, received_at)", "index-lost", "block"),
        ("ALTER TABLE orders ALTER INDEX orders_status_created INVISIBLE", "index-lost", "block"),
        ("ALTER TABLE inventory DROP INDEX inventory_warehouse_sku", "unique-lost", "block"),
        ("ALTER TABLE inventory DROP INDEX inventory_warehouse_sku, ADD INDEX (warehouse_id, sku_id)", "unique-lost", "block"),
        ("ALTER TABLE orders MODIFY status VARCHAR(10) NOT NULL", "type-narrowed", "block"),
        ("ALTER TABLE orders MODIFY id INT NOT NULL", "type-narrowed", "block"),
        ("ALTER TABLE inventory MODIFY quantity INT UNSIGNED NOT NULL", "type-narrowed", "block"),
        ("ALTER TABLE orders MODIFY amount DECIMAL(10,2) NOT NULL", "type-narrowed", "block"),
        ("ALTER TABLE orders MODIFY amount DECIMAL(12,1) NOT NULL", "type-narrowed", "block"),
        ("ALTER TABLE orders MODIFY amount DOUBLE NOT NULL", "money-float", "block"),
        ("ALTER TABLE notes ADD freight FLOAT", "money-float", "block"),
        ("ALTER TABLE orders MODIFY created_at TIMESTAMP NOT NULL", "type-converted", "block"),
        ("ALTER TABLE orders MODIFY created_at VARCHAR(30) NOT NULL", "type-converted", "block"),
        ("ALTER TABLE orders MODIFY paid_at DATETIME NOT NULL", "null-forbidden", "block"),
        ("ALTER TABLE orders MODIFY status VARCHAR(20)", "null-allowed", "warn"),
        ("ALTER TABLE orders MODIFY currency CHAR(3) NOT NULL", "modify-forgets", "warn"),
        ("ALTER TABLE orders ADD source VARCHAR(9) NOT NULL", "not-null-without-default", "block"),
        ("ALTER TABLE orders ADD COLUMN (a INT, b INT NOT NULL)", "not-null-without-default", "block"),
        ("ALTER TABLE orders CONVERT TO CHARACTER SET latin1", "charset-lossy", "block"),
        ("ALTER TABLE orders MODIFY out_trade_no VARCHAR(64) COLLATE utf8mb4_bin NOT NULL", "charset-lossy", "block"),
        ("ALTER TABLE notes MODIFY words VARCHAR(20) COLLATE utf8mb4_bin", "charset-changed", "warn"),
        ("ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES notes (id)", "foreign-key-added", "block"),
        ("ALTER TABLE notes ADD UNIQUE (words)", "unique-key-added", "warn"),
        ("ALTER IGNORE TABLE notes ADD UNIQUE (words)", "rows-ignored", "block"),
        ("ALTER TABLE notes ADD INDEX (words)", "index-duplicate", "warn"),
        ("ALTER TABLE orders ADD INDEX (currency), ADD INDEX (amount), ADD INDEX (updated_at)", "index-many", "warn"),
        ("ALTER TABLE notes DROP COLUMN nothing", "unknown-column", "warn"),
        ("ALTER TABLE notes ADD INDEX (nothing)", "unknown-column", "warn"),
        ("ALTER TABLE nothing ADD x INT; ALTER TABLE notes ADD x INT", "unknown-table", "warn"),
        ("ALTER TABLE elsewhere.orders DROP status; DROP TABLE notes", "unknown-table", "warn"),
        ("DROP TABLE notes; ALTER TABLE notes ADD x INT", "unknown-table", "warn"),
        ("UPDATE nothing SET a = 1 WHERE b = 2; DROP TABLE notes", "unknown-table", "warn"),
        ("UPDATE orders SET status = 'paid'", "write-unbounded", "block"),
        ("DELETE FROM orders WHERE 1 = 1", "write-unbounded", "block"),
        ("SET foreign_key_checks = 0", "checks-off", "block"),
        ("SET sql_log_bin=0", "checks-off", "block"),
        ("SET SESSION sql_mode = ''", "checks-off", "block"),
        ("SET GLOBAL sql_mode = 'STRICT_TRANS_TABLES'; GRANT ALL ON *.* TO x", "not-judged", "note"),
        ("DROP VIEW v", "view-replaced", "warn"),
        ("DELETE FROM orders ORDER BY id LIMIT 10", "write-unbounded", "block"),
        ("ALTER TABLE orders DROP PRIMARY KEY", "unique-lost", "warn"),
        ("SET STATEMENT lock_wait_timeout = 5 FOR DROP TABLE orders", "used-table", "block"),
        ("ALTER TABLE notes ADD a INT; ALTER TABLE notes MODIFY n BIGINT; ALTER TABLE notes MODIFY words TEXT", "alters-split", "warn"),
    ],
)  # fmt: skip
def test_a_rule_finds_what_it_is_for(sql, rule, severity):
    assert rules(sql).get(rule) == severity


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE notes ADD x INT, ADD y VARCHAR(20) NOT NULL DEFAULT ''",
        "ALTER TABLE notes MODIFY words VARCHAR(40)",
        "ALTER TABLE notes ADD INDEX (n)",
        "ALTER TABLE orders RENAME INDEX orders_paid TO paid",
        "CREATE TABLE IF NOT EXISTS new (id INT PRIMARY KEY, a INT NOT NULL); ALTER TABLE new DROP a; DROP TABLE new",
        "ALTER TABLE pay_callback DROP INDEX pay_callback_received, ADD INDEX r (received_at, pay_channel)",
        "CREATE INDEX r ON pay_callback (received_at, trade_state); DROP INDEX pay_callback_received ON pay_callback",
        "UPDATE notes SET n = 1 WHERE id = 3",
        "ALTER TABLE inventory ADD UNIQUE u (sku_id, warehouse_id), DROP INDEX inventory_warehouse_sku",
        "INSERT INTO notes VALUES (1, 'a', 2, 3)",
        "DROP TABLE IF EXISTS nothing",
        "/*!40101 SET NAMES utf8 */",
    ],
)
def test_what_harms_nothing_is_not_found(sql):
    assert rules(sql) == {}


def test_who_depends_on_a_column_is_named_with_the_probe_and_our_word():
    found = {each.rule: each for each in verdict("ALTER TABLE orders DROP created_at", searches=SEARCH).findings}
    assert found["used-column"].who == (
        "probe pending_paid (orders.created)",
        "probe negative_stock (orders.created)",
        "search by_channel",
    )
    assert (found["used-column"].line, found["used-column"].column) == (2, 1)


def test_an_index_that_serves_a_search_is_guarded_and_so_is_its_order():
    more = "; CREATE TABLE notes (id INT); CREATE INDEX c ON orders (pay_channel, created_at)"
    assert rules("DROP INDEX c ON orders", searches=SEARCH, more=more)["index-lost"] == "block"
    swapped = "ALTER TABLE orders DROP INDEX c, ADD INDEX d (created_at, pay_channel)"
    found = [each for each in verdict(swapped, searches=SEARCH, more=more).findings if each.rule == "index-narrowed"]
    assert found[0].who == ("search by_channel, by pay_channel, created_at",)
    alone = {"search by_channel": "SELECT id FROM orders WHERE pay_channel = ?"}
    assert rules("DROP INDEX c ON orders", searches=alone, more=more)["index-lost"] == "block"
    assert "index-lost" not in rules("DROP INDEX c ON orders", more=more)


def test_a_search_of_several_tables_uses_the_columns_of_each():
    joined = {"search j": "SELECT o.order_no, n FROM orders o JOIN notes x ON x.words = o.order_no WHERE x.n IN (1, 2)"}
    assert rules("ALTER TABLE notes DROP n", searches=joined)["used-column"] == "block"
    assert rules("ALTER TABLE notes DROP price", searches=joined) == {"column-dropped": "warn"}
    assert (
        rules("ALTER TABLE notes CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", searches=joined)[
            "charset-lossy"
        ]
        == "block"
    )


def test_enum_values_may_only_be_appended():
    more = "CREATE TABLE notes (id INT, s ENUM('a','b') NOT NULL)"
    assert "enum-values" in rules("ALTER TABLE notes MODIFY s ENUM('a') NOT NULL", more=more)
    assert "enum-values" in rules("ALTER TABLE notes MODIFY s ENUM('b','a') NOT NULL", more=more)
    assert rules("ALTER TABLE notes MODIFY s ENUM('a','b','c') NOT NULL", more=more) == {}
    told = verdict("ALTER TABLE notes MODIFY s VARCHAR(9) NOT NULL", more=more).findings[0].what
    assert "'a'" not in told


def test_auto_increment_that_modify_forgets_blocks():
    more = "CREATE TABLE notes (id INT AUTO_INCREMENT PRIMARY KEY)"
    assert rules("ALTER TABLE notes MODIFY id INT NOT NULL", more=more)["modify-forgets"] == "block"


def test_the_lock_wait_limit_is_asked_for_once_and_only_where_a_table_is_in_use():
    def told(sql):
        return [
            each.line
            for each in judge("m", read(sql, "mysql")[0], [ground()]).findings
            if each.rule == "lock-wait-timeout"
        ]

    assert told("ALTER TABLE notes ADD a INT;\nALTER TABLE orders ADD a INT") == [1]
    assert told("SET lock_wait_timeout = 3600; ALTER TABLE notes ADD a INT") == [1]
    assert told("SET GLOBAL lock_wait_timeout = 5; ALTER TABLE notes ADD a INT") == [1]
    assert told("SET @@session.lock_wait_timeout := 5; ALTER TABLE notes ADD a INT") == []
    assert told("ALTER TABLE notes NOWAIT ADD a INT") == []
    assert told("SET STATEMENT lock_wait_timeout = 5 FOR ALTER TABLE notes ADD a INT") == []
    assert told("SET STATEMENT max_statement_time = 5 FOR ALTER TABLE notes ADD a INT") == [1]
    assert told("CREATE TABLE x (id INT); ALTER TABLE x ADD a INT; INSERT INTO x VALUES (1, 2)") == []


def test_a_reason_allows_a_finding_and_without_one_it_blocks():
    sql = "ALTER TABLE orders DROP created_at -- order-health: allow {}\n"
    allowed = verdict(sql.format("used-column the column is copied") + "; -- order-health: allow index-lost moved")
    assert allowed.status == 0
    assert {each.rule: each.allowed for each in allowed.findings}["used-column"] == "the column is copied"
    bare = verdict(sql.format("used-column"))
    assert bare.status == 1
    assert "allow-unclear" in {each.rule for each in bare.findings}
    assert "there is no rule usd-column" in str(verdict(sql.format("usd-column because")).findings)


@pytest.mark.parametrize(
    ("sql", "flavour", "rule"),
    [
        ("ALTER TABLE orders ADD a INT", ("MySQL", "5.7.44"), "table-rebuild"),
        ("ALTER TABLE orders ADD a INT, ALGORITHM=INSTANT", ("MySQL", "5.7.44"), "algorithm-refused"),
        ("ALTER TABLE orders ADD a INT", ("MySQL", "8.0.11"), "table-rebuild"),
        ("ALTER TABLE orders ADD a INT", ("MySQL", "8.0.36"), "algorithm-unsaid"),
        ("ALTER TABLE orders ADD a INT AFTER status, ALGORITHM=INSTANT", ("MySQL", "8.0.28"), "algorithm-refused"),
        ("ALTER TABLE orders DROP pay_channel, ALGORITHM=INSTANT", ("MySQL", "8.0.28"), "algorithm-refused"),
        ("ALTER TABLE orders ADD a INT AFTER status, ALGORITHM=INSTANT", ("MariaDB", "10.3.39"), "algorithm-refused"),
        ("ALTER TABLE orders MODIFY amount DECIMAL(14,2) NOT NULL", ("MySQL", "8.4.0"), "table-copy"),
        ("ALTER TABLE orders MODIFY order_no VARCHAR(64) NOT NULL", ("MySQL", "8.4.0"), "table-copy"),
        ("ALTER TABLE orders ADD FULLTEXT (order_no)", ("MySQL", "8.4.0"), "writes-locked"),
        ("ALTER TABLE orders ADD INDEX (currency), ALGORITHM=COPY", ("MySQL", "8.4.0"), "table-copy"),
        ("ALTER TABLE orders REORGANIZE PARTITION a INTO (PARTITION b VALUES LESS THAN (1))", ("MySQL", "8.4.0"), "cost-unknown"),
        ("ALTER TABLE orders ADD a INT", ("TiDB", "7.5.0"), "cost-unknown"),
    ],
)  # fmt: skip
def test_what_it_costs_depends_on_the_server(sql, flavour, rule):
    found = rules(sql, rows=5_000_000, flavour=Flavour.of(*flavour))
    assert rule in found
    assert found[rule] == RULES[rule].severity


@pytest.mark.parametrize(
    ("sql", "flavour"),
    [
        ("ALTER TABLE notes ADD a INT, ALGORITHM=INSTANT", ("MySQL", "8.0.12")),
        ("ALTER TABLE notes ADD a INT AFTER words, ALGORITHM=INSTANT", ("MySQL", "8.4.2")),
        ("ALTER TABLE notes ADD a INT FIRST, ALGORITHM=INSTANT", ("MariaDB", "11.4.2")),
        ("ALTER TABLE notes ADD INDEX (n), ALGORITHM=INPLACE, LOCK=NONE", ("MySQL", "5.7.44")),
    ],
)
def test_a_change_in_place_that_says_so_passes_on_a_large_table(sql, flavour):
    assert rules(sql, rows=5_000_000, flavour=Flavour.of(*flavour)) == {}


def test_a_copy_of_a_small_table_is_a_note():
    assert rules("ALTER TABLE notes MODIFY n BIGINT") == {"table-copy": "note"}


def test_a_write_over_a_large_table_is_judged_by_explain_and_never_explained_where_that_would_run_it():
    asked = []

    def estimate(select):
        asked.append(select)
        return 50_000

    assert "write-large" in rules("DELETE FROM orders WHERE status = 'x;y'", rows=5_000_000, estimate=estimate)
    assert asked == ["SELECT 1 FROM orders WHERE status = 'x;y'"]
    for where in ("id = (SELECT max(id) FROM notes)", "id = sleep(9)", "id = (@x := 3)", "lower(status) = 'a'"):
        rules(f"DELETE FROM orders WHERE {where}", rows=5_000_000, estimate=estimate)
    assert len(asked) == 1
    assert "write-large" in rules("UPDATE orders SET status = 1 WHERE currency = upper('x')", rows=5_000_000)
    assert rules("DELETE FROM orders WHERE created_at < now()", rows=5_000_000)["write-large"] == "block"
    assert rules("DELETE FROM orders WHERE paid_at < now()", rows=5_000_000)["write-large"] == "warn"
    assert "write-large" not in rules("DELETE FROM orders WHERE id < 100 LIMIT 50", rows=5_000_000, estimate=estimate)
    assert "write-large" not in rules("DELETE FROM orders WHERE id = 3", rows=5_000_000, estimate=lambda _: 1)


UNUSED = st.sampled_from([
    "ALTER TABLE notes DROP COLUMN {c}", "ALTER TABLE notes MODIFY {c} BIGINT", "ALTER TABLE notes RENAME COLUMN {c} TO z",
    "ALTER TABLE notes ADD INDEX ({c})", "DROP TABLE notes", "RENAME TABLE notes TO other", "DROP INDEX notes_words ON notes",
    "ALTER TABLE orders ADD COLUMN {c} INT", "ALTER TABLE inventory ADD INDEX (reserved)", "UPDATE notes SET {c} = 1",
    "CREATE TABLE fresh ({c} INT)", "TRUNCATE notes", "ALTER TABLE notes CONVERT TO CHARACTER SET latin1",
])  # fmt: skip
USED = {"used-table", "used-column", "index-lost", "unique-lost", "read-by-view", "read-by-trigger"}


@given(st.lists(st.builds(str.format, UNUSED, c=st.sampled_from(["words", "n", "price"])), min_size=1, max_size=5))
def test_a_migration_that_touches_nothing_used_is_never_blocked_for_that(statements):
    found = verdict(";\n".join(statements), searches=SEARCH).findings
    assert not {each.rule for each in found if each.blocks} & USED


@given(TEXTS)
def test_any_text_that_is_understood_is_judged(text):
    migration, _ = read(text, "mysql")
    for each in judge("m", migration, [ground(rows=5_000_000)]).findings:
        assert each.rule in RULES
