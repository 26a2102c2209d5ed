"""What a change costs on PostgreSQL. Its ALTER TABLE takes an exclusive lock; the question is for how long."""

from __future__ import annotations

from exporter.database.shape import TableShape
from exporter.ddl.cost import AT_ONCE, NO_COPY, Cost, copy, unknown
from exporter.ddl.nouns import Change, ColumnDef
from exporter.ddl.schema import column
from exporter.ddl.types import Type

_DEFAULTS_SINCE = 11
_UNBOUNDED = ("text", "longtext")
_CHECKED = "every row is checked while nobody may write"
_LOCKING = {
    "add-index": "without CONCURRENTLY nobody may write until the index is built",
    "add-key": _CHECKED,
    "check": _CHECKED,
    "not-null": "every row is checked while nobody may read or write",
}


def cost(change: Change, table: TableShape, version: tuple[int, ...]) -> Cost:
    if change.kind == "add-column" and change.column:
        return _add(change.column, version)
    if change.kind == "retype":
        return _retype(change, table)
    if change.kind == "partition":
        return unknown("partitions")
    if change.kind in _LOCKING and not change.options & {"concurrently", "not valid"}:
        return Cost("nocopy", writes=False, why=_LOCKING[change.kind])
    return NO_COPY if change.kind == "add-index" else AT_ONCE


def _add(new: ColumnDef, version: tuple[int, ...]) -> Cost:
    if new.generated or "serial" in new.type:
        return copy("every row gets a value")
    written = new.default and version[:1] < (_DEFAULTS_SINCE,)
    return copy("the default is written into every row") if written else AT_ONCE


def _retype(change: Change, table: TableShape) -> Cost:
    old = column(table, change.name)
    if old is None or change.column is None:
        return unknown("the column cannot be seen")
    before, after = Type.of(old.type, "postgresql"), Type.of(change.column.type, "postgresql")
    widens = before.base == after.base == "varchar" and (after.length or 10**9) >= (before.length or 10**9)
    scaled = before.base == after.base == "decimal" and before.digits[1] == after.digits[1]
    if before == after or widens or (scaled and after.digits >= before.digits):
        return AT_ONCE
    if before.base == "varchar" and after.base in _UNBOUNDED:
        return AT_ONCE
    return copy("the table and its indexes are written anew while nobody may read or write")
