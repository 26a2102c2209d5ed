"""The clauses of an ALTER TABLE, one by one, so that one that nobody else knows does not hide the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from exporter.ddl import definitions
from exporter.ddl.nouns import Asked, Change, ColumnDef, Name, Statement
from exporter.ddl.tokens import Tokens
from exporter.ddl.words import OF_PARTITIONS, PLAIN_OPTIONS, REBUILDS

_PARTITION = ("PARTITION", "PARTITIONS", "SYSTEM")


def alter(statement: Statement, tokens: Tokens) -> Asked:
    """`tokens` stand behind ALTER … TABLE."""
    exists = tokens.exists()
    tokens.take("ONLY")
    table = tokens.table()
    tokens.take("*")
    wait = False
    if tokens.take("NOWAIT"):
        wait = True
    elif tokens.take("WAIT"):
        tokens.next()
        wait = True
    changes: list[Change] = []
    said = {"ALGORITHM": "", "LOCK": ""}
    for clause in tokens.parts():
        if word := clause.any("ALGORITHM", "LOCK"):
            said[word] = clause.value().upper()
        elif clause.left:
            changes += _clause(clause, table)
    if not changes and not any(said.values()):
        raise tokens.unreadable()
    if exists:
        changes = [replace(change, exists=True) for change in changes]
    return Asked(statement, "ALTER", tuple(changes), said["ALGORITHM"], said["LOCK"], wait)


def _clause(tokens: Tokens, table: Name) -> Iterator[Change]:
    verb = tokens.peek()
    if verb == "ADD":
        tokens.next()
        yield from _add(tokens, table)
    elif verb == "DROP":
        tokens.next()
        yield _drop(tokens, table)
    elif verb in ("MODIFY", "CHANGE"):
        tokens.next()
        yield from _modify(tokens, table, change=verb == "CHANGE")
    elif verb == "RENAME":
        tokens.next()
        yield _rename(tokens, table)
    elif verb == "ALTER":
        tokens.next()
        yield from _alter_column(tokens, table)
    else:
        yield from _table_option(tokens, table)


def _add(tokens: Tokens, table: Name) -> Iterator[Change]:
    if tokens.peek() in _PARTITION:
        yield Change("partition", table, "add")
    elif tokens.peek() in definitions.KEYS:
        if found := definitions.key(tokens, table):
            yield found
    else:
        tokens.take("COLUMN")
        exists = tokens.exists()
        several = list(tokens.brackets().parts()) if tokens.peek() == "(" else [tokens]
        for each in several:
            yield from added(each, table, exists=exists)


def added(tokens: Tokens, table: Name, *, exists: bool = False) -> Iterator[Change]:
    """A column or a key, as CREATE TABLE and ADD (…) list them."""
    if tokens.peek() in definitions.KEYS and (found := definitions.key(tokens, table)):
        yield found
        return
    column, indexes, parent = definitions.column(tokens)
    yield Change("add-column", table, column.name, column=column, exists=exists)
    yield from (Change("add-index", table, index.name, index=index) for index in indexes)
    if parent:
        yield Change("add-key", table, column.name, parent=parent)


def _drop(tokens: Tokens, table: Name) -> Change:
    if word := tokens.any("PARTITION", "SYSTEM"):
        return Change("partition", table, "drop" if word == "PARTITION" else "other")
    if tokens.take("PRIMARY", "KEY") or tokens.take("PRIMARY"):
        return Change("drop-index", table, "PRIMARY")
    kind = "drop-column"
    if tokens.any("INDEX", "KEY"):
        kind = "drop-index"
    elif tokens.take("FOREIGN", "KEY"):
        kind = "drop-key"
    elif tokens.any("CONSTRAINT", "CHECK"):
        kind = "drop-constraint"
    else:
        tokens.take("COLUMN")
    exists = tokens.exists()
    return Change(kind, table, tokens.name(), exists=exists)


def _modify(tokens: Tokens, table: Name, *, change: bool) -> Iterator[Change]:
    tokens.take("COLUMN")
    exists = tokens.exists()
    old = tokens.name()
    column, indexes, _ = definitions.column(tokens, None if change else old)
    if change and column.name.lower() != old.lower():
        yield Change("rename-column", table, old, column.name, exists=exists)
    yield Change("modify", table, column.name, column=column, exists=exists)
    yield from (Change("add-index", table, index.name, index=index) for index in indexes)


def _rename(tokens: Tokens, table: Name) -> Change:
    if tokens.any("INDEX", "KEY"):
        old = tokens.name()
        tokens.take("TO")
        return Change("rename-index", table, old, tokens.name())
    if tokens.take("CONSTRAINT"):
        return Change("option", table, "constraint")
    if tokens.take("COLUMN") or tokens.peek(1) == "TO":
        exists = tokens.exists()
        old = tokens.name()
        tokens.take("TO")
        return Change("rename-column", table, old, tokens.name(), exists=exists)
    tokens.any("TO", "AS")
    to = tokens.table()
    return Change("rename", table, to=to.table, parent=to)


def _alter_column(tokens: Tokens, table: Name) -> Iterator[Change]:
    if tokens.any("INDEX", "KEY"):
        name = tokens.name()
        hidden = bool(tokens.any("INVISIBLE", "IGNORED"))
        yield Change("hide-index" if hidden else "option", table, name)
        return
    if tokens.any("CONSTRAINT", "CHECK"):
        yield Change("option", table, tokens.name())
        return
    tokens.take("COLUMN")
    exists = tokens.exists()
    name = tokens.name()
    if tokens.take("SET", "NOT", "NULL"):
        yield Change("not-null", table, name, exists=exists)
    elif tokens.take("DROP", "NOT", "NULL"):
        yield Change("null", table, name, exists=exists)
    elif tokens.take("SET", "DATA", "TYPE") or tokens.take("TYPE"):
        column = ColumnDef(name, definitions.type_of(tokens))
        yield Change("retype", table, name, column=column, exists=exists)
    elif tokens.any("SET", "DROP", "ADD"):
        yield Change("default", table, name, exists=exists)
    else:
        raise tokens.unreadable()


def _table_option(tokens: Tokens, table: Name) -> Iterator[Change]:
    """Table options may stand side by side without commas: each is read until none is left."""
    while tokens.left:
        if tokens.take("CONVERT", "TO", "CHARACTER", "SET") or tokens.take("CONVERT", "TO", "CHARSET"):
            charset = tokens.value().lower()
            collation = tokens.value().lower() if tokens.take("COLLATE") else ""
            yield Change("convert", table, charset=charset, collation=collation)
        elif tokens.take("ORDER", "BY"):
            tokens.skip()
            yield Change("order", table)
        elif tokens.peek() in OF_PARTITIONS:
            yield Change("partition", table, tokens.next().text.lower())
            tokens.skip()
        elif tokens.take("ENGINE") or tokens.take("TYPE"):
            yield Change("engine", table, to=tokens.value().lower())
        elif _charset_option(tokens):
            yield Change("option", table, "charset")
        elif tokens.peek() in REBUILDS:
            if tokens.next().text.upper() != "FORCE":
                tokens.value()
            yield Change("rebuild", table)
        elif tokens.peek() in PLAIN_OPTIONS:
            yield Change("option", table, tokens.next().text.lower())
            tokens.skip()
        else:
            raise tokens.unreadable()


def _charset_option(tokens: Tokens) -> bool:
    """The default for columns to come; those that are there stay as they are."""
    tokens.take("DEFAULT")
    if tokens.take("CHARACTER", "SET") or tokens.any("CHARSET", "COLLATE"):
        tokens.value()
        return True
    return False
