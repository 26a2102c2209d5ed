"""What only rows and counters tell: phone numbers in the clear, and keys that will soon be used up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.probes.schema_watch.findings import Found
from exporter.probes.schema_watch.look import Place
from exporter.shop import Node, Shop, TableShape

SAMPLE = 50
"""Rows of which the server says how many hold a number in the clear; no value is read."""

USED = 0.8
"""The part of a key's range that may be used up before it is told."""

_AT_ONCE = 32
_MOBILE = {
    "mysql": "{column} REGEXP '^([+]?86)?1[3-9][0-9]{{9}}$'",
    "postgresql": "CAST({column} AS text) ~ '^([+]?86)?1[3-9][0-9]{{9}}$'",
    "sqlite": "CAST({column} AS TEXT) GLOB '1[3-9]" + "[0-9]" * 9 + "'",
}
_MOST = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "integer": 32}
_COUNTERS = {
    "mysql": "SELECT :name, auto_increment FROM information_schema.tables"
    " WHERE table_schema = :schema AND table_name = :name",
    "postgresql": "SELECT :name, (SELECT max(pg_sequence_last_value(d.objid)) FROM pg_depend d"
    " JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S' JOIN pg_class t ON t.oid = d.refobjid"
    " JOIN pg_namespace n ON n.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid"
    " AND a.attnum = d.refobjsubid WHERE n.nspname = :schema AND t.relname = :name AND a.attname = :column)",
}


def open_phones(shop: Shop, place: Place, shape: TableShape, columns: Sequence[str], key: str) -> Iterator[Found]:
    """Columns that hold mobile numbers in the clear, with their share; the newest rows where the key has an index."""
    node = shop.node(place.database)
    names = [node.quoted(column) for column in columns]
    newest = any(index.columns[:1] == (key,) for index in shape.indexes)
    order = f" ORDER BY {node.quoted(key)} DESC" if newest else ""
    counts = ", ".join(
        f"count({name}), sum(CASE WHEN {_MOBILE[node.family].format(column=name)} THEN 1 ELSE 0 END)" for name in names
    )
    table = ".".join(node.quoted(part) for part in (place.schema, place.table) if part)
    inner = f"SELECT {', '.join(names)} FROM {table}{order} LIMIT {SAMPLE}"
    row = node.ask(f"SELECT {counts} FROM ({inner}) s", about=f"the phone columns of {place.table}")[0]
    for column, filled, clear in zip(columns, row[::2], row[1::2], strict=True):
        if clear:
            yield Found(f"{shape.name}.{column}", f"{int(clear)} / {int(filled)}")


def used_up(node: Node, schema: str | None, shapes: Sequence[TableShape]) -> Iterator[Found]:
    """Tables whose growing key has used most of its range; wide keys are not asked for."""
    if node.family not in _COUNTERS:
        return
    narrow = {shape.name: most for shape in shapes if (most := _narrow(shape))}
    names = list(narrow)
    for start in range(0, len(names), _AT_ONCE):
        chunk = names[start : start + _AT_ONCE]
        asked, binds = [], {"schema": node.catalog.schema(schema)}
        for place, name in enumerate(chunk):
            words = _COUNTERS[node.family].replace(":name", f":name{place}").replace(":column", f":column{place}")
            asked.append(words)
            binds |= {f"name{place}": name}
            binds |= {f"column{place}": narrow[name][0]} if ":column" in words else {}
        for name, last in node.ask(" UNION ALL ".join(asked), binds, about="the next keys"):
            column, largest = narrow[str(name)]
            if last is not None and int(last) > USED * largest:
                yield Found(f"{name}.{column}", f"{int(last):,} / {largest:,}")


def _narrow(shape: TableShape) -> tuple[str, int] | None:
    """The growing column and the largest number that it holds; None for one of 64 bits."""
    for column in shape.columns.values():
        counts = {"auto_increment", "identity"} & set(column.extra.split()) or "nextval(" in (column.default or "")
        words = column.type.lower().replace("(", " ").split()
        if counts and words[0] in _MOST:
            return column.name, 2 ** (_MOST[words[0]] - (0 if "unsigned" in words else 1)) - 1
    return None
