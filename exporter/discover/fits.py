"""How well a preset fits what an account may see of a database, and what `tables:` must say so that it does."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.discover.guess import Doubt
from exporter.discover.vocabulary import NEEDED
from exporter.mapping import WORDS, load
from exporter.mapping.presets import preset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.discover.survey import Survey
    from exporter.mapping import TableMap

_FITS = 0.6
_ORDERS_FIT = 0.75


@dataclass(frozen=True, slots=True)
class Fit:
    """A preset that fits with this table prefix. `share` of the columns it reads is seen; `absent` names the others.

    `tables` is what `tables:` of a config must say so that only what is seen is read. Where the account may be kept
    from seeing a thing, a doubt says so, and `grants` are the statements that show it.
    """

    preset: str
    prefix: str
    share: float
    count: int
    absent: tuple[str, ...]
    tables: str | dict[str, Any]
    doubts: tuple[Doubt, ...] = ()
    grants: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    count: int = 0
    absent: list[str] = field(default_factory=list)
    differs: dict[str, Any] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    grants: list[str] = field(default_factory=list)


def fits(survey: Survey, name: str) -> list[Fit]:
    """One for each prefix with which an order table is seen that looks like this preset's."""
    written = preset(name)
    orders = written["orders"]
    reads = {str(column).lower() for column in orders["columns"].values()}
    found = []
    for table in survey.tables:
        if not table.endswith(orders["table"]) or len(reads & survey.columns(table).keys()) < len(reads) * _ORDERS_FIT:
            continue
        prefix = table.removesuffix(orders["table"])
        base = {"preset": name} if prefix == written.get("prefix", "") else {"preset": name, "prefix": prefix}
        if fit := _fit(survey, base, prefix):
            found.append(fit)
    return found


def reads(table: TableMap) -> dict[str, list[str]]:
    """The tables of the shop that a mapped table reads, its own first, and the columns of each."""
    found = {table.table: sorted({table.key, *table.where, *table.columns.values()})}
    for hop in table.link:
        found[hop.table] = sorted({*found.get(hop.table, ()), hop.from_, hop.to, *hop.where})
    return found


def grants(survey: Survey, name: str) -> tuple[str, ...]:
    """What an account must be granted to watch the shop of this preset, as it is written."""
    mapping = load(name)
    tables = [table for word in WORDS if (table := mapping.table(word))]
    return tuple(survey.grant(*each) for table in tables for each in reads(table).items())


def _fit(survey: Survey, base: dict[str, Any], prefix: str) -> Fit | None:
    """None when too little of it is seen, or what is seen does not make a mapping."""
    mapping, tally = load(base), _Tally()
    for word in WORDS:
        if table := mapping.table(word):
            _count(survey, word, table, tally)
    share = tally.count / (tally.count + len(tally.absent))
    tables = {**base, **tally.differs} if tally.differs or len(base) > 1 else base["preset"]
    if share < _FITS or not _loads(tables):
        return None
    doubts, needed = tuple(tally.doubts), tuple(tally.grants)
    return Fit(base["preset"], prefix, share, tally.count, tuple(tally.absent), tables, doubts, needed)


def _count(survey: Survey, word: str, table: TableMap, tally: _Tally) -> None:
    """Adds what is seen and what is not of the tables behind one word."""
    for name, columns in reads(table).items():
        there = survey.columns(name)
        gone = [column for column in columns if column.lower() not in there]
        tally.count += len(columns) - len(gone)
        tally.absent += [f"{name}.{column}" for column in gone]
        if not gone:
            continue
        hidden = survey.hides(name)
        kept = _kept(word, table) if hidden else {table.key}
        if not there or name != table.table:
            tally.differs[word] = None
        elif differs := _without(table, set(gone) - kept):
            tally.differs[word] = differs
        if hidden:
            tally.grants.append(survey.grant(name, gone))
            lost = tally.differs.get(word, {}) is None
            tally.doubts += _lost(word, name) if lost else _hidden(word, table, gone, kept)


def _kept(word: str, table: TableMap) -> set[str]:
    """Columns without which the rest would say something else: they stay, and `check` asks for their grant."""
    ours = {*NEEDED[word], *table.success, *table.transform} & table.columns.keys()
    return {table.key, *table.where, *(table.columns[each] for each in ours)}


def _hidden(word: str, table: TableMap, columns: list[str], kept: set[str]) -> Iterator[Doubt]:
    ours = {theirs: f"{word}.columns.{our}" for our, theirs in table.columns.items()}
    for column in columns:
        remedy = "grant it, or name the right one" if column in kept else "if it is, grant it and take this line away"
        text = f"{table.table}.{column} is not there, or this account may not see it; {remedy}"
        yield Doubt(ours.get(column, f"{word}.where.{column}" if column in table.where else f"{word}.key"), text)


def _lost(word: str, name: str) -> list[Doubt]:
    remedy = "if it is, grant it and take this line away"
    return [Doubt(word, f"{name} is not there, or this account may not see all of it; {remedy}")]


def _without(table: TableMap, gone: set[str]) -> dict[str, Any]:
    columns = {ours: None for ours, theirs in table.columns.items() if theirs in gone}
    where = {column: None for column in table.where if column in gone}
    return {key: value for key, value in (("columns", columns), ("where", where)) if value}


def _loads(tables: str | dict[str, Any]) -> bool:
    try:
        load(tables)
    except ValueError:
        return False
    return True
