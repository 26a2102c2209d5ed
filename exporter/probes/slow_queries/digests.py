"""The server's statistics by statement digest: MySQL has them by default, MariaDB where performance_schema is on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from exporter.database import spoken
from exporter.probes.slow_queries.ledger import Row, Seen
from exporter.probes.slow_queries.statement import Cost, Shape, passing, took
from exporter.shop import Node, Unsupported

ROWS = 500
"""Rows that are read at most: those that have taken the most time of what ran since the last run."""

_TABLE = "performance_schema.events_statements_summary_by_digest"
_NEEDED = ("COUNT_STAR", "SUM_TIMER_WAIT", "SUM_ROWS_EXAMINED", "SUM_ROWS_SENT", "SUM_NO_INDEX_USED", "SUM_SELECT_SCAN")
_EXTRA = {
    "QUANTILE_95": "QUANTILE_95",
    # The sample holds what customers typed: it is looked at on the server and stays there.
    "QUERY_SAMPLE_TEXT": "LOCATE('LIKE ''%', UPPER(QUERY_SAMPLE_TEXT))",
}
_FIRST_LOOK = timedelta(hours=1)
_OVERLAP = timedelta(seconds=2)
"""LAST_SEEN may be in whole seconds, and counters tell what is new: a little twice does no harm."""


def why_not(node: Node) -> str:
    """Why this server has no such statistics; empty where it has them."""
    try:
        rows = node.ask("SELECT @@performance_schema, @@performance_schema_digests_size", about="performance_schema")
    except Unsupported:
        return "该服务器没有 performance_schema / this server has no performance_schema"
    on, size = rows[0]
    if not int(on):
        return "performance_schema 未开启 / performance_schema is off"
    if int(size) == 0:
        return "performance_schema_digests_size 为 0 / performance_schema_digests_size is 0"
    consumers = "SELECT ENABLED FROM performance_schema.setup_consumers WHERE NAME = 'statements_digest'"
    rows = node.ask(consumers, about="performance_schema.setup_consumers")
    if [row for row in rows if str(row[0]).upper() == "NO"]:
        return "setup_consumers 关闭了 statements_digest / setup_consumers has statements_digest off"
    return ""


def seen(node: Node, schemas: Collection[str], before: datetime | None) -> Seen:
    """What the server counts now; `before` is its own time at the last run. Raises Denied without the privilege."""
    spoken.listen()
    at, server, began, more = _server(node)
    since = (before or at - _FIRST_LOOK) - _OVERLAP
    extra = [name for name in _EXTRA if name in _columns(node)]
    names = {f"schema{number}": schema for number, schema in enumerate(schemas)}
    within = f" AND SCHEMA_NAME IN ({', '.join(f':{name}' for name in names)})" if names else ""
    rows = node.ask(
        f"SELECT SCHEMA_NAME, DIGEST, SUBSTR(DIGEST_TEXT, 1, 1024), FIRST_SEEN, {', '.join(_NEEDED)}"
        f"{''.join(f', {_EXTRA[name]}' for name in extra)} FROM {_TABLE}"
        f" WHERE DIGEST IS NULL OR (LAST_SEEN >= :since{within})"
        f" ORDER BY DIGEST IS NOT NULL, SUM_TIMER_WAIT DESC LIMIT {ROWS}",
        {"since": since.replace(tzinfo=None), **names},
        about=_TABLE,
    )
    known = [_row(row, extra) for row in rows if row[1] and not passing(row[2] or "") and not spoken.ours(row[2] or "")]
    lost = sum(int(row[4]) for row in rows if not row[1])
    return Seen(at, server, began, tuple(known), {**more, "lost": lost})


def _server(node: Node) -> tuple[datetime, str, datetime, dict[str, int]]:
    """Its time, which server it is, when it started, and how many statements it has answered."""
    [(at, host, port, server_id)] = node.ask("SELECT NOW(6), @@hostname, @@port, @@server_id", about="the server")
    status = node.ask("SHOW GLOBAL STATUS WHERE Variable_name IN ('Uptime', 'Questions')", about="the status")
    told = {str(name).lower(): int(value) for name, value in status}
    now = moment(at)
    questions = {"questions": told["questions"]} if "questions" in told else {}
    return now, f"{host}:{port}/{server_id}", now - timedelta(seconds=told.get("uptime", 0)), questions


def _columns(node: Node) -> Collection[str]:
    schema, _, table = _TABLE.partition(".")
    return {name.upper() for name in node.facts(schema, table).columns}


def _row(row: Sequence[Any], extra: Sequence[str]) -> Row:
    more = dict(zip(extra, row[4 + len(_NEEDED) :], strict=True))
    note = [f"p95 {took(int(more['QUANTILE_95']) / 1e12)}"] if more.get("QUANTILE_95") else []
    note += ["LIKE '%…'"] if more.get("QUERY_SAMPLE_TEXT") else []
    shape = Shape.of(str(row[1]), row[0], str(row[2] or ""), ", ".join(note))
    return Row(shape, Cost(*(int(value or 0) for value in row[4 : 4 + len(_NEEDED)])), moment(row[3]))


def moment(value: Any) -> datetime:
    """The session's zone is UTC."""
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
