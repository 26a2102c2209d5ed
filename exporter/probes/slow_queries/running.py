"""What is running too long at this moment, where the account may see what others run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from exporter import masking
from exporter.database import spoken
from exporter.model import Case, Gap, Sample
from exporter.probes.slow_queries import tell
from exporter.probes.slow_queries.statement import backup
from exporter.shop import Missing, Node, Unsupported
from exporter.text import one_line

_ROWS = 50
_GRANTED = (
    "SELECT COUNT(*) FROM information_schema.user_privileges WHERE privilege_type IN ('PROCESS', 'SUPER')"
    " AND grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')"
)
_RUNNING = (
    "SELECT id, time, db, LEFT(info, 2000) FROM {table} WHERE command IN ('Query', 'Execute') AND time >= :seconds"
    " AND info IS NOT NULL AND user NOT IN ('system user', 'event_scheduler')"
    f" ORDER BY time DESC LIMIT {_ROWS}"
)
_TABLES = ("information_schema.processlist", "performance_schema.processlist")
"""The second is where a server keeps it that no longer has the first."""


def running(node: Node, now: datetime, seconds: float) -> Iterator[Sample | Gap]:
    """Our own statements do not count, for the searches have limits of their own, nor do those of backups."""
    spoken.listen()
    if not int(node.ask(_GRANTED, about="the privileges")[0][0]):
        yield Gap(
            "running", "账号没有 PROCESS 权限，看不到其他会话 / without PROCESS the account sees no other sessions"
        )
        return
    rows = _ask(node, seconds)
    if rows is None:
        yield Gap("running", "该服务器没有会话列表 / this server has no list of sessions")
        return
    cases = [
        Case(
            f"{_name(row[2])}#{row[0]}",
            now - timedelta(seconds=int(row[1])),
            statement=one_line(masking.statement(row[3]), 400),
        )
        for row in rows
    ]
    yield tell.RUNNING(len(rows), evidence=cases)
    yield tell.LONGEST(max((float(row[1]) for row in rows), default=0.0))


def _ask(node: Node, seconds: float) -> list[tuple[int, int, str, str]] | None:
    for table in _TABLES:
        try:
            rows = node.ask(_RUNNING.format(table=table), {"seconds": seconds}, about=table)
        except (Missing, Unsupported):
            continue
        told = [(int(row[0]), int(row[1]), str(row[2] or ""), _text(row[3])) for row in rows]
        return [row for row in told if not spoken.ours(row[3]) and not backup(row[3])]
    return None


def _text(info: str | bytes) -> str:
    return info.decode("utf-8", "replace") if isinstance(info, bytes) else info


def _name(schema: str) -> str:
    return one_line(schema, 30)
