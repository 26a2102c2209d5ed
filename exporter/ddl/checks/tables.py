"""Tables that are dropped, renamed or emptied; keys between tables."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.database.shape import TableShape
from exporter.ddl.nouns import Change, Finding
from exporter.ddl.scene import Scene
from exporter.ddl.schema import Key

_WORDS = {"drop": "dropped", "rename": "renamed", "truncate": "emptied"}
_STEPS = "two releases: first the code that no longer reads it (and the mapping), later the RENAME, last the DROP"


def check(scene: Scene) -> Iterator[Finding]:
    for change, table, key in scene.touched("drop", "rename", "truncate"):
        yield from _table(scene, change, table, key)
    for change, table, _ in scene.touched("partition"):
        if change.name in ("drop", "truncate"):
            yield scene.find(
                "truncated",
                f"a partition of {table.name} is {'dropped' if change.name == 'drop' else 'emptied'} with all its rows",
                "EXCHANGE PARTITION with an empty table of the same shape, which can be given back",
                table=table.name,
            )
    for change, table, _ in scene.touched("add-key"):
        yield scene.find(
            "foreign-key-added",
            f"{table.name} gets a foreign key to {change.parent}: every row is checked, writes to one table lock "
            "rows of the other (deadlocks between payment and stock), and later ALTERs of both are refused or copied",
            "an index on the column, and a probe or job that looks for orphans"
            + ("" if scene.mysql else "; or ADD CONSTRAINT … NOT VALID, then VALIDATE CONSTRAINT"),
            table=table.name,
        )
    if scene.asked.verb == "DROP DATABASE":
        for name in scene.asked.objects:
            yield scene.find(
                "database-dropped", f"database {name} is dropped with all its tables", "nothing in a migration"
            )
    if scene.asked.verb in ("DROP VIEW", "DROP TRIGGER"):
        what = scene.asked.verb.partition(" ")[2].lower()
        for name in scene.asked.objects:
            text = f"{what} {name} is dropped; who relies on it is not known here"
            yield scene.find("view-replaced", text, f"CREATE OR REPLACE {what.upper()}, so that there is no gap")


def _table(scene: Scene, change: Change, table: TableShape, key: Key) -> Iterator[Finding]:
    done = _WORDS[change.kind]
    users = scene.ground.reliance.users(key)
    swapped = scene.after.known.get(key) is not None and change.kind == "rename"
    if users and not swapped:
        yield scene.find("used-table", f"{table.name} is {done}", _STEPS, table=table.name, who=users)
    elif change.kind != "truncate":
        what = f"{table.name} is {done}" + (
            f", and another table takes its name ({_swap(table, scene, key)})" if swapped else ""
        )
        yield scene.find("table-dropped", what, _STEPS, table=table.name)
    if change.kind == "truncate":
        text = f"{table.name} is emptied (about {table.rows:,} rows): no ROLLBACK, and triggers do not fire"
        yield scene.find("truncated", text, "DELETE by key in batches, after a backup", table=table.name)
    if change.kind == "truncate" or swapped:
        return
    if table.views:
        yield scene.find("read-by-view", f"{table.name} is {done}", "CREATE OR REPLACE VIEW first", table=table.name,
                         who=(f"view {view.name}" for view in table.views))  # fmt: skip
    if elsewhere := [trigger for trigger in table.triggers if trigger.table.lower() != table.name.lower()]:
        yield scene.find("read-by-trigger", f"{table.name} is {done}", "change the triggers first", table=table.name,
                         who=(f"trigger {each.name} on {each.table}" for each in elsewhere))  # fmt: skip
    if table.referenced_by and change.kind == "drop":
        keys = [f"foreign key {key.name} of {key.table}" for key in table.referenced_by]
        instead = "DROP FOREIGN KEY on the other tables first"
        yield scene.find("foreign-key-broken", f"{table.name} is dropped", instead, table=table.name, who=keys)


def _swap(before: TableShape, scene: Scene, key: Key) -> str:
    after = scene.after.known[key]
    names = {name.lower() for name in after.columns}
    missing = [name for name in before.columns if name.lower() not in names]
    return f"it lacks {', '.join(missing[:5])}" if missing and names else "its columns were not compared"
