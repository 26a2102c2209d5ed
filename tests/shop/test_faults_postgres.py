"""What a real PostgreSQL can do to a probe, and what the probe may not do to it."""

from __future__ import annotations

import time

import pytest
import sqlalchemy
from sqlalchemy import func, select

from exporter.shop import Denied, Missing, ShopError, TimedOut, Unreachable
from tests.shop.conftest import DDL, mapped


@pytest.fixture
def address(postgres):
    name = postgres.database(
        "faults",
        DDL.format(time="TIMESTAMP", more=""),
        "INSERT INTO orders VALUES (1, 'N1', 'paid', 1, '2026-01-25 10:00:00')",
    )
    return postgres.url(name)


def answers(shop) -> bool:
    return len(shop.bounded("test", 3).lookup("orders", "number", ["N1"])) == 1


def sleeping(shop, seconds):
    return select(func.pg_sleep(seconds)).where(shop.require("orders").c.key == 1)


def running(server) -> int:
    return server.execute("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()")[0][0]  # fmt: skip


@pytest.mark.parametrize("limited", [True, False], ids=["by its limit", "from outside"])
def test_a_hung_statement_ends_on_the_server_too(postgres, address, opened, monkeypatch, limited):
    shop = opened(address)
    if not limited:
        monkeypatch.setattr(type(shop._premises.source(None).database.family), "limits", ())
    run, begun = shop.bounded("test", 1), time.monotonic()

    with pytest.raises(TimedOut):
        run.rows(sleeping(run, 30), word="orders")

    assert time.monotonic() - begun < 1.3
    end = time.monotonic() + 5
    while running(postgres):
        assert time.monotonic() < end
        time.sleep(0.02)
    assert answers(shop)


def test_a_frozen_server_holds_nobody_past_the_deadline(postgres, address, opened):
    shop = opened(address)
    assert answers(shop)
    with postgres.frozen():
        for _ in range(2):
            begun = time.monotonic()
            with pytest.raises((TimedOut, Unreachable)):
                shop.bounded("test", 0.7).lookup("orders", "number", ["N1"])
            assert time.monotonic() - begun < 1.0
    end = time.monotonic() + 5
    while True:
        try:
            assert answers(shop)
        except ShopError:
            assert time.monotonic() < end
            time.sleep(0.1)
        else:
            return


def test_the_session_cannot_write_even_as_superuser(postgres, address, opened):
    shop = opened(address).bounded("test", 3)
    table = shop.require("orders")
    with pytest.raises(Exception, match="read-only"):
        shop._premises.source(None).database.ask(sqlalchemy.delete(table.source), shop._run.deadline)
    assert postgres.execute("SELECT count(*) FROM orders", database="faults") == [(1,)]


def test_a_denied_table_names_the_grant(postgres, address, opened):
    postgres.execute("DROP ROLE IF EXISTS narrow", "CREATE ROLE narrow LOGIN")
    shop = opened(postgres.url("faults", user="narrow"))
    with pytest.raises(Denied) as caught:
        answers(shop)
    assert caught.value.grant.startswith('GRANT SELECT ("id", "order_no"')
    postgres.execute(caught.value.grant, database="faults")
    shop.forget()
    assert answers(shop)


def test_missing_names_come_with_their_neighbours(address, opened):
    with pytest.raises(Missing, match=r"no table public\.order_s .*orders"):
        answers(opened(address, mapped(table="order_s")))
    with pytest.raises(Missing, match=r"no column order_sn in public\.orders .*order_no"):
        answers(opened(address, mapped(columns={"number": "order_sn"}, status={})))


def test_an_unknown_database_is_missing_and_a_closed_port_unreachable(postgres, opened):
    with pytest.raises(Missing):
        answers(opened(postgres.url("nowhere")))
    with pytest.raises(Unreachable, match="cannot be reached"):
        answers(opened("postgresql://postgres@127.0.0.1:1/x"))


def test_a_number_column_that_gets_a_text_is_named(postgres, opened):
    name = postgres.database(
        "types", "CREATE TABLE orders (id INT PRIMARY KEY, order_no INT, status INT, amount INT, created_at INT)"
    )
    shop = opened(postgres.url(name)).bounded("test", 3)
    with pytest.raises(ShopError, match="'pending' is not a number"):
        shop.lookup("orders", "number", ["1"], match={"status": ["pending"]})
