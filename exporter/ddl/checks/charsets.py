"""Character sets and collations: what cannot be held any more, and what can no longer be compared by an index."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.database.shape import ColumnShape, TableShape
from exporter.ddl.nouns import Change, Finding
from exporter.ddl.scene import Scene
from exporter.ddl.schema import Key, column, shaped

_HOLDS = {"utf8mb4": 4, "utf16": 4, "utf32": 4, "gb18030": 4, "utf8mb3": 3, "utf8": 3, "ucs2": 3, "gbk": 2, "gb2312": 2,
          "big5": 2, "latin1": 1, "ascii": 0, "binary": 5}  # fmt: skip
_SAME = {"utf8": "utf8mb3"}


def charsets(scene: Scene) -> Iterator[Finding]:
    for change, table, key in scene.touched("convert", "modify"):
        if change.kind == "convert":
            changed = [each for each in table.columns.values() if each.charset and _differs(each, change)]
            charset, collation = change.charset, change.collation
        else:
            old = column(table, change.column.name) if change.column else None
            new = shaped(change.column, table) if change.column else None
            changed = [old] if old and new and old.charset and new.charset and _other(old, new) else []
            charset, collation = (new.charset, new.collation) if new else ("", "")
        if changed:
            yield _told(scene, table, key, changed, (charset, collation))


def _differs(each: ColumnShape, change: Change) -> bool:
    return _name(each.charset) != _name(change.charset) or (change.collation not in ("", each.collation))


def _other(old: ColumnShape, new: ColumnShape) -> bool:
    return _name(old.charset) != _name(new.charset) or new.collation not in ("", old.collation)


def _name(charset: str) -> str:
    return _SAME.get(charset, charset)


def _told(scene: Scene, table: TableShape, key: Key, changed: list[ColumnShape], to: tuple[str, str]) -> Finding:
    charset, collation = to
    names = ", ".join(each.name for each in changed[:5]) + (" …" if len(changed) > 5 else "")  # noqa: PLR2004 - enough to read
    what = f"{table.name}: {names} become {collation or charset}"
    pairs = [
        f"{table.name}.{each.name} is compared with {other}"
        for each in changed
        if (other := scene.ground.reliance.pairs.get((key, each.name.lower())))
    ]
    keys = [
        f"foreign key {each.name} of {each.table}"
        for each in (*table.foreign_keys, *table.referenced_by)
        if {name.lower() for name in (each.columns if each.table == table.name else each.parent_columns)}
        & {one.name.lower() for one in changed}
    ]
    lossy = any(_HOLDS.get(each.charset, 3) > _HOLDS.get(charset, 3) for each in changed)
    users = [user for each in changed for user in scene.ground.reliance.users(key, each.name)]
    if lossy or pairs or keys:
        reasons = [
            *(["it cannot hold every character that is stored today"] if lossy else []),
            *(["comparisons with columns of another collation lose their index or fail"] if pairs or keys else []),
        ]
        instead = "both sides of a comparison in one maintenance, to utf8mb4"
        who = (*pairs, *keys, *users)
        return scene.find("charset-lossy", f"{what}: {'; '.join(reasons)}", instead, table=table.name, who=who)
    text = f"{what}: uniqueness and sorting follow the new collation, and an index may grow over its limit of bytes"
    instead = "the collation that the columns compared with it have"
    return scene.find("charset-changed", text, instead, table=table.name, who=users)
