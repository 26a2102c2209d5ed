"""The slow log where the server writes it to a table: read on from where the last run stopped, and never emptied."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from exporter import masking
from exporter.probes.slow_queries.digests import moment
from exporter.probes.slow_queries.ledger import Ledger, Row, Seen
from exporter.probes.slow_queries.statement import Cost, Shape, passing
from exporter.shop import Node, Unsupported

ROWS = 500
_SETTLED = timedelta(seconds=1)
"""Rows are written a moment after their time, and not in its order: what is younger waits for the next run."""

_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)")


def why_not(node: Node) -> str:
    """Why this server writes no slow log to a table; empty where it does."""
    try:
        [(on, output)] = node.ask("SELECT @@slow_query_log, @@log_output", about="the settings of the slow log")
    except Unsupported:
        return "该服务器没有慢日志 / this server has no slow log"
    if not int(on):
        return "慢日志未开启 / the slow log is off"
    if "TABLE" not in str(output).upper():
        return "慢日志没有写入表（log_output）/ the slow log is not written to a table (log_output)"
    return ""


def seen(node: Node, schemas: Collection[str], before: Ledger) -> Seen:
    """The entries since the last run, those of our own account left out. The first run only says where to begin."""
    [(now, host, port, server_id, me)] = node.ask(
        "SELECT NOW(6), @@hostname, @@port, @@server_id, SUBSTRING_INDEX(USER(), '@', 1)", about="the server"
    )
    server, until = f"{host}:{port}/{server_id}", moment(now) - _SETTLED
    if before.at is None or before.server != server:
        return Seen(until, server, until, ())
    names = {f"schema{number}": schema for number, schema in enumerate(schemas)}
    within = f" AND db IN ({', '.join(f':{name}' for name in names)})" if names else ""
    rows = node.ask(
        "SELECT start_time, TIME_TO_SEC(query_time) + MICROSECOND(query_time) / 1000000, rows_examined, rows_sent, db,"
        " LEFT(sql_text, 4000), user_host LIKE :me FROM mysql.slow_log"
        f" WHERE start_time > :since AND start_time <= :until{within} ORDER BY start_time LIMIT {ROWS}",
        {
            "since": before.at.replace(tzinfo=None),
            "until": until.replace(tzinfo=None),
            "me": f"{_literally(str(me))}[%",
            **names,
        },
        about="mysql.slow_log",
    )
    at = moment(rows[-1][0]) if len(rows) == ROWS else until
    return Seen(at, server, before.at, _summed(row for row in rows if not int(row[6])))


def _summed(rows: Any) -> tuple[Row, ...]:
    summed: dict[str, Row] = {}
    for row in rows:
        text = _text(row[5])
        if passing(text):
            continue
        shape = Shape.of(_digest(text), row[4], text)
        cost = Cost(1, int(float(row[1]) * 1e12), int(row[2]), int(row[3]))
        if other := summed.get(shape.key):
            cost = Cost(*(a + b for a, b in zip(cost, other.cost, strict=True)))
        summed[shape.key] = Row(shape, cost)
    return tuple(summed.values())


def _digest(text: str) -> str:
    """One for all statements that differ in their values only."""
    bare = re.sub(r"'\?'|\b\d+(?:\.\d+)?\b", "?", masking.statement(text).lower())
    return hashlib.sha256(_LIST.sub("(?)", bare).encode()).hexdigest()


def _text(value: str | bytes) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _literally(name: str) -> str:
    """For LIKE: an account may have a _ in its name."""
    return re.sub(r"([\\%_])", r"\\\1", name)
