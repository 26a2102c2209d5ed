"""A SELECT to a stand-in: held to the account's rights, then run over the tables in SQLite's words."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import sqlglot
from mysql_mimic.errors import MysqlError
from sqlglot import exp

if TYPE_CHECKING:
    from tests.servers.standin import StandIn

NEAR = "You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version"
_RESERVED = {"abort", "commit", "glob", "plan", "raise", "returning", "temp", "transaction"}
"""Names to SQLite's displeasure, which MySQL takes as they are."""

Answer = tuple[list[tuple[Any, ...]], list[str]] | None


def refusal(code: int, text: str) -> MysqlError:
    return MysqlError(text, code)  # type: ignore[arg-type]


def parsed(sql: str) -> exp.Expression:
    try:
        return sqlglot.parse_one(sql, read="mysql")
    except sqlglot.ParseError:
        raise refusal(1064, NEAR) from None


def selected(server: StandIn, sql: str, database: str | None, words: Callable[[exp.Expression], Any]) -> Answer:
    """`words`: what the connection puts in place of @@variables, VERSION() and the like; None leaves a node as it is."""
    statement = parsed(sql)
    if not isinstance(statement, exp.Query):
        raise refusal(1792, "Cannot execute statement in a READ ONLY transaction.")
    readable(server, statement, database)
    for select in statement.find_all(exp.Select):
        select.set("expressions", [_headed(each) for each in select.expressions])
    for table in statement.find_all(exp.Table):
        if not table.db and database:
            table.set("db", exp.to_identifier(database))
    for name in statement.find_all(exp.Identifier):
        if name.name.lower() in _RESERVED:
            name.set("quoted", True)
    try:
        return server.tables.select(statement.transform(lambda node: words(node) or node))
    except sqlite3.Error as error:
        raise _understood(str(error)) from None


def readable(server: StandIn, statement: exp.Expression, database: str | None) -> None:
    """Raises what MySQL refuses with: 1142 and 1143 before 1146, as it does not tell what it hides."""
    inner = {each.alias_or_name for each in statement.find_all(exp.CTE)}
    used = {each.name.lower() for each in statement.find_all(exp.Column)}
    for table in statement.find_all(exp.Table):
        schema, name = table.db or database or "", table.name
        if name in inner or not name:
            continue
        columns = server.tables.columns(schema, name)
        refused = server.account.unreadable(schema, name, {each for each in columns if each.lower() in used})
        who = f"user '{server.account.name}'@'localhost'"
        if refused == "":
            raise refusal(1142, f"SELECT command denied to {who} for table '{name}'")
        if refused:
            raise refusal(1143, f"SELECT command denied to {who} for column '{refused}' in table '{name}'")
        if not columns:
            raise refusal(1146, f"Table '{schema}.{name}' doesn't exist")


def _headed(column: exp.Expression) -> exp.Expression:
    """An expression without a name of its own is headed by its text."""
    return column if isinstance(column, exp.Alias | exp.Column | exp.Star) else exp.alias_(
        column, column.sql("mysql"), quoted=True
    )  # fmt: skip


def _understood(text: str) -> MysqlError:
    if told := re.match(r"no such column: (.+)", text):
        return refusal(1054, f"Unknown column '{told[1].strip(chr(34))}' in 'field list'")
    if told := re.match(r"no such function: (.+)", text):
        return refusal(1305, f"FUNCTION {told[1]} does not exist")
    if told := re.match(r"no such table: (.+)", text):
        return refusal(1146, f"Table '{told[1]}' doesn't exist")
    return refusal(1064, f"{NEAR} ({text})")
