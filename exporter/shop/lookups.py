"""Rows by the numbers they bear, in batches, on every shard: our side of a join that databases do badly.

Collations and types differ between tables; a join in SQL fails on the first and loses its index on the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy
from sqlalchemy.sql import visitors

from exporter.database.errors import Refused
from exporter.shop import decoding
from exporter.shop.run import Place, Run, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from decimal import Decimal

    from exporter.database.catalog import Column
    from exporter.mapping import TableMap
    from exporter.mapping.values import Hop
    from exporter.shop.table import Record, Table

BATCH = 200
"""MySQL plans with statistics instead of a look from 200 values on; MariaDB materialises from 1,000."""

MOST = 10_000
"""Rows that one batch may find; more means that the column does not identify anything."""

_WIDEST = 2**63


def lookup(
    run: Run, source: Source, table: Table, by: str, values: Collection[str], *, match: Mapping[str, Collection[Any]]
) -> list[Record]:
    """The rows whose `by` is one of the values, compared as stripped texts."""
    wanted = {table.fold(str(value), by) for value in values}
    found: list[Record] = []
    for shard in table.physical:
        on = table.on(shard)
        place = Place(shard, on.names, on.map.schema_)
        for batch in _batches(on.column(by), values):
            rows = _ask(run, source, _lookup(on, by, batch, match), place, on.theirs(by), batch=batch)
            found += (record for record in on.records(rows) if on.fold(str(record[by]), by) in wanted)
    return found


def _lookup(on: Table, by: str, batch: Sequence[Any], match: Mapping[str, Collection[Any]]) -> sqlalchemy.Select[Any]:
    def build() -> sqlalchemy.Select[Any]:
        listed: Any = sqlalchemy.bindparam("batch", batch, expanding=True)
        return on.select().where(*on.only(match), on.c[by].in_(listed)).limit(MOST + 1)

    fixed = tuple((word, tuple(values)) for word, values in match.items())
    return on.kept(("lookup", by, fixed), {"batch": batch}, build)


def rows(
    run: Run,
    source: Source,
    table: Table,
    statement: sqlalchemy.Select[Any],
    inside: Callable[[Table], Sequence[sqlalchemy.ColumnElement[bool]]],
    *,
    cap: int,
    binds: Mapping[str, Any] | None,
) -> list[sqlalchemy.Row[Any]]:
    """What the statement finds, shard by shard until `cap`; `inside` narrows it to some rows of each."""
    found: list[Any] = []
    for shard in table.physical:
        on = table.on(shard)
        place = Place(shard, on.names, on.map.schema_)
        asked = bounded(statement, table, on, inside(on), cap - len(found), keep=bool(binds))
        found += run.ask(source, asked, place, binds, advice=f"the columns that {shard} is searched by")
        if len(found) >= cap:
            break
    return found


def resolve(
    run: Run, source: Callable[[str | None], Source], callbacks: TableMap, trade_numbers: Collection[str]
) -> dict[str, list[str]]:
    """Each trade number → where its transform and then the hops of its link lead."""
    reached = {number: [callbacks.transformed("trade_no", number.strip())] for number in trade_numbers}
    for hop in callbacks.link:
        values = {value for ends in reached.values() for value in ends}
        onward = follow(run, source(hop.database), hop, values) if values else {}
        reached = {
            number: list(dict.fromkeys(end for value in ends for end in onward.get(value, ())))
            for number, ends in reached.items()
        }
    return reached


def follow(run: Run, source: Source, hop: Hop, values: Collection[str]) -> dict[str, list[str]]:
    """Each value's next values over one hop of a link."""
    found: dict[str, list[str]] = {}
    for shard in hop.physical:
        facts = source.catalog.facts(hop.schema_, shard, run.deadline)
        place = Place(shard, (hop.from_, hop.to, *hop.where), hop.schema_)
        here = sqlalchemy.table(shard, *map(sqlalchemy.column, dict.fromkeys(place.columns)), schema=hop.schema_)
        conditions = [
            decoding.among(here.c[name], facts.columns.get(name), wanted) for name, wanted in hop.where.items()
        ]
        chosen = sqlalchemy.select(here.c[hop.from_].label("at"), here.c[hop.to].label("onward")).where(*conditions)
        for batch in _batches(facts.columns.get(hop.from_), values):
            asked = chosen.where(here.c[hop.from_].in_(batch)).limit(MOST + 1)
            for row in _ask(run, source, asked, place, hop.from_):
                start, end = decoding.text(row.at), decoding.text(row.onward)
                if start and end and end not in found.setdefault(start, []):
                    found[start].append(end)
    return found


def bounded(
    statement: sqlalchemy.Select[Any],
    table: Table,
    on: Table,
    inside: Sequence[sqlalchemy.ColumnElement[bool]],
    most: int,
    *,
    keep: bool,
) -> sqlalchemy.Select[Any]:
    """The statement over one shard, with the mapping's filter and a limit. `keep`: it will be asked again."""

    def build() -> sqlalchemy.Select[Any]:
        return _moved(statement, table, on).where(*on.only({}), *inside).limit(most)

    return on.kept((statement, most), {}, build) if keep and not inside else build()


def _moved(statement: sqlalchemy.Select[Any], table: Table, on: Table) -> sqlalchemy.Select[Any]:
    """The same statement over another shard."""
    if on is table:
        return statement

    def swap(element: Any, **_: Any) -> Any:
        if element is table.source:
            return on.source
        if isinstance(element, sqlalchemy.ColumnClause) and element.table is table.source:
            return on.source.c[element.name]
        return None

    return cast("sqlalchemy.Select[Any]", visitors.replacement_traverse(statement, {}, swap))


def _ask(
    run: Run,
    source: Source,
    statement: sqlalchemy.Select[Any],
    place: Place,
    column: str,
    **binds: Any,
) -> Sequence[Any]:
    rows = run.ask(source, statement, place, binds, advice=f"{place.name} ({column})")
    if len(rows) > MOST:
        raise Refused(f"{place.name}: {BATCH} values of {column} find more than {MOST:,} rows; is it the right column?")
    return rows


def _batches(column: Column | None, values: Collection[str]) -> Iterator[list[Any]]:
    listed = list(dict.fromkeys(_bindable(column, str(value).strip()) for value in values))
    usable = [value for value in listed if value is not None]
    for start in range(0, len(usable), BATCH):
        yield usable[start : start + BATCH]


def _bindable(column: Column | None, value: str) -> str | int | Decimal | None:
    """A text bound to a number column costs the index: digits become numbers, other texts match nothing."""
    if not decoding.is_number(column):
        return value
    number = int(value) if value.removeprefix("-").isdecimal() else None
    return number if number is not None and -_WIDEST <= number < 2 * _WIDEST else None
