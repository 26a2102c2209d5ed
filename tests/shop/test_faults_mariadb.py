"""What a real MariaDB can do to a probe, and what the probe may not do to it."""

from __future__ import annotations

import contextlib
import gc
import socket
import threading
import time
import traceback
from datetime import UTC, datetime
from typing import Any

import pymysql
import pytest
import sqlalchemy
from sqlalchemy import func, select

from exporter.database.mysql import MySQL
from exporter.shop import Denied, Missing, Refused, Shop, ShopError, TimedOut, Unreachable
from tests.servers.mariadb import MariaDB
from tests.shop.conftest import DDL, mapped

CANARY = "canary-Pa55word"


@pytest.fixture(scope="module")
def orders(mariadb: MariaDB) -> str:
    name = mariadb.database("faults", DDL.format(time="DATETIME", more=", buyer_phone VARCHAR(20), KEY (order_no)"))
    rows = [(i, f"N{i}", "pending", "1.00", "2026-01-25 10:00:00", "13800000000") for i in range(1, 51)]
    mariadb.fill(name, "INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s)", rows)
    mariadb.account("probe", "SELECT ON faults.*", password=CANARY)
    return name


@pytest.fixture
def shop(mariadb: MariaDB, orders: str, opened: Any) -> Shop:
    return opened(mariadb.url(orders, user="probe"), password=CANARY)


def sleeping(shop: Shop, seconds: float) -> Any:
    """A statement that hangs on the server."""
    table = shop.require("orders")
    return select(func.sleep(seconds)).where(table.c.key == 1)


def running(server: MariaDB, word: str) -> int:
    return server.execute(f"SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE '%{word}%' AND id <> connection_id()")[0][0]  # fmt: skip


def connected(server: MariaDB, user: str) -> int:
    return server.execute(f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{user}'")[0][0]


def dialled() -> int:
    """Attempts to connect that are under way."""
    return sum(thread.name == "shop-dial" for thread in threading.enumerate())


def eventually(truth: Any, seconds: float = 5.0) -> bool:
    end = time.monotonic() + seconds
    while not truth():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def answers(shop: Shop) -> bool:
    return len(shop.bounded("test", 3).lookup("orders", "number", ["N1"])) == 1


def test_a_hung_statement_ends_on_the_server_too(mariadb, shop):
    run = shop.bounded("test", 1)
    begun = time.monotonic()

    with pytest.raises(TimedOut, match="limit"):
        run.rows(sleeping(run, 31), word="orders")

    assert time.monotonic() - begun < 1.3
    assert eventually(lambda: not running(mariadb, "sleep(31"))
    assert answers(shop), "the connection is still good"


def test_where_the_server_has_no_limit_the_statement_is_killed_from_outside(mariadb, shop, monkeypatch):
    monkeypatch.setattr(type(shop._premises.source(None).database.family), "limits", ())
    run = shop.bounded("test", 1)
    begun = time.monotonic()

    with pytest.raises(TimedOut, match="did not answer within 1 s"):
        run.rows(sleeping(run, 32), word="orders")

    assert time.monotonic() - begun < 1.2
    assert eventually(lambda: not running(mariadb, "sleep(32"))
    assert answers(shop)


def test_a_frozen_server_holds_nobody_past_the_deadline(mariadb, shop):
    assert answers(shop)
    with mariadb.frozen():
        for _ in range(3):  # first on the open connection, then while connecting anew
            begun = time.monotonic()
            with pytest.raises((TimedOut, Unreachable)):
                shop.bounded("test", 0.7).lookup("orders", "number", ["N1"])
            assert time.monotonic() - begun < 1.0
    assert eventually(lambda: _quietly(shop), 2), "it recovers by itself"


def _quietly(shop: Shop) -> bool:
    with contextlib.suppress(ShopError):
        return answers(shop)
    return False


def test_a_killed_server_is_said_to_be_unreachable_and_comes_back_within_a_second(orders, opened):
    server = MariaDB("--innodb-flush-log-at-trx-commit=1").start()
    try:
        server.database(
            "faults", DDL.format(time="DATETIME", more=""), "INSERT INTO orders VALUES (1, 'N1', 'paid', 1, NOW())"
        )
        shop = opened(server.url("faults"))
        assert answers(shop)

        server.kill()
        for _ in range(3):
            with pytest.raises(Unreachable) as caught:
                answers(shop)
        assert str(server.port) not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)

        server.start()
        assert eventually(lambda: _quietly(shop), 1.0)
    finally:
        server.remove()


def test_a_server_that_dies_in_the_middle_of_a_statement_is_noticed_at_once(opened):
    server = MariaDB().start()
    try:
        server.database(
            "faults", DDL.format(time="DATETIME", more=""), "INSERT INTO orders VALUES (1, 'N1', 'paid', 1, NOW())"
        )
        shop = opened(server.url("faults"))
        assert answers(shop)
        threading.Timer(0.3, server.kill).start()
        run, begun = shop.bounded("test", 5), time.monotonic()
        with pytest.raises(Unreachable):
            run.rows(sleeping(run, 20), word="orders")
        assert time.monotonic() - begun < 2
    finally:
        server.remove()


def test_a_connection_ended_by_the_server_is_replaced_without_a_word(mariadb, shop):
    assert answers(shop)
    for (thread,) in mariadb.execute("SELECT id FROM information_schema.processlist WHERE user = 'probe'"):
        mariadb.execute(f"KILL {thread}")
    assert answers(shop)


def test_a_database_that_is_down_at_first_is_found_when_it_comes(opened):
    server = MariaDB()
    try:
        shop = opened(server.url("faults"))
        with pytest.raises(Unreachable, match="cannot be reached"):
            answers(shop)
        server.start()
        server.database(
            "faults", DDL.format(time="DATETIME", more=""), "INSERT INTO orders VALUES (1, 'N1', 'paid', 1, NOW())"
        )
        assert eventually(lambda: _quietly(shop), 2)
    finally:
        server.remove()


@pytest.mark.parametrize("garbage", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x00" * 64, b"\xff" * 8, b""])
def test_a_server_that_talks_something_else_is_a_clear_error(opened, garbage):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    link, _ = listener.accept()
                    link.sendall(garbage)
                    link.close()

        threading.Thread(target=serve, daemon=True).start()
        shop = opened(f"mysql+pymysql://probe@127.0.0.1:{listener.getsockname()[1]}/x")
        with pytest.raises(Unreachable):
            shop.bounded("test", 2).lookup("orders", "number", ["N1"])


def test_the_session_cannot_write_even_as_root(mariadb, orders, opened):
    shop = opened(mariadb.url(orders)).bounded("test", 3)
    table = shop.require("orders")
    database = shop._premises.source(None).database

    with pytest.raises(Exception, match="READ ONLY"):
        database.ask(sqlalchemy.update(table.source).values(status="paid"), shop._run.deadline)

    assert mariadb.execute("SELECT COUNT(*) FROM faults.orders WHERE status = 'pending'") == [(50,)]


def test_a_denied_column_names_the_grant_that_mends_it(mariadb, orders, opened):
    mariadb.account("narrow", "SELECT (id, order_no) ON faults.orders")
    shop = opened(mariadb.url(orders, user="narrow"), password="secret")

    with pytest.raises(Denied) as caught:
        answers(shop)

    grant = "GRANT SELECT (`id`, `order_no`, `status`, `amount`, `created_at`) ON `faults`.`orders` TO 'narrow'@'%';"
    assert caught.value.grant == grant
    assert "narrow" not in str(caught.value)
    mariadb.execute(grant)
    shop.forget()
    assert answers(shop)


def test_a_denied_table_names_the_grant_too(mariadb, orders, opened):
    mariadb.execute("CREATE TABLE IF NOT EXISTS faults.other (id INT)")
    mariadb.account("stranger", "SELECT ON faults.other")
    with pytest.raises(Denied) as caught:
        answers(opened(mariadb.url(orders, user="stranger"), password="secret"))
    assert caught.value.grant.startswith("GRANT SELECT (`id`")


def test_an_account_without_any_right_gets_the_grant_as_well(mariadb, orders, opened):
    mariadb.account("nobody")
    shop = opened(mariadb.url(orders, user="nobody"), password="secret")
    with pytest.raises(Denied, match="no right to anything") as caught:
        answers(shop)
    assert "nobody" not in str(caught.value)
    assert caught.value.grant.endswith("`created_at`) ON `faults`.`orders` TO 'nobody'@'%';")


def test_a_wrong_password_is_told_without_the_password_or_the_account(mariadb, orders, opened):
    shop = opened(mariadb.url(orders, user="probe"), password="wrong-" + CANARY)
    with pytest.raises(Denied) as caught:
        answers(shop)
    told = (
        "".join(traceback.format_exception(caught.value))
        + repr(shop)
        + repr(vars(shop._premises.source(None).database))
    )
    assert CANARY not in told
    assert "probe" not in str(caught.value)


def test_an_unknown_database_is_missing(mariadb, opened):
    with pytest.raises(Missing, match="no database of that name"):
        answers(opened(mariadb.url("nowhere")))


def test_a_missing_table_names_its_neighbours(shop, mariadb, orders, opened):
    with pytest.raises(Missing, match=r"no table faults\.order_s .*there is orders"):
        answers(opened(mariadb.url(orders), mapped(table="order_s")))


def test_a_missing_column_names_its_neighbours(mariadb, orders, opened):
    columns = {"number": "order_sn", "created": "created_at"}
    with pytest.raises(Missing, match=r"no column order_sn in faults\.orders .*order_no"):
        answers(opened(mariadb.url(orders), mapped(columns=columns, status={})))


def test_a_status_of_the_wrong_type_is_named(mariadb, opened):
    name = mariadb.database(
        "types", "CREATE TABLE orders (id INT PRIMARY KEY, order_no INT, status TINYINT, amount INT, created_at INT)"
    )
    shop = opened(mariadb.url(name)).bounded("test", 3)
    with pytest.raises(ShopError, match=r"column status: 'pending' is not a number"):
        shop.window("orders", "created", datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC), match={"status": ["pending"]})  # fmt: skip


def test_a_plan_that_walks_a_large_table_is_refused_by_either_name(mariadb, orders, opened):
    shop = opened(mariadb.url(orders), large=10).bounded("test", 3)
    mariadb.execute("ANALYZE TABLE faults.orders")
    table = shop.require("orders")

    with pytest.raises(Refused, match=r"access ALL.*ask the DBA"):
        shop.rows(select(table.c.number).where(table.c.status == "paid"), word="orders")
    with pytest.raises(Refused, match=r"access index"):
        shop.rows(
            select(table.c.number).where(table.c.status == "paid").order_by(table.c.key).limit(5), word="orders", cap=5
        )

    assert shop.lookup("orders", "number", ["N1"]), "what an index serves is still answered"
    assert [step.access for step in shop.trace[-1].plan] == ["ref"]


def test_refused_is_not_forever(mariadb, opened):
    name = mariadb.database("indexed", DDL.format(time="DATETIME", more=""))
    mariadb.fill(name, "INSERT INTO orders VALUES (%s, %s, %s, %s, %s)", [(i, f"N{i}", "paid", 1, "2026-01-25 10:00:00") for i in range(100)])  # fmt: skip
    mariadb.execute("ANALYZE TABLE indexed.orders")
    shop = opened(mariadb.url(name), large=10)
    with pytest.raises(Refused, match=r"orders \(order_no\)"):
        answers(shop)
    mariadb.execute("CREATE INDEX by_no ON indexed.orders (order_no)")
    assert answers(shop)


def test_waiting_behind_an_alter_is_bounded_and_said(mariadb, shop):
    assert answers(shop)
    with mariadb.connect("faults") as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLES orders WRITE")
        begun = time.monotonic()
        with pytest.raises(TimedOut, match=r"a lock stood in the way|limit"):
            shop.bounded("test", 4).lookup("orders", "number", ["N1"])
        assert time.monotonic() - begun < 3.5
        cursor.execute("UNLOCK TABLES")
    assert answers(shop)


def test_nothing_stays_open_between_runs(mariadb, shop):
    assert answers(shop)
    assert mariadb.execute("SELECT COUNT(*) FROM information_schema.innodb_trx") == [(0,)]


def test_shops_that_name_the_same_address_share_one_connection(mariadb, orders, opened):
    shops = [opened(mariadb.url(orders, user="probe"), password=CANARY) for _ in range(3)]
    threads = [threading.Thread(target=answers, args=(shop,)) for shop in shops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mariadb.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'probe'") == [(1,)]
    shops[0].close()
    assert answers(shops[1])


def test_a_connection_that_comes_after_the_shop_was_closed_is_dropped(mariadb, orders, opened):
    mariadb.account("late", "SELECT ON faults.*", password=CANARY)
    shop = opened(mariadb.url(orders, user="late"), password=CANARY)
    with mariadb.frozen():
        with pytest.raises(Unreachable, match="gave no connection"):
            shop.bounded("test", 0.3).lookup("orders", "number", ["N1"])
        shop.close()
    assert eventually(lambda: not dialled() and not connected(mariadb, "late"))


def test_a_unix_socket_that_is_not_there_leaves_none_of_ours_open():
    with pytest.raises(pymysql.err.OperationalError, match="No such file"):
        MySQL(sqlalchemy.make_url("mysql+pymysql://probe@/x?unix_socket=/no/such/socket")).connect()
    gc.collect()  # what it finds unclosed fails this test


def test_a_run_that_outlasts_its_shop_is_answered_and_leaves_no_connection(mariadb, orders, opened):
    mariadb.account("last", "SELECT ON faults.*", password=CANARY)
    shop = opened(mariadb.url(orders, user="last"), password=CANARY)
    run = shop.bounded("test", 3)
    shop.close()
    for _ in range(2):
        assert len(run.lookup("orders", "number", ["N1"])) == 1
    assert eventually(lambda: not connected(mariadb, "last"), 1)


def test_who_comes_while_another_hangs_waits_no_longer_than_allowed(mariadb, shop):
    assert answers(shop)
    hung = shop.bounded("other", 2)

    def hang() -> None:
        with contextlib.suppress(TimedOut):
            hung.rows(sleeping(hung, 33), word="orders")

    thread = threading.Thread(target=hang)
    thread.start()
    assert eventually(lambda: running(mariadb, "sleep(33"))
    begun = time.monotonic()
    with pytest.raises(TimedOut, match="another statement held the database"):
        shop.bounded("test", 0.3).lookup("orders", "number", ["N1"])
    assert time.monotonic() - begun < 0.6
    thread.join()
    assert answers(shop)


def test_the_session_is_set_up_as_promised(shop):
    run = shop.bounded("test", 3)
    table = run.require("orders")
    names = (
        "@@lock_wait_timeout",
        "@@innodb_lock_wait_timeout",
        "@@tx_isolation",
        "@@time_zone",
        "@@max_statement_time",
    )
    row = run.rows(select(*(sqlalchemy.literal_column(name) for name in names)).where(table.c.key == 1), word="orders")[
        0
    ]
    assert tuple(row[:4]) == (2, 2, "READ-COMMITTED", "+00:00")
    assert 2 < row[4] < 3
