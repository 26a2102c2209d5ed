"""Which GRANT is told to whom: a pure table, held against the documents of each product."""

from __future__ import annotations

import pytest

from exporter.database.privileges import Flavour, Need, grant, grantee, need, writing

STATUS = Need("replica status")
DIGESTS = "SELECT digest FROM performance_schema.events_statements_summary_by_digest WHERE schema_name = 'shop' LIMIT 5"


@pytest.mark.parametrize(
    ("product", "version", "right"),
    [
        ("MariaDB", "10.4.34", "REPLICATION CLIENT"),
        ("MariaDB", "10.5.1", "REPLICATION CLIENT"),
        ("MariaDB", "10.5.8", "REPLICATION SLAVE ADMIN"),
        ("MariaDB", "10.5.9", "REPLICA MONITOR"),
        ("MariaDB", "10.11.6", "REPLICA MONITOR"),
        ("MariaDB", "11.4", "REPLICA MONITOR"),
        ("MariaDB", "", "REPLICA MONITOR"),
        ("MySQL", "5.7.44", "REPLICATION CLIENT"),
        ("MySQL", "8.4.3", "REPLICATION CLIENT"),
        ("TiDB", "8.0.11", "REPLICATION CLIENT"),
        ("Aurora", "8.0", "REPLICATION CLIENT"),
    ],
)
def test_the_status_of_a_replica_needs_another_right_in_each_product(product, version, right):
    assert grant(Flavour("mysql", product, version), STATUS, "oh@%") == f"GRANT {right} ON *.* TO 'oh'@'%';"


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ("SHOW REPLICA STATUS", STATUS),
        ("SHOW ALL SLAVES STATUS", STATUS),
        ("show slave 'north' status", STATUS),
        ("SHOW BINARY LOG STATUS", Need("binary log")),
        ("SHOW MASTER STATUS", Need("binary log")),
        ("SELECT 1 FROM information_schema.innodb_trx", Need("processes")),
        ("SELECT id FROM information_schema.processlist", Need("processes")),
        (DIGESTS, Need(tables=(("performance_schema", "events_statements_summary_by_digest"),))),
        ("SELECT 1 FROM mysql.slow_log", Need(tables=(("mysql", "slow_log"),))),
        ("SELECT ts FROM `oh`.`heartbeat`", Need(tables=(("oh", "heartbeat"),))),
        ("SELECT 1 FROM a JOIN b.c ON 1", Need(tables=(("shop", "a"), ("b", "c")))),
        ("SELECT 1 FROM (SELECT 2 FROM a) x", Need(tables=(("shop", "a"),))),
        ("WITH late AS (SELECT 1 FROM orders) SELECT * FROM late", Need(tables=(("shop", "orders"),))),
        ("SELECT EXTRACT(YEAR FROM created_at), ' from x' FROM orders", Need(tables=(("shop", "orders"),))),
        ("SELECT 1 FROM unnest(ids)", Need()),
    ],
)
def test_what_a_statement_needs_is_read_from_its_words(statement, needed):
    assert need(statement, "shop") == needed


def test_where_one_column_is_refused_that_column_alone_is_granted():
    told = grant(Flavour("mysql", "MySQL", "8.4.3"), need("SELECT a, b FROM orders", "shop", "b"), "oh@%")
    assert told == "GRANT SELECT (`b`) ON `shop`.`orders` TO 'oh'@'%';"


def test_each_table_of_a_join_has_a_line_of_its_own():
    told = grant(Flavour("mysql", "MySQL", "8.4.3"), need("SELECT 1 FROM a JOIN b ON 1", "shop"), "oh@%")
    assert told.splitlines() == ["GRANT SELECT ON `shop`.`a` TO 'oh'@'%';", "GRANT SELECT ON `shop`.`b` TO 'oh'@'%';"]


def test_postgresql_has_a_role_for_what_is_not_a_table():
    assert grant(Flavour("postgresql", "PostgreSQL", "15.3"), STATUS, "oh") == 'GRANT pg_monitor TO "oh";'


def test_where_there_are_no_accounts_there_is_no_grant():
    assert grant(Flavour("sqlite", "SQLite", "3.40"), need("SELECT 1 FROM a", "main"), "") == ""


@pytest.mark.parametrize(
    ("account", "named"),
    [("oh@%", "'oh'@'%'"), ("o'h@10.%", "'o''h'@'10.%'"), ("a@b@host", "'a@b'@'host'"), ("x\\@%", "'x\\\\'@'%'")],
)
def test_an_account_is_quoted_whatever_it_is_called(account, named):
    assert grantee("mysql", account) == named


@pytest.mark.parametrize(
    ("lines", "rights"),
    [
        (["GRANT USAGE ON *.* TO `oh`@`%` IDENTIFIED BY PASSWORD '*DELETE ON'"], ()),
        (["GRANT SELECT (a, `insert`), UPDATE (b) ON `shop`.`orders` TO `oh`@`%`"], ("UPDATE",)),
        (["GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION"], ("ALL PRIVILEGES",)),
        (["GRANT PROCESS, REPLICA MONITOR, BINLOG MONITOR, SELECT, SHOW VIEW ON *.* TO `oh`@`%`"], ()),
        (["GRANT SYSTEM_VARIABLES_ADMIN ON *.* TO `oh`@`%`", "GRANT EXECUTE ON `shop`.* TO `oh`@`%`"],
         ("SYSTEM_VARIABLES_ADMIN", "EXECUTE")),
        (["GRANT `reader`@`%` TO `oh`@`%`"], ()),
    ],
)  # fmt: skip
def test_rights_that_are_more_than_reading_are_told_by_name_and_nothing_else_of_the_grants(lines, rights):
    assert writing(lines) == rights
