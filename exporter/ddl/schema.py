"""The tables as they are before a statement and after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from exporter.database.shape import ColumnShape, IndexShape, Part, TableShape
from exporter.ddl.nouns import Change, ColumnDef, Name

Key = tuple[str, str]
"""Schema and table, both in lower case."""


@dataclass
class Tables:
    """`own`: the schema of names without one. `made`: tables that the file itself creates, which nobody uses yet."""

    own: str
    family: str
    known: dict[Key, TableShape] = field(default_factory=dict)
    made: set[Key] = field(default_factory=set)
    gone: set[Key] = field(default_factory=set)
    """Tables that the file has dropped or renamed."""

    def key(self, name: Name) -> Key:
        return (name.schema or self.own).lower(), name.table.lower()

    def get(self, name: Name) -> TableShape | None:
        return self.known.get(self.key(name))

    def new(self, name: Name) -> bool:
        return self.key(name) in self.made

    def apply(self, change: Change) -> None:
        key = self.key(change.table)
        table = self.known.get(key)
        if change.kind == "create":
            if table is None:
                self.known[key] = TableShape(change.table.table, {})
                self.made.add(key)
        elif change.kind == "drop":
            self.known.pop(key, None)
            self.made.discard(key)
            self.gone.add(key)
        elif change.kind == "rename" and table:
            to = self.key(replace(change.parent or change.table, table=change.to))
            self.known[to] = replace(self.known.pop(key), name=change.to)
            self.gone.add(key)
            if key in self.made:
                self.made.discard(key)
                self.made.add(to)
        elif table:
            self.known[key] = applied(table, change, self.family)

    def index_owner(self, index: str) -> Name | None:
        """PostgreSQL and SQLite name an index without its table."""
        found = [
            key for key, table in self.known.items() for each in table.indexes if each.name.lower() == index.lower()
        ]
        return Name(found[0][1], found[0][0]) if found else None


def applied(table: TableShape, change: Change, family: str = "mysql") -> TableShape:
    """The table after one change."""
    step = _STEPS.get(change.kind)
    return step(table, change, family) if step else table


def column(table: TableShape, name: str) -> ColumnShape | None:
    return next((each for each in table.columns.values() if each.name.lower() == name.lower()), None)


def index(table: TableShape, name: str) -> IndexShape | None:
    return next((each for each in table.indexes if each.name.lower() == name.lower()), None)


def shaped(column_def: ColumnDef, table: TableShape) -> ColumnShape:
    charset = column_def.charset or column_def.collation.partition("_")[0] or table.charset
    default = "…" if column_def.default else None
    extra = "auto_increment" if column_def.auto else ""
    return ColumnShape(
        column_def.name, column_def.type, column_def.nullable, default, charset, column_def.collation, extra
    )


def _drop_column(table: TableShape, change: Change, family: str) -> TableShape:
    gone = change.name.lower()
    kept = {name: each for name, each in table.columns.items() if name.lower() != gone}
    indexes = []
    for each in table.indexes:
        parts = tuple(part for part in each.parts if part.column.lower() != gone)
        if len(parts) == len(each.parts):
            indexes.append(each)
        elif parts and family == "mysql":  # MySQL takes the column out, PostgreSQL the whole index
            indexes.append(replace(each, parts=parts))
    return replace(table, columns=kept, indexes=tuple(indexes))


def _rename_column(table: TableShape, change: Change, _family: str) -> TableShape:
    old = change.name.lower()

    def name(each: str) -> str:
        return change.to if each.lower() == old else each

    columns = {name(each.name): replace(each, name=name(each.name)) for each in table.columns.values()}
    indexes = tuple(
        replace(each, parts=tuple(Part(name(p.column), p.prefix, p.descending) for p in each.parts))
        for each in table.indexes
    )
    return replace(table, columns=columns, indexes=indexes)


def _define(table: TableShape, change: Change, _family: str) -> TableShape:
    assert change.column  # noqa: S101 - these kinds have one
    old = column(table, change.column.name)
    kept = {name: each for name, each in table.columns.items() if each is not old}
    return replace(table, columns={**kept, change.column.name: shaped(change.column, table)})


def _retype(table: TableShape, change: Change, _family: str) -> TableShape:
    old = column(table, change.name)
    if not old or not change.column:
        return table
    return replace(table, columns={**table.columns, old.name: replace(old, type=change.column.type)})


def _nullable(table: TableShape, change: Change, _family: str) -> TableShape:
    old = column(table, change.name)
    changed = {old.name: replace(old, nullable=change.kind == "null")} if old else {}
    return replace(table, columns={**table.columns, **changed})


def _add_index(table: TableShape, change: Change, _family: str) -> TableShape:
    assert change.index  # noqa: S101 - this kind has one
    return replace(table, indexes=(*table.indexes, change.index))


def _drop_index(table: TableShape, change: Change, _family: str) -> TableShape:
    return replace(table, indexes=tuple(each for each in table.indexes if each.name.lower() != change.name.lower()))


def _rename_index(table: TableShape, change: Change, _family: str) -> TableShape:
    named = (
        replace(each, name=change.to) if each.name.lower() == change.name.lower() else each for each in table.indexes
    )
    return replace(table, indexes=tuple(named))


def _drop_key(table: TableShape, change: Change, _family: str) -> TableShape:
    gone = change.name.lower()
    return replace(table, foreign_keys=tuple(each for each in table.foreign_keys if each.name.lower() != gone))


def _drop_constraint(table: TableShape, change: Change, family: str) -> TableShape:
    return _drop_key(_drop_index(table, change, family), change, family)


_STEPS: Mapping[str, Callable[[TableShape, Change, str], TableShape]] = {
    "drop-column": _drop_column, "rename-column": _rename_column, "add-column": _define, "modify": _define,
    "retype": _retype, "null": _nullable, "not-null": _nullable, "add-index": _add_index, "drop-index": _drop_index,
    "hide-index": _drop_index, "rename-index": _rename_index, "drop-key": _drop_key,
    "drop-constraint": _drop_constraint,
}  # fmt: skip
