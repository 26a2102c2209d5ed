"""Columns that go, change their type, or are new and must be filled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exporter.database.shape import ColumnShape, TableShape
from exporter.ddl.checks.charsets import charsets
from exporter.ddl.nouns import Change, Finding
from exporter.ddl.scene import Scene
from exporter.ddl.schema import Key, applied, column, shaped
from exporter.ddl.types import Type, losses

if TYPE_CHECKING:
    from collections.abc import Iterable

_STEPS = (
    "expand and contract: ADD the new column, write both, move the readers (and the mapping), DROP in a later release"
)
_INSTEAD = {
    "type-narrowed": "a check that no row holds more, then a new column that is filled in batches and swapped",
    "type-converted": "a new column of the new type, filled in batches, read by the code before the old one goes",
    "money-float": "DECIMAL(12,2), or BIGINT in fen",
    "enum-values": "new values at the end only; values are taken away when no row holds them",
}
_MONEY = re.compile(r"amount|price|fee|money|cost|balance|total|refund|discount|freight|commission|_amt", re.IGNORECASE)


def check(scene: Scene) -> Iterator[Finding]:
    shapes: dict[Key, TableShape] = {}
    for change, before, key in scene.touched():
        table = shapes.get(key, before)
        yield from _judged(scene, change, table, key)
        shapes[key] = applied(table, change, scene.tables.family)
    yield from charsets(scene)


def _judged(scene: Scene, change: Change, table: TableShape, key: Key) -> Iterator[Finding]:
    old = column(table, change.column.name if change.column else change.name)
    if change.kind in ("drop-column", "rename-column") and old:
        yield from _gone(scene, change, table, key)
    elif change.kind == "add-column" and change.column:
        yield from _added(scene, change, table)
    elif change.kind in ("modify", "retype") and change.column and old:
        yield from _type(scene, change, table, old, key)
        if change.kind == "modify":
            yield from _nullable(scene, shaped(change.column, table), old, table, key)
            yield from _forgotten(scene, shaped(change.column, table), old, table)
            yield from _needed(scene, change, table, "is changed")
    elif change.kind in ("null", "not-null") and old:
        new = applied(table, change).columns[old.name]
        yield from _nullable(scene, new, old, table, key)


def _gone(scene: Scene, change: Change, table: TableShape, key: Key) -> Iterator[Finding]:
    name, done = change.name, "dropped" if change.kind == "drop-column" else f"renamed to {change.to}"
    text = f"{table.name}.{name} is {done}"
    if users := scene.ground.reliance.users(key, name):
        yield scene.find("used-column", text, _STEPS, table=table.name, who=users)
    else:
        yield scene.find("column-dropped", f"{text}: code that is still running may read it", _STEPS, table=table.name)
    views = [f"view {each.name}" for each in table.views if _among(name, each.columns)]
    if views:
        yield scene.find("read-by-view", f"{text}; the view fails from then on", "CREATE OR REPLACE VIEW first",
                         table=table.name, who=views)  # fmt: skip
    triggers = [f"trigger {each.name} on {each.table}" for each in table.triggers if _among(name, each.columns)]
    if triggers:
        text = f"{text}; every write that fires the trigger fails from then on"
        yield scene.find("read-by-trigger", text, "change the trigger first, in the same maintenance", table=table.name,
                         who=triggers)  # fmt: skip
    if change.kind == "drop-column":
        yield from _needed(scene, change, table, "is dropped")


def _needed(scene: Scene, change: Change, table: TableShape, done: str) -> Iterator[Finding]:
    """Foreign keys over the column, in both directions, but for those that the same statement drops."""
    name = change.name.lower()
    dropped = {each.name.lower() for each in scene.asked.changes if each.kind in ("drop-key", "drop-constraint")}
    keys = [
        *(f"foreign key {key.name} of {key.table}" for key in table.foreign_keys
          if _among(name, key.columns) and key.name.lower() not in dropped),
        *(f"foreign key {key.name} of {key.table}" for key in table.referenced_by if _among(name, key.parent_columns)),
    ]  # fmt: skip
    old = column(table, name)
    same = change.column is not None and old is not None and Type.of(change.column.type) == Type.of(old.type)
    if keys and not same:
        text = f"{table.name}.{change.name} {done}: the server refuses it (or the key)"
        instead = "DROP FOREIGN KEY before it, in a statement of its own"
        yield scene.find("foreign-key-broken", text, instead, table=table.name, who=keys)


def _added(scene: Scene, change: Change, table: TableShape) -> Iterator[Finding]:
    new = change.column
    assert new  # noqa: S101 - this kind has one
    if not new.nullable and not (new.default or new.auto or new.generated):
        yield scene.find(
            "not-null-without-default",
            f"{table.name}.{new.name} is NOT NULL without a default: INSERTs of code that does not know it fail "
            "(error 1364 in strict mode), and existing rows get 0 or ''",
            "DEFAULT with a value that says what it means, or NULL until the code writes it",
            table=table.name,
        )
    if Type.of(new.type).base in ("float", "double", "real") and _MONEY.search(new.name):
        text = f"{table.name}.{new.name} is a {Type.of(new.type).base}: sums of amounts are off by cents"
        yield scene.find("money-float", text, _INSTEAD["money-float"], table=table.name)


def _type(scene: Scene, change: Change, table: TableShape, old: ColumnShape, key: Key) -> Iterator[Finding]:
    assert change.column  # noqa: S101 - these kinds have one
    family = scene.tables.family
    lost = losses(Type.of(old.type, family), Type.of(change.column.type, family))
    if lost:
        rule, text = lost
        what = f"{table.name}.{old.name}: {_shown(old.type)} becomes {_shown(change.column.type)}: {text}"
        users = scene.ground.reliance.users(key, old.name)
        yield scene.find(rule, what, _INSTEAD[rule], table=table.name, who=users)


def _shown(text: str) -> str:
    """A type without the values of an ENUM, which are literals."""
    return re.sub(r"\('.*'\)", "(…)", text, flags=re.DOTALL)


def _nullable(scene: Scene, new: ColumnShape, old: ColumnShape, table: TableShape, key: Key) -> Iterator[Finding]:
    place, users = f"{table.name}.{old.name}", scene.ground.reliance.users(key, old.name)
    if old.nullable and not new.nullable:
        yield scene.find(
            "null-forbidden",
            f"{place} no longer allows NULL: the statement fails on rows that hold one (or makes them 0 or ''), "
            "and so does code that writes one",
            f"SELECT count(*) FROM {table.name} WHERE {old.name} IS NULL must be 0 first, and the code must be out",
            table=table.name,
            who=users,
        )
    elif new.nullable and not old.nullable and users:
        text = f"{place} may become NULL; MODIFY without NOT NULL takes it away"
        yield scene.find(
            "null-allowed", text, "NOT NULL in the MODIFY, as the column has it", table=table.name, who=users
        )


def _forgotten(scene: Scene, new: ColumnShape, old: ColumnShape, table: TableShape) -> Iterator[Finding]:
    lost = [
        *(["DEFAULT"] if old.default is not None and new.default is None else []),
        *(["AUTO_INCREMENT"] if "auto_increment" in old.extra and "auto_increment" not in new.extra else []),
    ]
    if lost:
        severity = "block" if "AUTO_INCREMENT" in lost else "warn"
        text = f"{table.name}.{old.name} loses {' and '.join(lost)}: MODIFY and CHANGE set a column anew, as a whole"
        instead = "the whole definition as SHOW CREATE TABLE gives it, with what changes"
        yield scene.find("modify-forgets", text, instead, table=table.name, severity=severity)  # type: ignore[arg-type]


def _among(name: str, columns: Iterable[str]) -> bool:
    return name.lower() in {each.lower() for each in columns}
