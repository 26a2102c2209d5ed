"""A statement → what it asks for. What is no migration's business is read as far as it must be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from exporter.ddl import definitions, queries
from exporter.ddl.alter import added, alter
from exporter.ddl.nouns import Asked, Change, Name, Statement, UnreadableError
from exporter.ddl.tokens import Tokens
from exporter.ddl.words import KNOWN

_CREATE_WORDS = ("OR", "REPLACE", "TEMPORARY", "TEMP", "UNLOGGED", "GLOBAL", "LOCAL", "ALGORITHM", "DEFINER", "SQL",
                 "AGGREGATE", "MATERIALIZED", "ONLINE", "OFFLINE")  # fmt: skip


def asked(statement: Statement, family: str) -> Asked:
    """Raises UnreadableError for what is no SQL that we know."""
    tokens = Tokens.of(statement.text, family)
    verb = tokens.peek()
    if verb in _READ:
        tokens.next()
        return _READ[verb](statement, tokens)
    if verb in KNOWN:
        return Asked(statement, verb)
    raise UnreadableError("this is no SQL statement that is known here")


def named(each: Asked, family: str) -> Iterator[Name]:
    """The tables that a statement names; an index that is named alone gives a table without a name."""
    for change in each.changes:
        yield change.table
        if change.kind == "add-key" and change.parent:
            yield change.parent
    if each.verb in ("UPDATE", "DELETE") and (write := queries.write(each.statement.text, family)):
        yield from write.tables


def _alter(statement: Statement, tokens: Tokens) -> Asked:
    words = [tokens.any("ONLINE", "OFFLINE"), tokens.any("IGNORE")]
    if tokens.take("TABLE"):
        found = alter(statement, tokens)
        if not words[1]:
            return found
        changes = tuple(replace(change, options=change.options | {"ignore"}) for change in found.changes)
        return replace(found, changes=changes)
    what = tokens.peek()
    if what == "INDEX":  # PostgreSQL
        tokens.next()
        tokens.exists()
        old = tokens.table()
        to = tokens.name() if tokens.take("RENAME", "TO") else ""
        return Asked(statement, "ALTER", (Change("rename-index", Name(""), old.table, to),) if to else ())
    if not what:
        raise tokens.unreadable()
    return Asked(statement, "OTHER")


def _create(statement: Statement, tokens: Tokens) -> Asked:
    temporary = False
    while word := tokens.any(*_CREATE_WORDS):
        temporary |= word in ("TEMPORARY", "TEMP")
        if word in ("ALGORITHM", "DEFINER", "SQL"):
            while tokens.left and tokens.peek() not in ("VIEW", "TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "DEFINER"):
                tokens.next()
    if tokens.take("TABLE"):
        return Asked(statement, "CREATE", tuple(_table(tokens)) if not temporary else ())
    unique = bool(tokens.take("UNIQUE"))
    kind = tokens.any("FULLTEXT", "SPATIAL").lower()
    if tokens.take("INDEX"):
        return Asked(statement, "CREATE INDEX", *_index(tokens, unique=unique, kind=kind))
    if unique or kind or not tokens.left:
        raise tokens.unreadable()
    return Asked(statement, "OTHER")


def _index(tokens: Tokens, *, unique: bool, kind: str) -> tuple[tuple[Change, ...], str, str]:
    """The change, ALGORITHM and LOCK."""
    options = {"concurrently"} if tokens.take("CONCURRENTLY") else set()
    exists = tokens.exists()
    name = "" if tokens.peek() == "ON" else tokens.table().table
    if tokens.take("USING"):
        kind = kind or tokens.next().text.lower()
    if not tokens.take("ON"):
        raise tokens.unreadable()
    tokens.take("ONLY")
    table = tokens.table()
    start = tokens.at
    if tokens.peek() not in ("(", "USING"):
        raise tokens.unreadable()
    index = definitions.index_of(tokens, name, unique=unique, kind=kind)
    change = Change("add-index", table, index.name, index=index, exists=exists, options=frozenset(options))
    return (change,), *_how(tokens, start)


def _how(tokens: Tokens, start: int) -> tuple[str, str]:
    said = {"ALGORITHM": "", "LOCK": ""}
    tokens.at = start
    while tokens.left:
        if word := tokens.any("ALGORITHM", "LOCK"):
            said[word] = tokens.value().upper()
        else:
            tokens.next()
    return said["ALGORITHM"], said["LOCK"]


def _table(tokens: Tokens) -> Iterator[Change]:
    exists = tokens.exists()
    table = tokens.table()
    yield Change("create", table, exists=exists)
    if tokens.peek() != "(" or tokens.peek(1) in ("LIKE", "SELECT"):
        return
    for part in tokens.brackets().parts():
        yield from added(part, table)


def _drop(statement: Statement, tokens: Tokens) -> Asked:
    temporary = tokens.any("TEMPORARY", "TEMP")
    what = tokens.any("TABLE", "TABLES", "INDEX", "VIEW", "TRIGGER", "DATABASE", "SCHEMA")
    concurrently = tokens.take("CONCURRENTLY")
    exists = tokens.exists()
    if what in ("TABLE", "TABLES"):
        tables = [] if temporary else [each.table() for each in tokens.parts()]
        return Asked(statement, "DROP", tuple(Change("drop", table, exists=exists) for table in tables))
    if what == "INDEX":
        start = tokens.at
        name = tokens.table().table
        table = tokens.table() if tokens.take("ON") else Name("")
        options = frozenset({"concurrently"} if concurrently else ())
        change = Change("drop-index", table, name, exists=exists, options=options)
        return Asked(statement, "DROP INDEX", (change,), *_how(tokens, start))
    if what:
        names = tuple(each.table().table for each in tokens.parts())
        return Asked(statement, f"DROP {'DATABASE' if what == 'SCHEMA' else what}", objects=names)
    if not tokens.left:
        raise tokens.unreadable()
    return Asked(statement, "OTHER")


def _rename(statement: Statement, tokens: Tokens) -> Asked:
    if not tokens.any("TABLE", "TABLES"):
        return Asked(statement, "OTHER")
    tokens.exists()
    return Asked(statement, "RENAME", tuple(map(_renamed, tokens.parts())))


def _renamed(tokens: Tokens) -> Change:
    table = tokens.table()
    if tokens.take("WAIT"):
        tokens.next()
    tokens.take("NOWAIT")
    if not tokens.take("TO"):
        raise tokens.unreadable()
    to = tokens.table()
    return Change("rename", table, to=to.table, parent=to)


def _truncate(statement: Statement, tokens: Tokens) -> Asked:
    tokens.take("TABLE")
    changes = tuple(Change("truncate", each.table()) for each in tokens.parts())
    return Asked(statement, "TRUNCATE", changes)


def _set(statement: Statement, tokens: Tokens) -> Asked:
    place = next((n for n, each in enumerate(tokens.all) if each.text.upper() == "FOR" and each.kind == "word"), None)
    if not tokens.take("STATEMENT") or place is None:
        return Asked(statement, "SET", settings=dict(_settings(tokens)))
    # MariaDB: SET STATEMENT lock_wait_timeout = 5 FOR ALTER TABLE …
    rest = Tokens(tokens.text, tokens.all[place + 1 :])
    waits = any(name == "lock_wait_timeout" for name, _ in _settings(Tokens(tokens.text, tokens.all[2:place])))
    verb = rest.peek()
    if verb not in _READ:
        return Asked(statement, verb if verb in KNOWN else "OTHER")
    rest.next()
    found = _READ[verb](statement, rest)
    return replace(found, wait=found.wait or waits)


def _settings(tokens: Tokens) -> Iterator[tuple[str, str]]:
    for each in tokens.parts():
        scope = each.any("SESSION", "GLOBAL", "LOCAL", "PERSIST", "STATEMENT")
        while each.take("@"):
            scope = each.any("SESSION", "GLOBAL", "LOCAL") or scope
            each.take(".")
        if not each.left:
            raise each.unreadable()
        name = each.next().text.lower()
        if scope not in ("GLOBAL", "PERSIST") and (each.any("=", ":=", "TO") or each.take(":", "=")) and each.left:
            yield name, each.next().text


_READ: Mapping[str, Callable[[Statement, Tokens], Asked]] = {
    "ALTER": _alter, "CREATE": _create, "DROP": _drop, "RENAME": _rename, "TRUNCATE": _truncate,
    "SET": _set,
    "USE": lambda statement, tokens: Asked(statement, "USE", schema=tokens.name()),
}  # fmt: skip
