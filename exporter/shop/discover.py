"""Which preset fits a database, and, for a shop that none fits, which tables and columns it is likely to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.shop import guess
from exporter.shop.mapping import WORDS, load
from exporter.shop.presets import preset, presets
from exporter.shop.survey import Survey

if TYPE_CHECKING:
    import sqlalchemy as sa

    from exporter.shop.guess import Doubt
    from exporter.shop.mapping import TableMap

_FITS = 0.6
_ORDERS_FIT = 0.75
_AHEAD = 0.1


@dataclass(frozen=True, slots=True)
class Fit:
    """A preset that fits with this table prefix. `share` of the columns it reads exist; `absent` names the others.

    `tables` is what `tables:` of a config must say so that only what exists is read.
    """

    preset: str
    prefix: str
    share: float
    count: int
    absent: tuple[str, ...]
    tables: str | dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """`best` is set when one preset is clearly ahead; otherwise `proposal` is a mapping to be checked by a person."""

    tables: int
    fits: tuple[Fit, ...]
    best: Fit | None
    proposal: dict[str, Any] | None
    doubts: tuple[Doubt, ...]


def look(connection: sa.Connection, *, wanted: str | None = None) -> Found:
    """Reads the names of tables and columns, and at most 1,000 newest rows of a likely order table.

    `wanted`: only this preset is considered.
    """
    survey = Survey(connection)
    names = (wanted,) if wanted else presets()
    fits = tuple(sorted((fit for name in names for fit in _fits(survey, name)), key=_rank, reverse=True))
    ahead = fits and (len(fits) == 1 or fits[0].share - fits[1].share >= _AHEAD or _within(fits[0], fits[1]))
    best = fits[0] if fits and ahead else None
    if best or fits or wanted:
        return Found(len(survey.tables), fits, best, None, ())
    proposal, doubts = guess.propose(survey)
    return Found(len(survey.tables), fits, None, proposal, doubts)


def _rank(fit: Fit) -> tuple[float, int]:
    return round(fit.share, 2), fit.count


def _within(first: Fit, second: Fit) -> bool:
    """Both read the same order table, and the first explains more of the database."""
    return _orders(first) == _orders(second) and first.count > second.count


def _orders(fit: Fit) -> str:
    orders = load(fit.tables).orders
    return orders.table if orders else ""


def _fits(survey: Survey, name: str) -> list[Fit]:
    written = preset(name)
    orders = str(written["orders"]["table"])
    prefixes = [table.removesuffix(orders) for table in survey.tables if table.endswith(orders)]
    return [fit for prefix in prefixes if (fit := _fit(survey, name, prefix))]


def _fit(survey: Survey, name: str, prefix: str) -> Fit | None:
    """None when too little of it exists, or what exists does not make a mapping."""
    own = preset(name).get("prefix", "")
    base: dict[str, Any] = {"preset": name} if prefix == own else {"preset": name, "prefix": prefix}
    mapping = load(base)
    count, absent, differs = 0, list[str](), dict[str, Any]()
    for word in WORDS:
        if table := mapping.table(word):
            there = survey.columns(table.table)
            reads = sorted({table.key, *table.where, *table.columns.values()})
            gone = [column for column in reads if column.lower() not in there]
            if word == "orders" and len(gone) > len(reads) * (1 - _ORDERS_FIT):
                return None
            count += len(reads) - len(gone)
            absent += [f"{table.table}.{column}" for column in gone]
            if gone:
                differs[word] = _without(table, gone) if there else None
    share = count / (count + len(absent))
    tables = {**base, **differs} if differs or len(base) > 1 else name
    if share < _FITS or not _loads(tables):
        return None
    return Fit(name, prefix, share, count, tuple(absent), tables)


def _without(table: TableMap, gone: list[str]) -> dict[str, Any]:
    columns = {ours: None for ours, theirs in table.columns.items() if theirs in gone}
    where = {column: None for column in table.where if column in gone}
    return {key: value for key, value in (("columns", columns), ("where", where)) if value}


def _loads(tables: str | dict[str, Any]) -> bool:
    try:
        load(tables)
    except ValueError:
        return False
    return True
