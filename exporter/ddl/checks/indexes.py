"""Indexes that stop serving a question, uniqueness that is given up, and new indexes that are of no use."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.database.shape import IndexShape, TableShape
from exporter.ddl.nouns import Finding
from exporter.ddl.scene import Scene
from exporter.ddl.schema import Key, index
from exporter.ddl.serving import best, covers

MOST = 5
"""Secondary indexes from which on each further one costs inserts more than it saves."""


def check(scene: Scene) -> Iterator[Finding]:
    for _, before, after, key in scene.whole():
        if after is not None and after.columns:
            yield from _questions(scene, before, after, key)
            yield from _uniqueness(scene, before, after, key)
    for change, table, key in scene.touched("add-index"):
        if change.index:
            yield from _new(scene, change.index, table, scene.after.known.get(key), change.options)
    for change, table, _ in scene.touched("drop-index"):
        if found := index(table, change.name):
            yield from _keys(scene, found, table, scene.after.get(change.table))


def _questions(scene: Scene, before: TableShape, after: TableShape, key: Key) -> Iterator[Finding]:
    """What is served worse after the statement than before it; what was never served is not told."""
    lost: dict[tuple[str, str], list[str]] = {}
    for need in scene.ground.reliance.needs:
        if need.table != key:
            continue
        was, by = best(before.indexes, need)
        now, _ = best(after.indexes, need)
        if by is None or now >= was or (need.wanted and now):
            continue
        rule = "index-narrowed" if now or not need.sure else "index-lost"
        lost.setdefault((rule, by.name), []).append(f"{need.who}, by {need}")
    for (rule, name), who in lost.items():
        what = "no index serves" if rule == "index-lost" else "a shorter index, or none, serves"
        columns = ", ".join(column for column in next(each for each in before.indexes if each.name == name).columns)
        yield scene.find(
            rule,
            f"{before.name}: {name} ({columns}) goes or changes, and {what} what it served",
            "ADD the new index first (the columns that are compared with one value first, the time last), "
            "look at EXPLAIN, then drop the old one in a later statement",
            table=before.name,
            who=who,
        )


def _uniqueness(scene: Scene, before: TableShape, after: TableShape, key: Key) -> Iterator[Finding]:
    told: set[str] = set()
    for unique in scene.ground.reliance.uniques:
        if unique.table != key:
            continue
        was = next((each for each in before.indexes if _keeps(each, unique.columns)), None)
        if was and not any(_keeps(each, unique.columns) for each in after.indexes):
            told.add(was.name.lower())
            yield scene.find(
                "unique-lost",
                f"{before.name}: without {was.name} nothing keeps ({', '.join(sorted(unique.columns))}) unique; "
                "two rows for one thing are how stock is sold twice",
                "ADD the new UNIQUE key in the same ALTER, before the old one goes",
                table=before.name,
                who=(unique.who,),
            )
    for each in before.indexes:
        same = frozenset(column.lower() for column in each.columns)
        if each.unique and each.name.lower() not in told and not any(_keeps(one, same) for one in after.indexes):
            text = f"{before.name}: {each.name} ({', '.join(each.columns)}) is no longer UNIQUE: duplicates may come"
            instead = "a UNIQUE key as long as the code relies on error 1062"
            yield scene.find("unique-lost", text, instead, severity="warn", table=before.name)


def _keeps(each: IndexShape, columns: frozenset[str]) -> bool:
    parts = {part.column.lower() for part in each.parts}
    return each.unique and not each.partial and parts <= columns and not any(part.prefix for part in each.parts)


def _new(
    scene: Scene, new: IndexShape, table: TableShape, after: TableShape | None, options: frozenset[str]
) -> Iterator[Finding]:
    columns = ", ".join(part.column or "(…)" for part in new.parts)
    old = table.indexes
    if new.unique and not any(_keeps(each, frozenset(c.lower() for c in new.columns)) for each in old) and table.rows:
        ignore = "ignore" in options
        yield scene.find(
            "rows-ignored" if ignore else "unique-key-added",
            f"{table.name}: UNIQUE ({columns}) over about {table.rows:,} rows: "
            + (
                "IGNORE deletes those that are double"
                if ignore
                else "it fails on duplicates, and INSERTs of them fail after it"
            ),
            f"SELECT {columns}, count(*) FROM {table.name} GROUP BY {columns} HAVING count(*) > 1, to find nothing",
            table=table.name,
        )
    others = [each for each in (after or table).indexes if each.name.lower() != new.name.lower()]
    if longer := next((each for each in others if covers(each, new)), None):
        text = f"{table.name}: {longer.name} ({', '.join(longer.columns)}) serves all that ({columns}) would"
        yield scene.find("index-duplicate", text, "no new index; each costs every INSERT", table=table.name)
    count = sum(each.name != "PRIMARY" for each in (after or table).indexes)
    if count > MOST:
        text = f"{table.name} gets {count} secondary indexes; every INSERT writes all of them"
        yield scene.find(
            "index-many", text, "drop what nobody uses first (sys.schema_unused_indexes)", table=table.name
        )


def _keys(scene: Scene, gone: IndexShape, table: TableShape, after: TableShape | None) -> Iterator[Finding]:
    """MySQL refuses to drop the last index that a foreign key needs."""
    if not scene.mysql or after is None:
        return
    dropped = {each.name.lower() for each in scene.asked.changes if each.kind in ("drop-key", "drop-constraint")}
    sides = [(key, key.columns) for key in table.foreign_keys if key.name.lower() not in dropped]
    sides += [(key, key.parent_columns) for key in table.referenced_by]
    needed = [
        f"foreign key {key.name} of {key.table}"
        for key, columns in sides
        if gone.columns[: len(columns)] == columns
        and not any(each.columns[: len(columns)] == columns for each in after.indexes)
    ]
    if needed:
        yield scene.find("foreign-key-broken", f"{table.name}: {gone.name} is the index of a foreign key: error 1553",
                         "an index on the same columns first", table=table.name, who=needed)  # fmt: skip
