"""What the server does while it runs: copies, rebuilds, locks, and the queue behind a waiting ALTER."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.database.shape import TableShape
from exporter.ddl.cost import Cost
from exporter.ddl.nouns import Change, Finding
from exporter.ddl.online import cost
from exporter.ddl.scene import Scene
from exporter.ddl.schema import Key, applied

LONGEST_WAIT = 60
"""Seconds of a lock wait limit that is still one."""

_WAITS = {"mysql": ("lock_wait_timeout",), "postgresql": ("lock_timeout", "statement_timeout")}
_TOOLS = "gh-ost or pt-online-schema-change, or the change in a quiet hour with the writers stopped"
_ASKS = {"instant": "INSTANT", "nocopy": "INPLACE, LOCK=NONE", "rebuild": "INPLACE, LOCK=NONE"}


def check(scene: Scene) -> Iterator[Finding]:
    if scene.tables.family == "sqlite":
        return
    yield from _wait(scene)
    for table, key, dearest in costs(scene):
        yield from _cost(scene, table, dearest)
        yield from _split(scene, table, key, dearest)


def costs(scene: Scene) -> Iterator[tuple[TableShape, Key, Cost]]:
    """Each altered table with the dearest of the changes; an index that is dropped or added alone counts as well."""
    if scene.asked.verb not in ("ALTER", "CREATE INDEX", "DROP INDEX"):
        return
    together = {f"{change.kind} {change.name}" for change in scene.asked.changes}
    checked = scene.session.get("foreign_key_checks", "1").upper() not in ("0", "OFF", "FALSE")
    dearest: dict[Key, Cost] = {}
    shapes: dict[Key, TableShape] = {}
    for change, before, key in scene.touched():
        table = shapes.get(key, before)
        found = _of(scene, change, table, together, checked=checked)
        dearest[key] = max(dearest.get(key, found), found, key=lambda each: each.rank)
        shapes[key] = applied(table, change, scene.tables.family)
    for key, found in dearest.items():
        yield scene.tables.known[key], key, found


def _of(scene: Scene, change: Change, table: TableShape, together: set[str], *, checked: bool) -> Cost:
    if change.kind == "add-key" and scene.mysql and not checked:
        return Cost("nocopy", why="foreign_key_checks is off")
    return cost(change, table, scene.ground.flavour, together)


def _wait(scene: Scene) -> Iterator[Finding]:
    """Once for a file: its first statement that needs the metadata lock of a table in use."""
    kinds = {change.kind for change, _, _ in scene.touched()}
    if not kinds or "*" in {name for _, name in scene.altered} or scene.asked.wait:
        return
    name = "lock_wait_timeout" if scene.mysql else "lock_timeout"
    given = next((scene.session[each] for each in _WAITS[scene.tables.family] if each in scene.session), None)
    if given is not None and _seconds(given, mysql=scene.mysql) <= LONGEST_WAIT:
        return
    default = "86400 s on MariaDB, a year on MySQL" if scene.mysql else "for ever"
    what = "no lock wait limit is set before it" if given is None else f"{name} is more than {LONGEST_WAIT} s"
    yield scene.find(
        "lock-wait-timeout",
        f"{what}: behind one long transaction it waits ({default}), and every query of the table waits behind it",
        f"SET SESSION {name} = 5;" if scene.mysql else "SET lock_timeout = '5s';",
        table=next(change.table.table for change, _, _ in scene.touched()),
    )


def _seconds(value: str, *, mysql: bool) -> float:
    number = "".join(sign for sign in value if sign.isdecimal() or sign == ".")
    unit = value[len(number) :].strip().lower()
    amount = float(number) if number.count(".") < 2 and number.strip(".") else float("inf")  # noqa: PLR2004 - 1.2.3 is no number
    if mysql:
        return amount if not unit else float("inf")
    return {"ms": 0.001, "": 0.001, "s": 1, "min": 60, "h": 3600}.get(unit, float("inf")) * (amount or float("inf"))


def _cost(scene: Scene, table: TableShape, dearest: Cost) -> Iterator[Finding]:
    asked = scene.asked
    why = f" ({dearest.why})" if dearest.why else ""
    if dearest.refuses(asked.algorithm, asked.lock):
        wanted = ", ".join(f"{w}={v}" for w, v in (("ALGORITHM", asked.algorithm), ("LOCK", asked.lock)) if v)
        text = f"{table.name}: {scene.ground.flavour} cannot do this with {wanted}{why}: it refuses, as it should"
        yield scene.find("algorithm-refused", text, f"what it can do, or {_TOOLS}", table=table.name)
        return
    way = "copy" if asked.algorithm == "COPY" else dearest.way
    large, rows = scene.large(table), f"about {table.rows:,} rows"
    if way == "copy":
        text = f"{table.name} ({rows}) is copied row by row, and nobody may write to it meanwhile{why}"
        yield scene.find("table-copy", text, _TOOLS, table=table.name, severity=None if large else "note")
    elif large and way == "unknown":
        text = f"{table.name} ({rows}): what this costs cannot be known here{why}"
        yield scene.find("cost-unknown", text, "a trial on a copy of the table, with its time", table=table.name)
    elif large and not dearest.writes:
        instead = _TOOLS if scene.mysql else "CREATE INDEX CONCURRENTLY; NOT VALID, then VALIDATE CONSTRAINT"
        text = f"{table.name} ({rows}): nobody may write meanwhile{why}"
        yield scene.find("writes-locked", text, instead, table=table.name)
    elif large and way == "rebuild":
        text = f"{table.name} ({rows}) is rebuilt in place: writes go on, replicas lag for as long as it takes{why}"
        yield scene.find("table-rebuild", text, _TOOLS, table=table.name)
    if large and scene.mysql and not asked.algorithm and way in _ASKS:
        text = f"{table.name} ({rows}): {scene.ground.flavour} need not copy it, and may silently do so all the same"
        yield scene.find("algorithm-unsaid", text, f"ALGORITHM={_ASKS[way]}: then it refuses instead", table=table.name)


def _split(scene: Scene, table: TableShape, key: Key, dearest: Cost) -> Iterator[Finding]:
    """Two copies or two rebuilds cost as much as one; a change that is cheap alone is better left alone."""
    if scene.altered.get(key) == dearest.way and dearest.way in ("rebuild", "copy"):
        text = f"{table.name} is written anew ({dearest.way}) more than once in this file"
        yield scene.find("alters-split", text, "one ALTER TABLE with all its clauses", table=table.name)
