"""Our shop on MySQL 5.7, 8.0 and 8.4 as documented: answered by a stand-in over the wire, not by a real server."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from exporter.shop import Denied, Refused, TimedOut, Unreachable
from tests.servers.standin import PASSWORD, Error, standin
from tests.shop.conftest import DDL

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture(params=["5.7", "8.0", "8.4"])
def mysql(request):
    with standin(request.param) as server:
        server.tables.create(DDL.format(time="DATETIME", more=", KEY by_time (created_at)"), "shop")
        server.tables.insert(
            "shop.orders",
            [{"id": n, "order_no": f"OH{n}", "status": "pending", "amount": "9.90", "created_at": f"2026-11-01 1{n}:00:00"} for n in range(5)],
        )  # fmt: skip
        yield server


@pytest.fixture
def shop(mysql, opened):
    return opened(mysql.url(), password=PASSWORD)


def test_the_session_is_fenced_by_what_mysql_has(mysql, shop):
    server = shop.node().server()
    assert (server.product, server.version) == ("MySQL", mysql.variables["version"])
    assert any("READ ONLY" in fence for fence in server.fences)
    asked = [each for each in mysql.asked if "_time = " in each]
    assert "SET SESSION max_statement_time = 60.000" in asked
    assert "SET SESSION max_execution_time = 60000" in asked
    session = next(iter(mysql.connections.values()))
    assert session.own["transaction_read_only"] == 1
    assert session.own["transaction_isolation"] == "READ-COMMITTED"
    assert 0 < int(session.own["max_execution_time"]) <= 10_000


def test_rows_are_read_by_their_window_and_every_plan_is_asked_for(mysql, shop):
    scan = shop.bounded("test", 5).window("orders", "created", NOW - timedelta(hours=9), NOW)
    assert [record["number"] for record in scan.records] == ["OH1", "OH2", "OH3", "OH4"]
    assert any(each.startswith("EXPLAIN FORMAT=TRADITIONAL SELECT") for each in mysql.asked)


def test_a_plan_over_all_of_a_large_table_is_refused(mysql, shop):
    mysql.tables.sized("orders", 5_000_000)
    mysql.plans["orders"] = {"type": "ALL", "key": None, "rows": 5_000_000, "filtered": 10.0}
    with pytest.raises(Refused):
        shop.bounded("test", 5).window("orders", "created", NOW - timedelta(hours=9), NOW)


def test_a_statement_that_takes_too_long_is_ended_by_the_server(mysql, shop):
    shop.node().server()
    mysql.slow[r"^SELECT .*orders"] = 30
    begun = time.monotonic()
    with pytest.raises(TimedOut, match="the database ended the statement at its limit"):
        shop.bounded("test", 0.6).lookup("orders", "key", ["1"])
    assert time.monotonic() - begun < 5


def test_a_column_that_is_not_granted_is_named_and_the_printed_grant_is_the_remedy(mysql, shop):
    mysql.account.rights = [("SELECT", "(id, order_no, status)", "shop.orders")]
    with pytest.raises(Denied, match=r"column \w+ of shop\.orders \(1143\)") as refused:
        shop.bounded("test", 5).lookup("orders", "key", ["1"])
    mysql.execute(refused.value.grant)
    assert len(shop.bounded("test", 5).lookup("orders", "key", ["1"])) == 1


def test_grants_taken_away_while_running_are_noticed(mysql, shop):
    assert shop.bounded("test", 5).lookup("orders", "key", ["1"])
    mysql.execute("REVOKE SELECT ON shop.* FROM 'oh'@'%'")
    with pytest.raises(Denied, match=r"may not read shop\.orders \(1142\)"):
        shop.bounded("test", 5).lookup("orders", "key", ["1"])


def test_what_a_node_is_refused_comes_with_its_grant_and_is_kept_for_check(mysql, opened):
    mysql.account.rights = []
    shop = opened(mysql.url("mysql"), password=PASSWORD).bounded("test", 5)
    statement = "SHOW SLAVE STATUS" if mysql.release == "5.7" else "SHOW REPLICA STATUS"
    with pytest.raises(Denied, match=r"may not read the status \(1227\)") as refused:
        shop.node().ask(statement, about="the status")
    assert refused.value.grant == "GRANT REPLICATION CLIENT ON *.* TO 'oh'@'%';"
    assert shop.refused == [refused.value]
    assert "oh" not in str(refused.value).replace("order-health", "")
    mysql.execute(refused.value.grant)
    assert shop.node().ask(statement, about="the status") == []


def test_a_reply_of_the_test_comes_before_all_others(mysql):
    mysql.replies[r"^SHOW PROCESSLIST"] = [{"Id": 1, "Info": "SELECT 1"}]
    assert mysql.execute("SHOW PROCESSLIST") == [(1, "SELECT 1")]
    mysql.replies[r"^SELECT 2"] = Error(1227, "Access denied; you need PROCESS")
    with pytest.raises(Exception, match="1227"):
        mysql.execute("SELECT 2")
    mysql.replies[r"^SELECT 3"] = lambda sql: [{"asked": sql}]
    assert mysql.execute("SELECT 3") == [("SELECT 3",)]


def test_a_server_that_goes_away_is_unreachable(opened):
    with standin("8.4") as server:
        shop = opened(server.url(), password=PASSWORD)
        shop.node().server()
    with pytest.raises(Unreachable):
        shop.bounded("test", 2).node().server()
