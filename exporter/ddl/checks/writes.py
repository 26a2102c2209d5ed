"""UPDATE and DELETE in a migration: all rows, or too many in one transaction. Nothing of the file is ever run."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.database.shape import TableShape
from exporter.ddl import queries
from exporter.ddl.nouns import Finding, Name, Severity
from exporter.ddl.scene import Scene

MOST = 10_000
"""Rows that one transaction may lock and send to the replicas at once."""

_BATCHES = "batches by key: WHERE id > … ORDER BY id LIMIT 1000, with a pause while a replica lags"


def check(scene: Scene) -> Iterator[Finding]:
    if scene.asked.verb not in ("UPDATE", "DELETE"):
        return
    write = queries.write(scene.asked.statement.text, scene.tables.family)
    if write is None:
        return
    for name in write.tables:
        table = scene.tables.get(name)
        if table is None or scene.tables.new(name):
            continue
        users = scene.ground.reliance.users(scene.tables.key(name))
        if not write.bounded:
            done = "changes" if scene.asked.verb == "UPDATE" else "deletes"
            which = "any rows" if write.limited else "all rows"
            text = f"{scene.asked.verb} without WHERE {done} {which} of {table.name} (about {table.rows:,})"
            yield scene.find("write-unbounded", text, "a WHERE on the key, in batches", table=table.name, who=users)
        elif scene.large(table) and not (write.limited and _keyed(write, table)):
            yield from _large(scene, write, name, table, users)


def _large(
    scene: Scene, write: queries.Write, name: Name, table: TableShape, users: tuple[str, ...]
) -> Iterator[Finding]:
    rows = scene.ground.estimate(write.counted) if write.counted else None
    keyed = _keyed(write, table)
    if rows is not None and rows < MOST:
        return
    seen = "no index carries its WHERE" if rows is None else f"about {rows:,} by EXPLAIN"
    if rows is None and keyed:
        seen = "how many its WHERE finds cannot be told without running a part of it"
    text = f"{scene.asked.verb} may read a large part of {name} ({table.rows:,} rows; {seen}) and locks what it reads"
    severity: Severity = "warn" if rows is None and keyed else "block"
    yield scene.find("write-large", text, _BATCHES, table=table.name, who=users, severity=severity)


def _keyed(write: queries.Write, table: TableShape) -> bool:
    """An index begins with a column of the WHERE."""
    return any(index.parts and index.parts[0].column.lower() in write.columns for index in table.indexes)
