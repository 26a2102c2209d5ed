"""The slow log where the server writes it to a table: read on from where the last run stopped, never emptied."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Sequence
from typing import Any

from exporter import masking
from exporter.database import spoken
from exporter.probes.slow_queries.digests import moment
from exporter.probes.slow_queries.ledger import Ledger, Row, Seen
from exporter.probes.slow_queries.statement import Cost, Shape, passing
from exporter.shop import Node, Unsupported

ROWS = 500
_LARGEST = 64 * 1024 * 1024
"""Bytes of the table; it has no index, so each look reads up to where the last one stopped."""

_SIZE = "SELECT data_length FROM information_schema.tables WHERE table_schema = 'mysql' AND table_name = 'slow_log'"
_ENTRIES, _MARK = "entries", "mark"
_LIST = re.compile(r"\(\s*\?(?:\s*,\s*\?)*\s*\)")


def why_not(node: Node) -> str:
    """Why this server writes no slow log to a table that can be read; empty where it does."""
    try:
        [(on, output)] = node.ask("SELECT @@slow_query_log, @@log_output", about="the settings of the slow log")
    except Unsupported:
        return "该服务器没有慢日志 / this server has no slow log"
    if not int(on):
        return "慢日志未开启 / the slow log is off"
    if "TABLE" not in str(output).upper():
        return "慢日志没有写入表（log_output）/ the slow log is not written to a table (log_output)"
    sizes = node.ask(_SIZE, about="the size of mysql.slow_log")
    if sizes and int(sizes[0][0] or 0) > _LARGEST:
        return "mysql.slow_log 太大，请轮换 / mysql.slow_log is too large to be read; rotate it"
    return ""


def seen(node: Node, schemas: Collection[str], before: Ledger) -> Seen:
    """The entries since the last run, those of our own statements left out. The first run only says where to begin.

    They are told by their place in the file: start_time is written in the zone of whichever session was slow.
    """
    spoken.listen()
    [(now, host, port, server_id)] = node.ask("SELECT NOW(6), @@hostname, @@port, @@server_id", about="the server")
    at, server = moment(now), f"{host}:{port}/{server_id}"
    if before.server != server or _ENTRIES not in before.more:
        entries = int(node.ask("SELECT COUNT(*) FROM mysql.slow_log", about="mysql.slow_log")[0][0])
        last = _page(node, entries - 1, 1) if entries else []
        return Seen(at, server, at, (), {_ENTRIES: entries, _MARK: _mark(last)})
    entries, rows = before.more[_ENTRIES], []
    if entries:
        rows = _page(node, entries - 1, ROWS + 1)
    if _mark(rows[:1]) != before.more[_MARK] or not entries:  # emptied or rotated: all that is there is new
        entries, rows = 0, _page(node, 0, ROWS)
    else:
        rows = rows[1:]
    theirs = [row for row in rows if not schemas or row[4] in schemas]
    mark = _mark(rows[-1:]) if rows or not entries else before.more[_MARK]
    return Seen(at, server, at, _summed(theirs), {_ENTRIES: entries + len(rows), _MARK: mark})


def _page(node: Node, after: int, rows: int) -> list[Any]:
    """Entries in the order in which they were written."""
    return list(
        node.ask(
            "SELECT start_time, TIME_TO_SEC(query_time) + MICROSECOND(query_time) / 1000000, rows_examined, rows_sent,"
            f" db, SUBSTR(sql_text, 1, 4000), thread_id FROM mysql.slow_log LIMIT {rows:d} OFFSET {after:d}",
            about="mysql.slow_log",
        )
    )


def _mark(rows: Sequence[Any]) -> int:
    """By which an entry is known again; 0 for none."""
    told = [f"{row[0]} {row[1]} {row[6]}".encode() for row in rows]
    return int(hashlib.sha256(told[0]).hexdigest()[:12], 16) if told else 0


def _summed(rows: Sequence[Any]) -> tuple[Row, ...]:
    summed: dict[str, Row] = {}
    for row in rows:
        text = _text(row[5])
        if passing(text) or spoken.ours(text):
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
