"""A database is recognised by its tables, whatever their prefix; an unknown shop gets a proposal with its doubts."""

import contextlib
import sqlite3

import pytest
import sqlalchemy as sa

from exporter import discover
from exporter.database import Database
from exporter.discover.survey import Survey, sharded
from exporter.mapping import load
from tests.shop.test_presets import NAMES, schema, statements
from tests.shops import COLUMNS

UNKNOWN = """
CREATE TABLE shop_order_00 (id INTEGER PRIMARY KEY, orderNo VARCHAR(20), state INT, payAmount INT, created_time INT,
  pay_time INT, is_deleted INT);
CREATE TABLE shop_order_01 (id INTEGER PRIMARY KEY, orderNo VARCHAR(20), state INT, payAmount INT, created_time INT,
  pay_time INT, is_deleted INT);
CREATE TABLE shop_order_item (id INTEGER PRIMARY KEY, order_no VARCHAR(20), status INT, created_time INT);
CREATE TABLE payment_notify (id INTEGER PRIMARY KEY, order_no VARCHAR(20), transaction_id VARCHAR(32), total_fee INT,
  notify_time DATETIME, trade_status VARCHAR(20));
CREATE TABLE goods_stock (id INTEGER PRIMARY KEY, sku_code VARCHAR(20), qty INT);
INSERT INTO shop_order_00 VALUES (1, 'a', 0, 100, 1700000000, 0, 0), (2, 'b', 1, 100, 1700000000, 1700000010, 0),
  (3, 'c', 9, 100, 1700000000, 0, 0);
INSERT INTO payment_notify VALUES (1, 'a', 't', 100, '2026-01-01 00:00:00', 'TRADE_SUCCESS'),
  (2, 'b', 't', 100, '2026-01-01 00:00:00', 'WAIT_BUYER_PAY');
"""


@pytest.fixture
def survey():
    """Surveys the database of a URL."""
    with contextlib.ExitStack() as stack:

        def made(url):
            database = Database(sa.make_url(url))
            stack.callback(database.close)
            return Survey(database)

        yield made


@pytest.fixture
def shop(tmp_path, survey):
    """Adds SQL texts to an SQLite shop, and surveys it."""
    file = tmp_path / "shop.db"

    def made(*texts):
        with contextlib.closing(sqlite3.connect(file)) as link:
            for text in texts:
                link.executescript(text)
        return survey(f"sqlite:///{file}")

    return made


@pytest.mark.parametrize("name", NAMES)
def test_a_shop_is_recognised_by_its_tables(shop, name):
    best = discover.look(shop(schema(name))).best
    assert (best.preset, best.tables, best.absent) == (name, name, ())


@pytest.mark.parametrize(("name", "own"), [("shopxo", "sxo_"), ("crmeb", "eb_")])
def test_another_prefix_is_found_and_written(shop, name, own):
    best = discover.look(shop(schema(name).replace(own, "abc_"))).best
    assert best.tables == {"preset": name, "prefix": "abc_"}
    assert load(best.tables).orders.table.startswith("abc_")


def test_what_a_shop_lacks_is_taken_out_of_the_mapping_and_named(shop):
    seen = shop(
        schema("plain"),
        "ALTER TABLE orders DROP COLUMN currency; DROP TABLE inventory_lock; ALTER TABLE pay_callback DROP COLUMN pay_channel;",
    )
    best = discover.look(seen).best
    assert best.preset == "plain"
    assert "orders.currency" in best.absent
    assert best.tables["reservations"] is None
    assert "channel" not in load(best.tables).callbacks.columns


def test_two_shops_in_one_database_are_not_decided_but_named(shop):
    found = discover.look(shop(schema("mall"), schema("litemall")))
    assert found.best is None
    assert {fit.preset for fit in found.fits} == {"mall", "litemall"}
    assert discover.look(shop(), wanted="mall").best.preset == "mall"


def test_an_empty_database_yields_nothing(shop):
    found = discover.look(shop())
    assert (found.tables, found.fits, found.best, found.proposal) == (0, (), None, None)


def test_a_database_without_orders_yields_no_proposal(shop):
    found = discover.look(shop("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)"))
    assert (found.tables, found.best, found.proposal) == (1, None, None)


def test_a_preset_that_is_wanted_but_not_there_is_not_made_up(shop):
    assert discover.look(shop(schema("mall")), wanted="litemall").best is None


def test_an_unknown_shop_gets_a_proposal_that_loads(shop):
    found = discover.look(shop(UNKNOWN))
    assert found.best is None
    mapping = load(found.proposal)
    assert mapping.orders.table == "shop_order_{00..01}"
    assert mapping.orders.columns["number"] == mapping.orders.columns["trade_no"] == "orderNo"
    assert mapping.orders.time.kind == "epoch_s"
    assert mapping.orders.money.unit == "fen"
    assert mapping.orders.where == {"is_deleted": (0,)}
    assert mapping.callbacks.success == {"state": ("TRADE_SUCCESS",)}
    assert mapping.stock.columns == {"sku": "sku_code", "quantity": "qty"}


def test_statuses_without_names_are_told_apart_by_payment_times(shop):
    found = discover.look(shop(UNKNOWN))
    assert found.proposal["orders"]["status"] == {"pending": [0], "paid": [1], "closed": [9]}


def test_statuses_with_names_are_told_apart_by_them(shop):
    text = UNKNOWN.replace("state INT", "state VARCHAR(20)")
    text = (
        text.replace("'a', 0", "'a', 'wait_pay'").replace("'b', 1", "'b', 'paid'").replace("'c', 9", "'c', 'cancelled'")
    )
    found = discover.look(shop(text))
    assert found.proposal["orders"]["status"] == {"pending": ["wait_pay"], "paid": ["paid"], "closed": ["cancelled"]}


def test_a_proposal_says_what_a_person_should_check(shop):
    places = {doubt.place for doubt in discover.look(shop(UNKNOWN)).doubts}
    assert {"orders.status", "orders.columns.trade_no", "orders.money", "orders.time", "callbacks.success"} <= places


def test_what_an_unknown_shop_cannot_show_is_not_applicable(shop):
    found = discover.look(shop(UNKNOWN.replace("payment_notify", "payment_inbox")))
    assert set(found.proposal["not_applicable"]) == {"callbacks", "reservations"}


def test_logs_of_orders_and_of_partners_are_found_by_their_columns(shop):
    text = (
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, order_no VARCHAR(20), status INT, created_at DATETIME,"
        " paid_at DATETIME, fulfillment_start_at DATETIME, shipped_at DATETIME, signed_at DATETIME);"
        "CREATE TABLE event_log (id INTEGER PRIMARY KEY, order_no VARCHAR(20), event VARCHAR(20), elapsed INT, owner_id INT);"
        "CREATE TABLE logistics_trace (id INTEGER PRIMARY KEY, carrier_code VARCHAR(9), order_id INT, status VARCHAR(9),"
        " push_time DATETIME);"
    )
    found = discover.look(shop(text))
    mapping = load(found.proposal)
    assert {"started", "shipped", "delivered"} <= set(mapping.orders.columns)
    assert mapping.events.columns == {"order": "order_no", "event": "event", "elapsed": "elapsed", "owner": "owner_id"}
    assert mapping.partner_events.table == "logistics_trace"
    assert set(mapping.partner_events.columns) == {"partner", "order", "event", "received"}
    assert "partner_events.columns.order" in {doubt.place for doubt in found.doubts}


def test_a_table_without_rows_or_key_is_no_obstacle(shop):
    text = "CREATE TABLE orders (order_no VARCHAR(20), status INT, created_at DATETIME)"
    found = discover.look(shop(text))
    assert load(found.proposal).orders.columns["created"] == "created_at"
    assert any(doubt.place == "orders.key" for doubt in found.doubts)


def test_only_unbroken_rows_of_tables_are_shards():
    assert sharded(["o_00", "o_01", "o_02"]) == {"o_{00..02}": ("o_00", "o_01", "o_02")}
    assert sharded(["o_0", "o_2", "log_2024"]) == {}


def test_views_count_only_where_there_is_nothing_else(shop):
    text = "CREATE TABLE orders (id INTEGER PRIMARY KEY); CREATE VIEW v_orders AS SELECT id FROM orders"
    assert shop(text).tables == ("orders",)


@pytest.mark.server
def test_every_shop_is_recognised_on_a_real_server(mariadb, survey):
    for name in NAMES:
        database = mariadb.database(f"look_{name.replace('-', '_')}", *statements(name))
        best = discover.look(survey(mariadb.url(database))).best
        assert best, name
        assert (best.preset, best.tables, best.absent) == (name, name, ())


@pytest.mark.server
def test_comments_of_a_real_server_tell_the_statuses(mariadb, survey):
    table = (
        "CREATE TABLE biz_order (id BIGINT PRIMARY KEY, order_sn VARCHAR(32), create_time DATETIME, deleted_at DATETIME NULL,"
        " order_status TINYINT COMMENT '状态：0->待付款；1->待发货；2->已发货；3->已完成；4->已关闭', pay_price DECIMAL(10,2))"
    )
    stock = "CREATE TABLE biz_stock (id BIGINT PRIMARY KEY, sku_id BIGINT, stock INT UNSIGNED)"
    database = mariadb.database("look_unknown", table, stock)
    found = discover.look(survey(mariadb.url(database)))
    assert found.proposal["orders"]["status"] == {
        "pending": [0],
        "paid": [1],
        "shipped": [2],
        "done": [3],
        "closed": [4],
    }
    assert load(found.proposal).orders.where == {"deleted_at": (None,)}
    assert "negative_stock" in found.proposal["not_applicable"]


@pytest.mark.server
def test_a_shop_on_postgresql_is_recognised_too(postgres, survey):
    database = postgres.database("look_plain", *(each.replace("DATETIME", "TIMESTAMP") for each in statements("plain")))
    seen = survey(postgres.url(database).replace("postgresql:", "postgresql+psycopg:"))
    assert discover.look(seen).best.tables == "plain"
    assert seen.key("orders") == "id"
    assert (seen.columns("orders")["created_at"].kind, seen.columns("orders")["amount"].kind) == ("time", "decimal")


NARROW = {**COLUMNS, "orders": COLUMNS["orders"].replace(", currency", "")}
"""All that the plain preset reads, but for one column that it can do without."""


def granted(mariadb, name, columns):
    """The plain shop, and the URL of an account that may read these columns of these tables only."""
    database = mariadb.database(name, *statements("plain"))
    mariadb.account(name, *(f"SELECT ({each}) ON {database}.{table}" for table, each in columns.items()))
    return mariadb.url(database, name, "secret")


@pytest.mark.server
def test_grants_on_single_columns_are_enough(mariadb, survey):
    seen = survey(granted(mariadb, "look_columns", COLUMNS))
    best = discover.look(seen).best
    assert (best.tables, best.absent, best.doubts) == ("plain", (), ())
    assert seen.key("orders") == "id"
    assert not seen.hides("orders")


@pytest.mark.server
def test_a_column_that_the_account_may_not_see_is_left_out_and_doubted(mariadb, survey):
    best = discover.look(survey(granted(mariadb, "look_narrow", NARROW))).best
    assert best.tables == {"preset": "plain", "orders": {"columns": {"currency": None}}}
    assert [doubt.place for doubt in best.doubts] == ["orders.columns.currency"]
    assert "may not see it" in best.doubts[0].text
    assert best.grants == ("GRANT SELECT (`currency`) ON `look_narrow`.`orders` TO 'look_narrow'@'%';",)


@pytest.mark.server
def test_a_column_that_nothing_can_do_without_stays_until_it_is_granted(mariadb, survey):
    columns = {**COLUMNS, "pay_callback": COLUMNS["pay_callback"].replace(" trade_state,", "")}
    best = discover.look(survey(granted(mariadb, "look_needed", columns))).best
    assert best.tables == "plain"
    assert [doubt.place for doubt in best.doubts] == ["callbacks.columns.state"]
    assert "(`trade_state`)" in best.grants[0]


@pytest.mark.server
def test_a_table_that_the_account_may_not_see_is_doubted_with_its_grant(mariadb, survey):
    columns = {table: each for table, each in COLUMNS.items() if table != "inventory_lock"}
    best = discover.look(survey(granted(mariadb, "look_table", columns))).best
    assert best.tables == {"preset": "plain", "reservations": None}
    assert [doubt.place for doubt in best.doubts] == ["reservations"]
    assert "`look_table`.`inventory_lock`" in best.grants[0]


@pytest.mark.server
def test_a_column_that_a_whole_grant_does_not_show_is_gone_and_no_doubt(mariadb, survey):
    database = mariadb.database("look_gone", *statements("plain"), "ALTER TABLE orders DROP COLUMN currency")
    mariadb.account("look_gone", f"SELECT ON {database}.*")
    best = discover.look(survey(mariadb.url(database, "look_gone", "secret"))).best
    assert (best.absent, best.doubts, best.grants) == (("orders.currency",), (), ())


@pytest.mark.server
def test_a_proposal_says_that_columns_may_be_hidden(mariadb, survey):
    table = "CREATE TABLE biz_order (id BIGINT PRIMARY KEY, order_sn VARCHAR(32), order_status INT, create_time DATETIME, phone TEXT)"
    database = mariadb.database("look_hidden", table, "INSERT INTO biz_order VALUES (1, 'a', 3, NOW(), '')")
    mariadb.account("look_hidden", f"SELECT (id, order_sn, order_status, create_time) ON {database}.biz_order")
    found = discover.look(survey(mariadb.url(database, "look_hidden", "secret")))
    assert found.proposal["orders"]["key"] == "id"
    assert found.proposal["orders"]["status"] == {"pending": [3]}
    assert any(doubt.place == "orders.columns" and "sees some columns" in doubt.text for doubt in found.doubts)
