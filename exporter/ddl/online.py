"""What a change costs on this server: in place at once, without a copy, by a rebuild, or by a copy of the table.

After the online DDL pages of MySQL 5.7, 8.0 and 8.4, of MariaDB and of PostgreSQL; MariaDB 10.11 was tried out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from exporter.database.shape import ColumnShape, TableShape
from exporter.ddl import postgres
from exporter.ddl.cost import AT_ONCE, NO_COPY, REBUILD, Cost, copy, unknown
from exporter.ddl.nouns import Change, ColumnDef
from exporter.ddl.schema import column, shaped
from exporter.ddl.types import Type

Product = Literal["MySQL", "MariaDB", "PostgreSQL", "SQLite"]
_WIDTH = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "gbk": 2, "gb18030": 4, "gb2312": 2, "big5": 2, "utf16": 4, "ucs2": 2}
_AS_MYSQL = ("MySQL", "Aurora", "PolarDB")


@dataclass(frozen=True, slots=True)
class Flavour:
    """`version` as numbers: (8, 0, 36)."""

    product: str
    version: tuple[int, ...]

    @classmethod
    def of(cls, product: str, version: str) -> Flavour:
        return cls(product, tuple(int(each) for each in version.split(".") if each.isdecimal()))

    def __str__(self) -> str:
        return f"{self.product} {'.'.join(map(str, self.version))}".strip()

    def maria(self, *least: int) -> bool:
        return self.product == "MariaDB" and self.version >= least

    def mysql(self, *least: int) -> bool:
        return self.product in _AS_MYSQL and self.version >= least


def cost(change: Change, table: TableShape, flavour: Flavour, together: Collection[str] = ()) -> Cost:
    """`together`: what else the same statement does, as kinds and names: "drop-index PRIMARY"."""
    if flavour.product == "PostgreSQL":
        return postgres.cost(change, table, flavour.version)
    if flavour.product not in (*_AS_MYSQL, "MariaDB"):
        return unknown(f"how {flavour} alters tables is not known here")
    if table.engine and table.engine.lower() != "innodb":
        return copy(f"{table.engine} copies the table for every change")
    if change.kind in _ALWAYS:
        return _ALWAYS[change.kind]
    return _JUDGED[change.kind](change, table, flavour, together)


def _add_column(change: Change, table: TableShape, flavour: Flavour, _together: Collection[str]) -> Cost:
    new = change.column
    assert new  # noqa: S101 - this kind has one
    if new.generated:
        return copy("a stored column is computed for every row") if new.generated == "stored" else AT_ONCE
    if new.auto:
        return Cost("rebuild", writes=False, why="every row gets its number")
    if table.row_format.lower() == "compressed":
        return REBUILD
    if flavour.maria(10, 4) or (flavour.maria(10, 3, 2) and new.after is None):
        return AT_ONCE
    fulltext = any(index.kind == "fulltext" for index in table.indexes)
    if not fulltext and (flavour.mysql(8, 0, 29) or (flavour.mysql(8, 0, 12) and new.after is None)):
        return _versions(flavour)
    return REBUILD


def _versions(flavour: Flavour) -> Cost:
    text = "at once, unless the table has had 64 instant changes since its last rebuild (that cannot be seen here)"
    return Cost("instant", why=text) if flavour.mysql(8, 0, 29) else AT_ONCE


def _drop_column(change: Change, table: TableShape, flavour: Flavour, _together: Collection[str]) -> Cost:
    indexed = any(part.column.lower() == change.name.lower() for index in table.indexes for part in index.parts)
    if flavour.maria(10, 4):
        return NO_COPY if indexed else AT_ONCE
    if flavour.mysql(8, 0, 29) and not indexed and table.row_format.lower() != "compressed":
        return _versions(flavour)
    return REBUILD


def _modify(change: Change, table: TableShape, flavour: Flavour, _together: Collection[str]) -> Cost:
    assert change.column  # noqa: S101 - this kind has one
    old = column(table, change.column.name)
    if old is None:
        return unknown("the column cannot be seen")
    new = shaped(change.column, table)
    steps = [
        _type(Type.of(old.type), Type.of(new.type), _width(old), _width(new), flavour),
        _charset(old, new, table, flavour),
        REBUILD if old.nullable != new.nullable else AT_ONCE,
        _place(change.column, flavour),
    ]
    return max(steps, key=lambda step: step.rank)


def _place(new: ColumnDef, flavour: Flavour) -> Cost:
    return AT_ONCE if new.after is None or flavour.maria(10, 4) else REBUILD


def _type(old: Type, new: Type, width: int, width_after: int, flavour: Flavour) -> Cost:
    whole = "int" in old.base  # where a display width says nothing
    if old == new or (whole and (old.base, old.unsigned) == (new.base, new.unsigned)):
        return AT_ONCE
    if old.base == new.base == "varchar" and old.length and new.length:
        before, after = old.length * width, new.length * width_after
        if new.length < old.length:
            return copy("a shorter VARCHAR")
        if (before < 256) == (after < 256) or (flavour.maria(10, 4) and before < 128):  # noqa: PLR2004 - a length byte
            return AT_ONCE
        return copy("the length of a VARCHAR takes two bytes from 256 bytes on")
    if old.base == new.base == "enum" and new.sizes[: len(old.sizes)] == old.sizes:
        return AT_ONCE if (len(old.sizes) < 256) == (len(new.sizes) < 256) else copy("more than 255 values")  # noqa: PLR2004 - one byte
    return copy("another type")


def _charset(old: ColumnShape, new: ColumnShape, table: TableShape, flavour: Flavour) -> Cost:
    if not old.charset or not Type.of(new.type).texts:
        return AT_ONCE
    indexed = any(part.column == old.name for index in table.indexes for part in index.parts)
    grows = old.charset in ("utf8", "utf8mb3") and new.charset == "utf8mb4"
    if old.charset == new.charset and new.collation in ("", old.collation):
        return AT_ONCE
    if (grows or old.charset == new.charset) and flavour.maria(10, 4) and not indexed:
        return AT_ONCE
    return copy("another character set or collation")


def _width(shape: ColumnShape) -> int:
    return _WIDTH.get(shape.charset, 1)


def _add_index(change: Change, _table: TableShape, _flavour: Flavour, _together: Collection[str]) -> Cost:
    kind = change.index.kind if change.index else ""
    if kind in ("fulltext", "spatial"):
        return Cost("rebuild" if kind == "fulltext" else "nocopy", writes=False, why=f"a {kind.upper()} index")
    return REBUILD if change.name == "PRIMARY" else NO_COPY


def _drop_index(change: Change, _table: TableShape, _flavour: Flavour, together: Collection[str]) -> Cost:
    if change.name.upper() != "PRIMARY":
        return NO_COPY
    return REBUILD if "add-index PRIMARY" in together else copy("the table is sorted by its primary key")


def _engine(change: Change, _table: TableShape, _flavour: Flavour, _together: Collection[str]) -> Cost:
    return REBUILD if change.to == "innodb" else copy("another storage engine")


def _partition(change: Change, _table: TableShape, _flavour: Flavour, _together: Collection[str]) -> Cost:
    if change.name in ("partition", "remove"):
        return copy("every row moves")
    if change.name in ("drop", "truncate"):
        return AT_ONCE
    return unknown("what a change of partitions costs depends on their rows")


def _check(_change: Change, _table: TableShape, flavour: Flavour, _together: Collection[str]) -> Cost:
    if flavour.maria(10, 2) or flavour.mysql(8, 0, 16):
        return copy("every row is checked")
    return AT_ONCE  # older servers read it and forget it


def _rename_column(_change: Change, _table: TableShape, flavour: Flavour, _together: Collection[str]) -> Cost:
    return AT_ONCE if flavour.maria(10, 3) or flavour.mysql(8, 0, 28) else NO_COPY


def _default(_change: Change, _table: TableShape, flavour: Flavour, _together: Collection[str]) -> Cost:
    return AT_ONCE if flavour.maria(10, 3) or flavour.mysql(8, 0, 12) else NO_COPY


_KEY = copy("the rows are checked one by one (in place with SET foreign_key_checks = 0, and unchecked)")
_ALWAYS: Mapping[str, Cost] = {
    "rename": AT_ONCE, "drop": AT_ONCE, "truncate": AT_ONCE, "create": AT_ONCE, "option": AT_ONCE,
    "rename-index": AT_ONCE, "hide-index": AT_ONCE, "drop-key": AT_ONCE, "drop-constraint": NO_COPY,
    "add-key": _KEY, "convert": copy("every text is converted"), "rebuild": REBUILD,
    "order": copy("every row moves"),
}  # fmt: skip
_Judge = Callable[[Change, TableShape, Flavour, Collection[str]], Cost]
_JUDGED: Mapping[str, _Judge] = {
    "add-column": _add_column, "drop-column": _drop_column, "modify": _modify, "add-index": _add_index,
    "drop-index": _drop_index, "engine": _engine, "partition": _partition, "check": _check,
    "rename-column": _rename_column, "default": _default,
    **dict.fromkeys(("retype", "null", "not-null"), lambda *_: unknown("this is not a statement of MySQL")),
}  # fmt: skip
