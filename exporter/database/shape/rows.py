"""What the database answered about a table → the nouns of its shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from hashlib import sha256
from itertools import groupby
from typing import Any

from exporter.database.shape.nouns import ColumnShape, ForeignKey, IndexShape, Part, TriggerShape, ViewShape
from exporter.database.shape.reads import named


def column(row: Any) -> ColumnShape:
    name, kind, nullable, default, charset, collation, extra = row
    return ColumnShape(
        str(name),
        str(kind or ""),
        bool(nullable),
        None if default is None or str(default).upper() == "NULL" else str(default),
        str(charset or ""),
        str(collation or ""),
        str(extra or "").lower(),
    )


def indexes(rows: Iterable[Any]) -> tuple[IndexShape, ...]:
    grouped: dict[str, list[Any]] = {}
    for row in rows:
        grouped.setdefault(str(row[0]), []).append(row)
    return tuple(
        IndexShape(
            name,
            tuple(Part(str(row[1] or ""), int(row[2]) if row[2] else None, bool(row[3])) for row in parts),
            unique=bool(parts[0][4]),
            kind=str(parts[0][5]).lower(),
            partial=bool(parts[0][6]),
        )
        for name, parts in grouped.items()
    )


def triggers(rows: Iterable[Any], family: str, table: str, columns: Collection[str]) -> Iterable[TriggerShape]:
    for name, on, timing, event, body in rows:
        read = named(str(body or ""), family, table, columns, on=on == table)
        if read is not None:
            yield TriggerShape(str(name), str(on), str(timing), str(event), read, _digest(body))


def views(rows: Iterable[Any], family: str, table: str, columns: Collection[str]) -> Iterable[ViewShape]:
    for name, text_ in rows:
        if name != table and (read := named(str(text_ or ""), family, table, columns)) is not None:
            yield ViewShape(str(name), read, _digest(text_))


def _digest(words: object) -> str:
    return sha256(str(words).encode("utf-8", "surrogatepass")).hexdigest()[:12]


def keys(rows: Iterable[Any]) -> tuple[ForeignKey, ...]:
    grouped = ((key, list(group)) for key, group in groupby(rows, key=lambda row: (str(row[1]), str(row[0]))))
    return tuple(
        ForeignKey(
            name,
            table,
            tuple(str(row[2]) for row in parts),
            str(parts[0][3]),
            tuple(str(row[4]) for row in parts),
            str(parts[0][5]),
            str(parts[0][6]),
        )
        for (table, name), parts in grouped
    )
