"""What a SELECT reads and searches by, and which rows an UPDATE or DELETE is about: parsed by sqlglot."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from exporter.ddl.nouns import Name, UnreadableError

_BIND = re.compile(r"%\(\w+\)s|%s")


@dataclass(frozen=True, slots=True)
class Source:
    """A table of a query: the columns read from it, and how it is searched. All columns are in lower case."""

    table: Name
    columns: frozenset[str]
    equal: frozenset[str] = frozenset()
    ranges: frozenset[str] = frozenset()
    joined: frozenset[str] = frozenset()
    """Columns that are compared with columns of other tables."""


@dataclass(frozen=True, slots=True)
class Write:
    """An UPDATE or DELETE. `counted`: a SELECT of the same rows; "" where EXPLAIN might run something of the file."""

    tables: tuple[Name, ...]
    bounded: bool
    counted: str
    columns: frozenset[str]
    limited: bool


@cache
def _dialect(family: str) -> str:
    """Imports sqlglot, which warns by itself about what it cannot parse; we tell it ourselves."""
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    return {"postgresql": "postgres"}.get(family, family)


def parsed(text: str, family: str) -> Any:
    """The tree; raises UnreadableError with the offset of what is wrong."""
    import sqlglot  # noqa: PLC0415 - a plain sidecar needs none of it
    from sqlglot.errors import ParseError, SqlglotError  # noqa: PLC0415

    try:
        return sqlglot.parse_one(text, read=_dialect(family))
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        lines = text.splitlines(keepends=True)[: max(0, int(first.get("line") or 1) - 1)]
        offset = sum(map(len, lines)) + max(0, int(first.get("col") or 1) - len(str(first.get("highlight") or " ")))
        raise UnreadableError("the statement does not parse here", min(offset, len(text))) from None
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, IndexError, KeyError):
        raise UnreadableError("the statement does not parse") from None


def sources(sql: str, family: str, columns: Mapping[str, Collection[str]]) -> list[Source]:
    """The tables of a SELECT. `columns`: live tables (lower case) → their columns, for names without a table."""
    from sqlglot import exp  # noqa: PLC0415

    tree = parsed(_BIND.sub("?", sql), family)
    found: list[Source] = []
    for select in tree.find_all(exp.Select):
        tables = {}
        for each in _tables(select):
            tables[each.alias_or_name.lower()] = Name(each.name, each.db)
        found += _read(select, tables, columns)
    return found


def _tables(select: Any) -> Iterator[Any]:
    from sqlglot import exp  # noqa: PLC0415

    start = select.args.get("from_") or select.args.get("from")
    places = [start, *(select.args.get("joins") or ())]
    for place in places:
        if place is not None and isinstance(place.this, exp.Table):
            yield place.this


def _read(select: Any, tables: Mapping[str, Name], columns: Mapping[str, Collection[str]]) -> Iterator[Source]:
    from sqlglot import exp  # noqa: PLC0415

    def owners(column: Any) -> list[str]:
        name = column.name.lower()
        if column.table:
            return [alias for alias in tables if alias == column.table.lower()]
        holding = [alias for alias, table in tables.items() if name in columns.get(table.table.lower(), ())]
        return holding or (list(tables) if len(tables) == 1 else [])

    read: dict[str, set[str]] = {alias: set() for alias in tables}
    for column in select.find_all(exp.Column):
        for alias in owners(column):
            read[alias].add(column.name.lower())
    equal, ranges, joined = ({alias: set[str]() for alias in tables} for _ in range(3))
    for kind, column in _conditions(select):
        for alias in owners(column):
            {"equal": equal, "range": ranges, "join": joined}[kind][alias].add(column.name.lower())
    for alias, table in tables.items():
        yield Source(
            table, frozenset(read[alias]), frozenset(equal[alias] | joined[alias]), frozenset(ranges[alias]),
            frozenset(joined[alias]),
        )  # fmt: skip


def _conditions(select: Any) -> Iterator[tuple[str, Any]]:
    """(`equal`, `range` or `join`, column) of what all rows must fulfil; what stands under OR narrows nothing."""
    from sqlglot import exp  # noqa: PLC0415

    where = select.args.get("where")
    waiting = [where.this] if where else []
    waiting += [on for join in select.args.get("joins") or () if (on := join.args.get("on")) is not None]
    while waiting:
        each = waiting.pop()
        if isinstance(each, exp.And | exp.Paren):
            waiting += [part for part in (each.this, each.args.get("expression")) if part is not None]
        else:
            yield from _compared(each)
    order = select.args.get("order")
    first = order.expressions[0].this if order and order.expressions else None
    if isinstance(first, exp.Column):
        yield "range", first


def _compared(each: Any) -> Iterator[tuple[str, Any]]:
    from sqlglot import exp  # noqa: PLC0415

    sides = [side for side in (each.this, each.args.get("expression")) if isinstance(side, exp.Column)]
    if isinstance(each, exp.EQ | exp.NullSafeEQ | exp.In | exp.Is):
        kind = "join" if len(sides) > 1 else "equal"
    elif isinstance(each, exp.GT | exp.GTE | exp.LT | exp.LTE | exp.Between | exp.Like) and not _leading(each):
        kind = "range"
    else:
        return
    yield from ((kind, side) for side in sides)


def _leading(each: Any) -> bool:
    """A LIKE whose pattern begins with a wildcard is of no use to an index."""
    pattern = each.args.get("expression") if each.key == "like" else None
    return bool(getattr(pattern, "is_string", False)) and str(getattr(pattern, "this", ""))[:1] in ("%", "_")


def write(text: str, family: str) -> Write | None:
    """None for what sqlglot does not take for an UPDATE or DELETE."""
    from sqlglot import exp  # noqa: PLC0415

    tree = parsed(text, family)
    if not isinstance(tree, exp.Update | exp.Delete):
        return None
    where = tree.args.get("where")
    limited = tree.args.get("limit") is not None
    named = [each for each in tree.find_all(exp.Table) if each.find_ancestor(exp.Query) is None]
    tables = tuple(dict.fromkeys(Name(each.name, each.db) for each in named))
    if where is None:
        return Write(tables, bounded=False, counted="", columns=frozenset(), limited=limited)
    columns = frozenset(each.name.lower() for each in where.find_all(exp.Column))
    counted = ""
    if columns and len(tables) == 1 and not any(map(_runs, where.walk())):
        same = exp.select(exp.Literal.number(1)).from_(named[0].copy()).where(where.this.copy())
        counted = same.sql(dialect=_dialect(family))
    return Write(tables, bool(columns), counted, columns, limited)


def _runs(node: Any) -> bool:
    """Would the server have to run this to plan the statement? Then it is not even explained."""
    from sqlglot import exp  # noqa: PLC0415

    return isinstance(node, exp.Query | exp.Parameter | exp.SessionParameter | exp.Command) or (
        isinstance(node, exp.Func) and not isinstance(node, exp.Connector)
    )
