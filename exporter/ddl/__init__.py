"""Judges a migration before it runs, against what the order system, its probes and its searches depend on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import replace

from exporter.ddl.checks import CHECKS
from exporter.ddl.checks.locking import costs
from exporter.ddl.nouns import Asked, Fault, Finding, Statement, UnreadableError, Verdict
from exporter.ddl.queries import parsed
from exporter.ddl.reading import asked
from exporter.ddl.rules import RULES
from exporter.ddl.scene import Ground, Scene
from exporter.ddl.schema import Key
from exporter.ddl.script import statements
from exporter.ddl.strange import plain, unknown

__all__ = ["Asked", "Fault", "Finding", "Ground", "Verdict", "judge", "read"]

_PARSED = ("UPDATE", "DELETE")
_ALLOW = "-- order-health: allow RULE and why it may be here"


def read(text: str, family: str) -> tuple[list[Asked], list[Fault]]:
    """What the file asks for, and every place of it that is not understood."""
    found, faults = statements(text, family)
    understood: list[Asked] = []
    for statement in found:
        try:
            each = asked(statement, family)
            if each.verb in _PARSED:
                parsed(statement.text, family)
            understood.append(each)
        except UnreadableError as error:
            if statement.allowed.get("not-judged"):
                understood.append(Asked(statement, "OTHER"))
            else:
                faults.append(_placed(statement, error))
    if not found and not faults:
        faults.append(Fault(1, 1, "the file holds no statement"))
    return understood, faults


def judge(file: str, migration: Sequence[Asked], grounds: Iterable[Ground]) -> Verdict:
    """All findings on all databases that have the tables, in the order of the file.

    A file none of whose tables is known anywhere is not judged: it is meant for another database.
    """
    places = list(grounds)
    strange = unknown(migration, places)
    if strange.everything:
        return Verdict(file, faults=tuple(strange.faults()), statements=len(migration))
    found = [*strange.findings(), *_comments(migration)]
    for ground in places:
        found += _on(ground, migration)
    ordered = sorted(dict.fromkeys(found), key=lambda each: (each.line, each.column, each.at))
    return Verdict(file, tuple(ordered), statements=len(migration))


def _on(ground: Ground, migration: Sequence[Asked]) -> Iterable[Finding]:
    session: dict[str, str] = {}
    altered: dict[Key, str] = {}
    home = ground.tables.own
    for given in migration:
        each = _with_tables(given, ground)
        ground.tables.own = each.schema or ground.tables.own
        session |= each.settings
        after = copy(ground.tables)
        after.known, after.made, after.gone = dict(after.known), set(after.made), set(after.gone)
        for change in each.changes:
            after.apply(change)
        scene = Scene(each, ground, session, altered, after)
        for check in CHECKS:
            yield from check(scene)
        _remember(scene, altered)
        ground.tables.known, ground.tables.made, ground.tables.gone = after.known, after.made, after.gone
    ground.tables.own = home


def _with_tables(each: Asked, ground: Ground) -> Asked:
    """Indexes that are named without their table (PostgreSQL, SQLite) get it from the live schema."""
    changes = tuple(
        change if change.table.table else replace(change, table=ground.tables.index_owner(change.name) or change.table)
        for change in each.changes
    )
    return replace(each, changes=changes) if changes != each.changes else each


def _remember(scene: Scene, altered: dict[Key, str]) -> None:
    for _, key, cost in costs(scene):
        altered[key] = cost.way
    if any(True for _ in scene.touched()):
        altered["", "*"] = ""


def _comments(migration: Sequence[Asked]) -> Iterable[Finding]:
    """Comments that allow nothing, because they are not understood."""
    for each in migration:
        for rule, why in each.statement.allowed.items():
            if rule not in RULES:
                yield plain(each.statement, "allow-unclear", f"there is no rule {rule}", _ALLOW)
            elif not why:
                yield plain(each.statement, "allow-unclear", f"the comment allows {rule} and gives no reason", _ALLOW)


def _placed(statement: Statement, error: UnreadableError) -> Fault:
    before = statement.text[: error.offset]
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1) + (0 if line else statement.column - 1)
    return Fault(statement.line + line, column + 1, str(error))
