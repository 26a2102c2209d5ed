"""How a database is set up: its zone against the mapping's, its zone tables, its isolation level."""

from __future__ import annotations

from datetime import datetime, timedelta

from exporter.model import Gap
from exporter.probes.schema_watch.findings import DATABASE, Findings, Found
from exporter.shop import Denied, Node, Unsupported

_ZONES = {
    "mysql": "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', @@global.time_zone)),"
    " CONVERT_TZ('2026-01-01 00:00:00', 'UTC', 'Asia/Shanghai') IS NULL",
    "postgresql": "SELECT extract(epoch FROM (now() AT TIME ZONE reset_val) - (now() AT TIME ZONE 'UTC')), false"
    " FROM pg_settings WHERE name = 'TimeZone'",
}
_VARIABLES = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation', 'performance_schema')"
)


def variables(node: Node) -> dict[str, str]:
    """The isolation level and whether statements are counted, as far as the server has such words."""
    if node.family != "mysql":
        return {}
    rows = node.ask(_VARIABLES, about="the server's variables")
    return {str(name).lower(): str(value).upper() for name, value in rows}


def zones(node: Node, expected: timedelta | None, findings: Findings) -> Gap | None:
    """`expected`: how far the mapping's zone is from UTC; None where no column depends on a zone."""
    if node.family not in _ZONES:
        return Gap("server_zone", "SQLite 没有自己的时区 / SQLite has no zone of its own")
    try:
        offset, missing = node.ask(_ZONES[node.family], about="the server's zone")[0]
    except (Denied, Unsupported) as error:
        return Gap("server_zone", str(error))
    name = node.name or DATABASE
    findings.say(DATABASE, "zone_tables_missing", [Found(name, "CONVERT_TZ → NULL")] if missing else [])
    if offset is None:
        return Gap("server_zone", "服务器的时区换算不出来 / the server cannot convert its own zone")
    theirs = timedelta(seconds=int(offset))
    wrong = expected is not None and theirs != expected
    said = f"NOW() {_offset(theirs)} ≠ {_offset(expected)}" if expected is not None else ""
    findings.say(DATABASE, "server_zone", [Found(name, said)] if wrong else [])
    return None


def isolation(node: Node, known: dict[str, str], findings: Findings) -> None:
    """Rows that were never committed may be read on one level only; PostgreSQL and SQLite do not have it."""
    level = known.get("transaction_isolation") or known.get("tx_isolation", "")
    dirty = level == "READ-UNCOMMITTED"
    findings.say(DATABASE, "dirty_reads", [Found(node.name or DATABASE, level)] if dirty else [])


def offset_of(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta()


def _offset(length: timedelta) -> str:
    minutes = round(length.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
