"""What the statement names and what is not there."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.database.shape import TableShape
from exporter.ddl.nouns import Change, Finding
from exporter.ddl.scene import Scene
from exporter.ddl.schema import applied, column, index

_COLUMNS = ("drop-column", "rename-column", "modify", "retype", "null", "not-null", "default")
_INDEXES = ("drop-index", "rename-index", "hide-index")


def check(scene: Scene) -> Iterator[Finding]:
    """Columns and indexes that are missing: the statement fails on them, after those before it have run."""
    shapes = dict(scene.tables.known)
    for change in scene.asked.changes:
        key = scene.tables.key(change.table)
        table = shapes.get(key)
        if table is None and key in scene.tables.gone and change.kind != "create" and not change.exists:
            text = (
                f"{change.table.table} was dropped or renamed further up in this file, so this fails or is not judged"
            )
            yield scene.find("unknown-table", text, "the name that it has by then", table=change.table.table)
        if table is None or change.kind in ("create", "drop", "rename"):
            continue
        if what := _missing(change, table):
            yield scene.find(
                "unknown-column",
                f"{table.name} has no {what}, or the account does not see it: "
                "the statement fails, and what stands before it has already been done",
                "the name as it is in the database, or IF EXISTS where the server has it",
                table=table.name,
            )
        shapes[key] = applied(table, change, scene.tables.family)


def _missing(change: Change, table: TableShape) -> str:
    if change.exists or not table.columns:
        return ""
    if change.kind in _COLUMNS and column(table, change.name) is None:
        return f"column {change.name}"
    if change.kind == "add-index" and change.index:
        absent = [each for each in change.index.columns if each and column(table, each) is None]
        return f"column {absent[0]}" if absent else ""
    return f"index {change.name}" if change.kind in _INDEXES and index(table, change.name) is None else ""
