"""Rows by the numbers they bear, in batches, on every shard: our side of a join that databases do badly.

Collations and types differ between tables; a join in SQL fails on the first and loses its index on the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import sqlalchemy
from sqlalchemy.sql import visitors

from exporter.database.errors import Refused
from exporter.shop import decoding
from exporter.shop.run import Place, Run
from exporter.shop.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from exporter.database.catalog import Column
    from exporter.mapping.shards import Shard
    from exporter.shop.shards import Tour
    from exporter.shop.table import Record, Table

    Sources = Callable[[str | None], Source]

BATCH = 200
"""MySQL plans with statistics instead of a look from 200 values on; MariaDB materialises from 1,000."""

STATEMENTS = 500
"""What one run may spend on looking for numbers that it has read: about a second."""

MOST = 10_000
"""Rows that one batch may find; more means that the column does not identify anything."""

_WIDEST = 2**63


def located(
    tour: Tour, source: Sources, table: Table, by: str, values: Collection[str], *, match: Mapping[str, Collection[Any]]
) -> list[tuple[Shard, Record]]:
    """The rows whose `by` is one of the values, compared as stripped texts, and where each lies.

    A routed value is looked for in its shard first, and everywhere only when it is not there: rows move, and a route
    may be wrong. What a silent shard holds is as it was when last asked for, while that stands; other values that are
    not found are `unknown` in the run.
    """
    wanted = dict.fromkeys(table.fold(str(value), by) for value in values)

    def ask(some: Callable[[Shard], Collection[str]]) -> Callable[[Shard, Run], list[Record]]:
        def of(shard: Shard, run: Run) -> list[Record]:
            on = table.on(shard)
            found: list[Record] = []
            for batch in batches(on.column(by), some(shard)):
                rows = few(
                    run, source(shard.database), _lookup(on, by, batch, match), on.place, on.theirs(by), batch=batch
                )
                found += (record for record in on.records(rows) if on.fold(str(record[by]), by) in wanted)
            return found

        return of

    found: dict[str, list[tuple[Shard, Record]]] = {value: [] for value in wanted}

    def meet(answers: Iterable[tuple[Shard, list[Record]]]) -> None:
        for shard, records in answers:
            for record in records:
                found[table.fold(str(record[by]), by)].append((shard, record))

    if routed := _routed(table, by, values):
        meet(tour.over(table.shards, ask(routed.__getitem__), among=list(routed)))
    if rest := [value for value in values if not found[table.fold(str(value), by)]]:
        meet(tour.over(table.shards, ask(lambda _: rest)))
    fixed = tuple((word, tuple(values)) for word, values in match.items())
    unknown = tour.roll.stand_in((by, fixed), found, tour.silent(table.shards))
    tour.run.unknown.setdefault((table.word, by), set()).update(unknown)
    return [each for placed in found.values() for each in placed]


def affordable(table: Table, by: str) -> int:
    """So many values of `by` one run may look for: each is asked for on every shard, unless a route leads to one."""
    route = table.map.route
    return STATEMENTS * BATCH // (1 if route and by in route.by else len(table.shards))


def _routed(table: Table, by: str, values: Collection[str]) -> dict[Shard, list[str]]:
    """The shards that the mapping's route leads to, with the values to look for there."""
    route, shards = table.map.route, table.shards
    if route is None or by not in route.by or len(shards) == 1:
        return {}
    found: dict[Shard, list[str]] = {}
    for value in values:
        if shard := route.shard(str(value), shards):
            found.setdefault(shard, []).append(value)
    return found


def _lookup(on: Table, by: str, batch: Sequence[Any], match: Mapping[str, Collection[Any]]) -> sqlalchemy.Select[Any]:
    def build() -> sqlalchemy.Select[Any]:
        listed: Any = sqlalchemy.bindparam("batch", batch, expanding=True)
        return on.select().where(*on.only(match), on.c[by].in_(listed)).limit(MOST + 1)

    fixed = tuple((word, tuple(values)) for word, values in match.items())
    return on.kept(("lookup", by, fixed), {"batch": batch}, build)


def rows(
    tour: Tour,
    source: Sources,
    table: Table,
    statement: sqlalchemy.Select[Any],
    inside: Callable[[Table, Run], Sequence[sqlalchemy.ColumnElement[bool]]],
    *,
    cap: int,
    binds: Mapping[str, Any] | None,
) -> list[sqlalchemy.Row[Any]]:
    """What the statement finds, shard by shard until `cap`; `inside` narrows it to some rows of each."""
    found: list[Any] = []
    asked = _named(statement, binds) if len(table.shards) > 1 else ""

    def ask(shard: Shard, run: Run) -> Sequence[Any]:
        on = table.on(shard)
        here = bounded(statement, table, on, inside(on, run), cap - len(found), keep=bool(binds))
        return run.ask(source(shard.database), here, on.place, binds, advice=f"the columns that {shard} is searched by")

    for shard, answer in tour.over(table.shards, ask):
        tour.roll.keep(asked, shard, answer)
        found += answer
        if len(found) >= cap:
            return found
    return [*found, *tour.roll.last(asked, tour.silent(table.shards))][:cap]


def _named(statement: sqlalchemy.Select[Any], binds: Mapping[str, Any] | None) -> str:
    """What is asked, by which its answers are kept; other `binds` ask the same thing at another time."""
    compiled = statement.compile()
    return f"{compiled.string} {'' if binds else compiled.params}"


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


def few(
    run: Run, source: Source, statement: sqlalchemy.Select[Any], place: Place, column: str, *, batch: Sequence[Any]
) -> Sequence[Any]:
    """The rows of one batch of values of this column; raises Refused when they are too many for a number."""
    rows = run.ask(source, statement, place, {"batch": batch}, advice=f"{place.name} ({column})")
    if len(rows) > MOST:
        raise Refused(f"{place.name}: {BATCH} values of {column} find more than {MOST:,} rows; is it the right column?")
    return rows


def batches(column: Column | None, values: Collection[str]) -> Iterator[list[Any]]:
    """The values as this column can be compared with them, so many at a time."""
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
