"""Judges a migration before it runs, against what the order system, its probes and its searches depend on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from copy import copy
from dataclasses import replace

from exporter.ddl.checks import CHECKS
from exporter.ddl.nouns import Asked, Fault, Finding, Statement, UnreadableError, Verdict
from exporter.ddl.queries import parsed
from exporter.ddl.reading import asked
from exporter.ddl.rules import RULES
from exporter.ddl.scene import Ground, Scene
from exporter.ddl.schema import Key
from exporter.ddl.script import statements

__all__ = ["Asked", "Fault", "Finding", "Ground", "Verdict", "judge", "read"]

_PARSED = ("UPDATE", "DELETE")


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
    """All findings on all databases that have the tables, in the order of the file."""
    found: list[Finding] = []
    known: set[int] = set()
    places = list(grounds)
    for ground in places:
        found += _on(ground, migration, known)
    found += _elsewhere(migration, known, bool(places))
    found += _comments(migration)
    ordered = sorted(dict.fromkeys(found), key=lambda each: (each.line, each.column, each.at))
    return Verdict(file, tuple(ordered), statements=len(migration))


def _on(ground: Ground, migration: Sequence[Asked], known: set[int]) -> Iterable[Finding]:
    """`known` gathers the numbers of the statements all of whose tables some database has."""
    session: dict[str, str] = {}
    altered: dict[Key, str] = {}
    home = ground.tables.own
    for number, given in enumerate(migration):
        each = _with_tables(given, ground)
        ground.tables.own = each.schema or ground.tables.own
        session |= each.settings
        if all(ground.tables.get(change.table) is not None or change.kind == "create" for change in each.changes):
            known.add(number)
        after = copy(ground.tables)
        after.known, after.made = dict(after.known), set(after.made)
        for change in each.changes:
            after.apply(change)
        scene = Scene(each, ground, session, altered, after)
        for check in CHECKS:
            yield from check(scene)
        _remember(scene, altered)
        ground.tables.known, ground.tables.made = after.known, after.made
    ground.tables.own = home


def _with_tables(each: Asked, ground: Ground) -> Asked:
    """Indexes that are named without their table (PostgreSQL, SQLite) get it from the live schema."""
    changes = tuple(
        change if change.table.table else replace(change, table=ground.tables.index_owner(change.name) or change.table)
        for change in each.changes
    )
    return replace(each, changes=changes) if changes != each.changes else each


def _remember(scene: Scene, altered: dict[Key, str]) -> None:
    from exporter.ddl.checks.locking import costs  # noqa: PLC0415

    for _, key, cost in costs(scene):
        altered[key] = cost.way
    if any(True for _ in scene.touched()):
        altered["", "*"] = ""


def _elsewhere(migration: Sequence[Asked], known: Collection[int], looked: bool) -> Iterable[Finding]:
    """Tables that no database of the configuration shows."""
    made: set[str] = set()
    for number, each in enumerate(migration):
        made |= {change.table.table.lower() for change in each.changes if change.kind == "create"}
        names = [str(c.table) for c in each.changes if not c.exists and c.table.table.lower() not in made]
        if names and looked and number not in known:
            yield _found(
                each.statement,
                "unknown-table",
                f"{', '.join(dict.fromkeys(names))}: not in a database of this configuration, or hidden from the "
                "account; so it was not judged",
                "the right --config.file, USE or schema; or GRANT SELECT on it to the account of order-health",
            )


def _comments(migration: Sequence[Asked]) -> Iterable[Finding]:
    for each in migration:
        for rule, why in each.statement.allowed.items():
            if rule not in RULES or not why:
                what = (
                    f"there is no rule {rule}"
                    if rule not in RULES
                    else f"the comment allows {rule} and gives no reason"
                )
                yield _found(
                    each.statement, "allow-unclear", what, "-- order-health: allow RULE and why it may be here"
                )


def _found(statement: Statement, rule: str, what: str, instead: str) -> Finding:
    finding = Finding(rule, RULES[rule].severity, statement.line, statement.column, what, instead)
    return finding.under({name: why for name, why in statement.allowed.items() if why})


def _placed(statement: Statement, error: UnreadableError) -> Fault:
    before = statement.text[: error.offset]
    line = before.count("\n")
    column = len(before) - (before.rfind("\n") + 1) + (0 if line else statement.column - 1)
    return Fault(statement.line + line, column + 1, str(error))
