"""What a table is made of: full column types, indexes in their order, triggers, views that read it, foreign keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ColumnShape:
    """`type` in full, as the server writes it (`bigint(20) unsigned`). `default` is SQL and may hold a literal."""

    name: str
    type: str
    nullable: bool
    default: str | None = field(default=None, repr=False)
    charset: str = ""
    collation: str = ""
    extra: str = ""
    """`auto_increment`, `on update …`, `stored generated`, as the server writes it."""


@dataclass(frozen=True, slots=True)
class Part:
    """`column` is "" where the index is over an expression; `prefix` counts characters."""

    column: str
    prefix: int | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class IndexShape:
    """`partial`: over some of the rows only. `kind` in lower case: btree, hash, fulltext, spatial, gin …"""

    name: str
    parts: tuple[Part, ...]
    unique: bool
    kind: str = "btree"
    partial: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.column for part in self.parts)


@dataclass(frozen=True, slots=True)
class TriggerShape:
    """`columns`: those of the table in whose shape this stands that the body names; `table` may be another one."""

    name: str
    table: str
    timing: str
    event: str
    columns: frozenset[str]
    body: str = ""
    """A digest of its text, which may hold literals."""


@dataclass(frozen=True, slots=True)
class ViewShape:
    """`columns`: those of the table in whose shape this stands that the view reads; `body` is a digest of its text."""

    name: str
    columns: frozenset[str]
    body: str = ""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """The rows of `table` refer to rows of `parent`."""

    name: str
    table: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]
    on_delete: str = "NO ACTION"
    on_update: str = "NO ACTION"


@dataclass(frozen=True, slots=True)
class TableShape:
    """`rows` and `bytes` are estimates.

    `unseen`: which of columns, indexes, triggers, views and references could not be read, or not all of them.
    `triggers` are those on the table and those elsewhere in its schema that name it; `referenced_by` likewise.
    """

    name: str
    columns: Mapping[str, ColumnShape]
    indexes: tuple[IndexShape, ...] = ()
    triggers: tuple[TriggerShape, ...] = ()
    views: tuple[ViewShape, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    referenced_by: tuple[ForeignKey, ...] = ()
    rows: int = 0
    bytes: int = 0
    engine: str = ""
    row_format: str = ""
    charset: str = ""
    collation: str = ""
    partitioned: bool = False
    unseen: frozenset[str] = frozenset()
