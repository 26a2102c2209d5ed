"""Shards on real servers: one locked, one missing, one added later, a database down, rows that move."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from exporter.database.errors import Denied, Missing, TimedOut, Unreachable
from exporter.shop import Shop
from exporter.shop.stretches import stretches
from tests.servers.mariadb import MariaDB
from tests.shop.conftest import DDL, mapped
from tests.shops import eventually

START = datetime.fromtimestamp(1_700_000_000, UTC)
WINDOW = START, START + timedelta(hours=1)
PLAIN = DDL.format(time="BIGINT", more=", KEY (order_no), KEY (created_at)")
EPOCH = {"kind": "epoch_s"}
SECONDS = 3.0


def made(server: MariaDB, name: str, first: int, count: int, every: int = 1) -> str:
    """A database with these shards; shard n holds the order N<n> and nine more a hundred numbers apart."""
    numbers = range(first, first + count * every, every)
    server.database(name, *(PLAIN.replace("TABLE orders", f"TABLE orders_{n:02}") for n in numbers))
    for n in numbers:
        rows = [(n + 100 * i, f"N{n + 100 * i:06}", "pending", "1.00", 1_700_000_000 + i) for i in range(10)]
        server.fill(name, f"INSERT INTO orders_{n:02} VALUES (%s, %s, %s, %s, %s)", rows)
    return server.url(name)


def counted(shop: Shop) -> int:
    table = shop.require("orders")
    return sum(row[0] for row in shop.rows(select(func.count()).select_from(table.source), word="orders"))


@contextlib.contextmanager
def locked(server: MariaDB, name: str, *tables: str) -> Iterator[None]:
    with server.connect(name) as link, link.cursor() as cursor:
        cursor.execute("LOCK TABLES " + ", ".join(f"{table} WRITE" for table in tables))
        yield


@pytest.fixture(scope="module")
def second() -> Iterator[MariaDB]:
    """A server that tests may stop and start."""
    server = MariaDB()
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def sixtyfour(mariadb: MariaDB, opened: Callable[..., Shop]) -> Shop:
    address = made(mariadb, "shards", 0, 64)
    return opened(address, mapped(table="orders_{00..63}", time=EPOCH))


def test_sixty_four_shards_are_one_table(sixtyfour):
    shop = sixtyfour.bounded("test", SECONDS)
    assert len(shop.window("orders", "created", *WINDOW).records) == 640
    assert counted(shop) == 640
    assert {row["number"] for row in shop.lookup("orders", "number", ["N000063", "N000107", "none"])} == {
        "N000063",
        "N000107",
    }
    (coverage,) = shop.coverage()
    assert (coverage.table, coverage.total, coverage.scanned, coverage.unread) == ("orders", 64, 64, 0)


def test_a_locked_shard_leaves_the_others_readable_and_its_last_answer_standing(sixtyfour, mariadb):
    for _ in range(5):  # what stands is what was told while every shard answered: on a busy machine one may be late
        shop = sixtyfour.bounded("test", SECONDS)
        assert counted(shop) == 640
        assert [r["number"] for r in shop.lookup("orders", "key", ["17"])] == ["N000017"]
        if not shop.silent("orders"):
            break
    with locked(mariadb, "shards", "orders_17"):
        begun = time.monotonic()
        shop = sixtyfour.bounded("test", SECONDS)
        scan = shop.window("orders", "created", *WINDOW)
        assert (len(scan.records), scan.scanned, scan.silent) == (630, 63, {"orders_17"})
        assert counted(shop) == 640, "the figure of a minute ago stands for the shard that is locked"
        assert [r["number"] for r in shop.lookup("orders", "key", ["17", "18"])] == ["N000017", "N000018"]
        assert shop.lookup("orders", "number", ["N000017"]) == [], "what was never asked is not known"
        assert [str(shard) for shard in shop.silent("orders")] == ["orders_17"]
        assert time.monotonic() - begun < 0.75 * SECONDS, "it took its share of one run once, not its lock wait"
        (coverage,) = shop.coverage()
        assert (coverage.scanned, coverage.unread) == (63, 0)
        assert "orders_17: the database ended the statement at its limit" in coverage.why

        again = sixtyfour.bounded("test", SECONDS)
        again.window("orders", "created", *WINDOW)
        assert "orders_17" in again.trace[-1].sql, "what failed is asked last"
    shop = sixtyfour.bounded("test", SECONDS)
    assert counted(shop) == 640
    assert shop.coverage()[0].scanned == 64


def test_a_table_altered_under_a_metadata_lock_is_silent_too(sixtyfour, mariadb):
    with mariadb.connect("shards") as reader, mariadb.connect("shards") as writer:
        with reader.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT * FROM orders_05 LIMIT 1")
        cursor = writer.cursor()
        cursor._query_nowait = None
        writer._execute_command(3, "ALTER TABLE orders_05 ADD COLUMN x INT, ALGORITHM=COPY")  # COM_QUERY, not awaited
        time.sleep(0.2)
        scan = sixtyfour.bounded("test", SECONDS).window("orders", "created", *WINDOW)
        assert scan.silent == {"orders_05"}
        with reader.cursor() as end:
            end.execute("COMMIT")
        writer._read_query_result()
    assert sixtyfour.bounded("test", SECONDS).window("orders", "created", *WINDOW).silent == frozenset()


def test_a_silent_shard_catches_up_by_itself_when_it_answers_again(sixtyfour, mariadb):
    def read(since: int, until: int, behind: Any) -> Any:
        at = START + timedelta(seconds=since), START + timedelta(seconds=until)
        shop = sixtyfour.bounded("test", SECONDS)
        return list(stretches(shop, "orders", "created", *at, ends=time.monotonic() + 2, behind=behind))

    with locked(mariadb, "shards", "orders_17"):
        first = read(0, 3, {})
        assert sum(len(each.records) for each in first) == 63 * 3
        second = read(3, 5, first[-1].behind)
    assert second[-1].behind == {"orders_17": START}
    third = read(5, 7, second[-1].behind)
    assert sum(len(each.records) for each in third) == 64 * 2 + 5
    assert sum(row["number"].endswith("17") for each in third for row in each.records) == 7
    assert third[-1].behind == {}
    assert third[-1].until == START + timedelta(seconds=7)


def test_a_missing_shard_is_named_and_one_added_later_is_read_in_the_next_run(mariadb, opened):
    shop = opened(made(mariadb, "holes", 0, 3), mapped(table="orders_{00..03}", time=EPOCH))
    run = shop.bounded("test", SECONDS)
    assert counted(run) == 30
    assert isinstance(next(iter(run.silent("orders").values())), Missing)
    assert run.coverage()[0].unread == 1, "it never answered"

    mariadb.execute(PLAIN.replace("TABLE orders", "TABLE orders_03"), database="holes")
    mariadb.fill(
        "holes", "INSERT INTO orders_03 VALUES (%s, %s, %s, %s, %s)", [(3, "N3", "paid", "1.00", 1_700_000_001)]
    )
    run = shop.bounded("test", SECONDS)
    assert counted(run) == 31
    assert (run.coverage()[0].scanned, run.coverage()[0].unread) == (4, 0)


@pytest.mark.parametrize(
    ("written", "first", "every"),
    [
        ({"database": "db_{0..3}", "table": "orders_{00..15}"}, 0, 1),
        ({"database": "db_{0..3}", "table": "orders_{00..63}", "spread": "blocks"}, 16, 1),
        ({"database": ["db_{0..2}", "db_3"], "table": "orders_{00..63}", "spread": "turns"}, 1, 4),
    ],
    ids=["each", "blocks", "turns"],
)
def test_four_databases_of_sixteen_shards_and_one_of_them_down(mariadb, second, opened, *, written, first, every):
    servers = (mariadb, mariadb, mariadb, second)
    urls = {f"db_{n}": made(server, f"db_{n}", first * n, 16, every) for n, server in enumerate(servers)}
    shop = opened(urls["db_0"], mapped(**written, time=EPOCH), databases=urls)
    assert eventually(lambda: counted(shop.bounded("test", SECONDS)) == 640)
    assert eventually(lambda: counted(shop.bounded("other", SECONDS)) == 640)

    second.stop()
    try:
        begun = time.monotonic()
        run = shop.bounded("test", SECONDS)
        scan = run.window("orders", "created", *WINDOW)
        assert (len(scan.records), scan.scanned, scan.total) == (480, 48, 64)
        assert {shard.partition(".")[0] for shard in scan.silent} == {"db_3"}
        assert counted(run) == 640, "the figures of the database that is down stand for a while"
        assert all(isinstance(error, Unreachable) for error in run.silent("orders").values())
        assert time.monotonic() - begun < 1.5
    finally:
        second.start()
    deadline = time.monotonic() + 20
    while shop.bounded("test", SECONDS).window("orders", "created", *WINDOW).scanned < 64:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_frozen_database_takes_its_share_and_no_more(mariadb, second, opened):
    urls = {"db_0": made(mariadb, "db_0", 0, 8), "db_1": made(second, "db_1", 0, 8)}
    shop = opened(urls["db_0"], mapped(database=["db_1", "db_0"], table="orders_{00..07}", time=EPOCH), databases=urls)
    assert shop.bounded("test", 2 * SECONDS).window("orders", "created", *WINDOW).scanned == 16
    with second.frozen():
        for _ in range(2):
            begun = time.monotonic()
            run = shop.bounded("test", 2 * SECONDS)
            assert run.window("orders", "created", *WINDOW).scanned == 8
            assert len(run.lookup("orders", "number", ["N000001"])) == 1
            assert time.monotonic() - begun < 0.9 * 2 * SECONDS


def test_a_shard_that_the_account_may_not_read_names_its_grant(mariadb, opened):
    made(mariadb, "shut", 0, 3)
    mariadb.account("clerk", "SELECT ON shut.orders_00", "SELECT ON shut.orders_02", password="secret")
    address = mariadb.url("shut", "clerk", "secret")
    run = opened(address, mapped(table="orders_{00..02}", time=EPOCH)).bounded("test", SECONDS)
    assert len(run.lookup("orders", "key", ["0", "1", "2"])) == 2
    (denied,) = run.silent("orders").values()
    assert isinstance(denied, Denied)
    assert "ON `shut`.`orders_01`" in denied.grant


def test_when_every_shard_is_locked_the_run_fails(mariadb, opened):
    shop = opened(made(mariadb, "pair", 0, 2), mapped(table="orders_{00..01}", time=EPOCH))
    with locked(mariadb, "pair", "orders_00", "orders_01"), pytest.raises(TimedOut):
        shop.bounded("test", 1.0).window("orders", "created", *WINDOW)


def test_a_run_too_short_for_all_shards_reads_them_in_turn(mariadb, opened):
    slow = [
        statement
        for n in range(16)
        for statement in (
            PLAIN.replace("TABLE orders", f"TABLE base_{n:02}"),
            f"INSERT INTO base_{n:02} VALUES ({n}, 'N{n:02}', 'paid', 1, 1700000001)",
            f"CREATE VIEW orders_{n:02} AS SELECT * FROM base_{n:02} WHERE SLEEP(0.05) = 0",
        )
    ]
    name = mariadb.database("slow", *slow)
    shop = opened(mariadb.url(name), mapped(table="orders_{00..15}", time=EPOCH))
    shop.bounded("test", SECONDS).window("orders", "created", *WINDOW)  # plans are judged once an hour
    read: list[str] = []
    for _ in range(16):  # 4 suffice where the machine has nothing else to do
        run = shop.bounded("test", 0.8)
        scan = run.window("orders", "created", *WINDOW)
        assert scan.scanned == 16 - len(scan.silent) < 16
        assert run.coverage()[0].unread == 0, "each has answered within ten minutes"
        read += (row["number"] for row in scan.records)
        if len(set(read)) == 16:
            break
    assert set(read) == {f"N{n:02}" for n in range(16)}
    assert read[:16] == list(dict.fromkeys(read[:16])), "none is read twice before all have been"


ROUTE = {"by": ["number", "trade_no"], "last": 2}


def test_a_routed_number_is_asked_for_in_its_shard_alone(mariadb, opened):
    shop = opened(made(mariadb, "routed", 0, 64), mapped(table="orders_{00..63}", time=EPOCH, route=ROUTE))
    shop.bounded("test", SECONDS).lookup("orders", "number", ["N000017"])

    run = shop.bounded("test", SECONDS)
    assert len(run.lookup("orders", "number", ["N000017", "N000117", "N000018"])) == 3
    assert sorted(asked.rows for asked in run.trace) == [1, 2]


def test_a_row_that_has_moved_is_found_all_the_same(mariadb, opened):
    shop = opened(made(mariadb, "moved", 0, 4), mapped(table="orders_{00..03}", time=EPOCH, route=ROUTE))
    mariadb.execute(
        "INSERT INTO orders_03 SELECT * FROM orders_01 WHERE id = 101", "DELETE FROM orders_01 WHERE id = 101",
        database="moved",
    )  # fmt: skip
    found = shop.bounded("test", SECONDS).lookup("orders", "number", ["N000101", "N000002"])
    assert [row["number"] for row in found] == ["N000101", "N000002"]


def test_shards_of_postgresql_are_read_the_same_way(postgres, opened):
    import psycopg

    name = postgres.database("shards")
    for n in range(4):
        table = DDL.format(time="BIGINT", more="").replace("TABLE orders", f"TABLE orders_{n}")
        postgres.execute(table, f"INSERT INTO orders_{n} VALUES ({n}, 'N{n}', 'paid', 1, 1700000001)", database=name)
    shop = opened(postgres.url(name), mapped(table="orders_{0..3}", time=EPOCH))
    assert counted(shop.bounded("test", SECONDS)) == 4
    with psycopg.connect(postgres.url(name)) as link:
        link.execute("LOCK TABLE orders_2 IN ACCESS EXCLUSIVE MODE")
        run = shop.bounded("test", SECONDS)
        scan = run.window("orders", "created", *WINDOW)
        assert (scan.scanned, scan.silent) == (3, {"orders_2"})
        assert counted(run) == 4
    assert counted(shop.bounded("test", SECONDS)) == 4


def test_sixty_four_shards_cost_a_statement_each_and_few_rows(sixtyfour):
    sixtyfour.bounded("test", SECONDS).window("orders", "created", START + timedelta(minutes=5), WINDOW[1])
    run = sixtyfour.bounded("test", SECONDS)
    run.window("orders", "created", START + timedelta(minutes=5), WINDOW[1])
    assert len(run.trace) == 64
    assert sum(asked.rows for asked in run.trace) == 0
    assert {step.access for asked in run.trace for step in asked.plan} <= {"range", "ref"}
