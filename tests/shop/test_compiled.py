"""What one database has compiled serves every other that speaks alike, and never with another's columns."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import column, literal_column, make_url, select, table, text

from exporter.database import Database
from exporter.database.deadline import Deadline


@pytest.fixture
def pair(tmp_path):
    """Two databases whose tables `t` have the same columns in another order and of other types."""
    made = []
    for name, columns, row in (
        ("one", "id INTEGER, no TEXT, amount INTEGER", (1, "a", 5)),
        ("two", "amount REAL, id INTEGER, no TEXT, more TEXT", (7.5, 2, "b", "m")),
    ):
        with closing(sqlite3.connect(tmp_path / name)) as link, link:
            link.execute(f"CREATE TABLE t ({columns})")
            link.execute(f"INSERT INTO t VALUES ({', '.join('?' * len(row))})", row)
        made.append(Database(make_url(f"sqlite:///{tmp_path / name}")))
    yield made
    for each in made:
        each.close()


def asked(database, statement, **binds):
    return [dict(row._mapping) for row in database.ask(statement, Deadline(5), binds)]


def test_a_statement_is_compiled_once_for_both(pair):
    statements = [select(column("no").label("number")).select_from(table("t", column("no"))) for _ in pair]
    answers = [asked(database, each) for database, each in zip(pair, statements, strict=True)]
    assert answers == [[{"number": "a"}], [{"number": "b"}]]
    first, second = (database._link.connection for database in pair)
    assert first.dialect is second.dialect
    assert first.engine.dialect is not second.engine.dialect


@pytest.mark.parametrize("statement", [text("SELECT * FROM t"), select(literal_column("*")).select_from(table("t"))])
def test_a_star_means_each_databases_own_columns(pair, statement):
    one, two = (asked(database, statement) for database in pair)
    assert one == [{"id": 1, "no": "a", "amount": 5}]
    assert two == [{"amount": 7.5, "id": 2, "no": "b", "more": "m"}]
    assert asked(pair[0], statement) == one


def test_a_server_with_other_settings_does_not_share(pair):
    asked(pair[0], text("SELECT 1"))
    pair[1].opening._engine.dialect.max_identifier_length = 63
    asked(pair[1], text("SELECT 1"))
    assert pair[0]._link.connection.dialect is not pair[1]._link.connection.dialect
