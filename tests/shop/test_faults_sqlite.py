from __future__ import annotations

import sqlite3
import time
from contextlib import closing

import pytest
import sqlalchemy
from sqlalchemy import func, select

from exporter.shop import Missing, ShopError, TimedOut, Unreachable
from tests.shop.conftest import DDL, mapped


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as link, link:
        link.execute(DDL.format(time="TEXT", more=""))
        link.execute("INSERT INTO orders VALUES (1, 'N1', 'paid', 1, '2026-01-25 10:00:00')")
    return path


def answers(shop) -> bool:
    return len(shop.bounded("test", 3).lookup("orders", "number", ["N1"])) == 1


def test_an_endless_statement_is_interrupted(path, opened):
    shop = opened(f"sqlite:///{path}")
    run, begun = shop.bounded("test", 0.5), time.monotonic()
    endless = select(func.count()).select_from(
        sqlalchemy.text("(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n) AS m")
    )
    run.require("orders")
    with pytest.raises(TimedOut):
        run.rows(endless, word="orders")
    assert time.monotonic() - begun < 1
    assert answers(shop)


def test_the_file_cannot_be_written(path, opened):
    shop = opened(f"sqlite:///{path}").bounded("test", 3)
    table = shop.require("orders")
    with pytest.raises(Exception, match="readonly"):
        shop._premises.source(None).database.ask(sqlalchemy.delete(table.source), shop._run.deadline)


def test_a_missing_file_is_unreachable_until_it_is_there(path, tmp_path, opened):
    shop = opened(f"sqlite:///{tmp_path / 'later.db'}")
    with pytest.raises(Unreachable, match="is it there"):
        answers(shop)
    path.rename(tmp_path / "later.db")
    time.sleep(0.5)
    assert answers(shop)


def test_a_file_of_something_else_is_unreachable(tmp_path, opened):
    (tmp_path / "shop.db").write_text("no database " * 200)
    with pytest.raises(Unreachable):
        answers(opened(f"sqlite:///{tmp_path / 'shop.db'}"))


def test_missing_names_come_with_their_neighbours(path, opened):
    with pytest.raises(Missing, match=r"no table order_s;.*orders"):
        answers(opened(f"sqlite:///{path}", mapped(table="order_s")))
    with pytest.raises(Missing, match=r"no column order_sn in orders;.*order_no"):
        answers(opened(f"sqlite:///{path}", mapped(columns={"number": "order_sn"}, status={})))


@pytest.mark.parametrize("address", ["sqlite://", "oracle://x/y", "no address", "mysql+pymysql://u@h/d?typo=1"])
def test_an_address_that_cannot_be_used_says_what_to_write(address, opened):
    with pytest.raises(ShopError, match=r"write|known are"):
        opened(address)
