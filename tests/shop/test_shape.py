"""A table's whole shape, read from MariaDB, PostgreSQL and SQLite; what the account may not see is said."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from exporter.database import Database
from exporter.database.catalog import Catalog
from exporter.database.deadline import Deadline
from exporter.database.shape import Part, shape
from exporter.database.shape.reads import named

TABLES = (
    "CREATE TABLE customers (id INTEGER PRIMARY KEY, phone VARCHAR(20))",
    (
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, order_no VARCHAR(32) NOT NULL, status VARCHAR(20) DEFAULT 'new',"
        " amount DECIMAL(12,2) NOT NULL, customer_id INTEGER, note VARCHAR(200), FOREIGN KEY (customer_id) REFERENCES"
        " customers (id) ON DELETE CASCADE)"
    ),
    "CREATE TABLE stock (id INTEGER PRIMARY KEY, quantity INTEGER, sku VARCHAR(20))",
    "CREATE INDEX orders_by_status ON orders (status, amount DESC)",
    "CREATE UNIQUE INDEX orders_no ON orders (order_no)",
    (
        "CREATE VIEW open_orders AS SELECT o.order_no, c.phone FROM orders o JOIN customers c ON c.id = o.customer_id"
        " WHERE o.status <> 'amount'"
    ),
)
TRIGGER = "CREATE TRIGGER taken AFTER UPDATE ON orders FOR EACH ROW"
BODY = "UPDATE stock SET quantity = quantity - 1 WHERE sku = NEW.note"


@pytest.fixture
def shapes():
    with contextlib.ExitStack() as stack:

        def read(url, *names):
            database = Database(sa.make_url(url))
            stack.callback(database.close)
            return shape(database, Catalog(database).schema(None), names, Deadline(20))

        yield read


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.server),
                        pytest.param("postgres", marks=pytest.mark.server)])  # fmt: skip
def url(request, tmp_path):
    if request.param == "sqlite":
        with contextlib.closing(sqlite3.connect(tmp_path / "shop.db")) as link:
            link.executescript(";".join((*TABLES, f"{TRIGGER} BEGIN {BODY}; END;")))
        return f"sqlite:///{tmp_path / 'shop.db'}"
    server = request.getfixturevalue(request.param)
    trigger = (f"{TRIGGER} {BODY}",)
    if request.param == "postgres":
        function = f"CREATE FUNCTION taken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {BODY}; RETURN NEW; END $$"
        trigger = (function, f"{TRIGGER} EXECUTE FUNCTION taken()")
    return server.url(server.database("shapes", *TABLES, *trigger))


def test_a_shape_is_whole_in_every_family(shapes, url):
    found = shapes(url, "orders", "stock", "customers", "nothing")
    assert set(found) == {"orders", "stock", "customers"}
    orders = found["orders"]
    assert list(orders.columns) == ["id", "order_no", "status", "amount", "customer_id", "note"]
    assert orders.columns["amount"].type.lower().replace("numeric", "decimal") == "decimal(12,2)"
    assert not orders.columns["order_no"].nullable
    assert orders.columns["note"].nullable
    assert "new" in (orders.columns["status"].default or "")
    assert orders.columns["note"].default is None
    indexes = {index.name: index for index in orders.indexes}
    assert indexes["orders_by_status"].parts == (Part("status"), Part("amount", None, descending=True))
    assert indexes["orders_no"].unique
    assert [(view.name, view.columns) for view in orders.views] == [
        ("open_orders", frozenset({"order_no", "status", "customer_id"}))
    ]
    assert [trigger.columns for trigger in orders.triggers] == [frozenset({"note"})]
    assert [(trigger.table, trigger.columns) for trigger in found["stock"].triggers] == [
        ("orders", frozenset({"quantity", "sku"}))
    ]
    (key,) = orders.foreign_keys
    assert (key.columns, key.parent, key.parent_columns, key.on_delete) == (
        ("customer_id",), "customers", ("id",), "CASCADE",
    )  # fmt: skip
    assert found["customers"].referenced_by == (key,)
    assert orders.unseen == frozenset()


@pytest.mark.server
def test_mysql_types_are_full_and_what_the_account_may_not_see_is_said(shapes, mariadb):
    name = mariadb.database(
        "shapes_full",
        "CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, state ENUM('a','b') NOT NULL, at DATETIME(3)"
        " ON UPDATE CURRENT_TIMESTAMP(3), words VARCHAR(300) CHARACTER SET latin1, KEY words (words(20)))"
        " PARTITION BY HASH (id) PARTITIONS 2",
        "CREATE VIEW v AS SELECT id FROM t",
    )
    (table,) = shapes(mariadb.url(name), "t").values()
    assert table.columns["id"].type == "bigint(20) unsigned"
    assert table.columns["id"].extra == "auto_increment"
    assert table.columns["state"].type == "enum('a','b')"
    assert table.columns["words"].charset == "latin1"
    assert table.partitioned
    assert next(index for index in table.indexes if index.name == "words").parts == (Part("words", 20),)
    mariadb.account("narrow", f"SELECT (id) ON {name}.t", password="c4nary")
    (seen,) = shapes(mariadb.url(name, "narrow", "c4nary"), "t").values()
    assert list(seen.columns) == ["id"]
    assert seen.unseen == {"columns", "views", "triggers", "references"}
    mariadb.account("reader", f"SELECT ON {name}.t", password="c4nary")
    (seen,) = shapes(mariadb.url(name, "reader", "c4nary"), "t").values()
    assert seen.unseen == {"views", "triggers", "references"}
    assert not seen.views


def test_a_bare_word_a_string_and_a_comment_are_told_apart():
    columns = ["id", "status", "amount"]
    assert named("SELECT id FROM orders -- amount\nWHERE x = 'status'", "sqlite", "orders", columns) == {"id"}
    assert named("select `o`.`id` AS `status` from `x`.`orders` `o`", "mysql", "orders", columns) == {"id"}
    assert named("select `p`.`id` from `payments` `p`", "mysql", "orders", columns) is None


@given(st.text(max_size=200), st.sampled_from(["mysql", "sqlite", "postgresql"]))
def test_any_text_is_read_without_an_error(text, family):
    named(text, family, "t", ["a"], on=True)
