"""One statement on one database of one shop, with all that is needed to judge it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from exporter.database.shape import TableShape
from exporter.ddl.nouns import Asked, Change, Finding, Name, Severity
from exporter.ddl.online import Flavour
from exporter.ddl.rules import RULES
from exporter.ddl.schema import Key, Tables
from exporter.ddl.serving import Need


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody reads a column. `column` in lower case; "" stands for the table as a whole."""

    table: Key
    column: str
    who: str


@dataclass(frozen=True, slots=True)
class Unique:
    """Columns that must identify one row, in lower case, and why."""

    table: Key
    columns: frozenset[str]
    who: str


@dataclass(frozen=True, slots=True)
class Reliance:
    """All that depends on the tables of one database. `pairs`: columns that are compared with columns elsewhere."""

    uses: Sequence[Use] = ()
    needs: Sequence[Need] = ()
    uniques: Sequence[Unique] = ()
    pairs: Mapping[tuple[Key, str], str] = field(default_factory=dict)

    def users(self, table: Key, column: str | None = None) -> tuple[str, ...]:
        """Who reads the column; without one, who reads the table."""
        wanted = (column or "").lower()
        return tuple(dict.fromkeys(use.who for use in self.uses if (use.table, use.column) == (table, wanted)))


@dataclass
class Ground:
    """One database of one shop. `estimate`: rows that a SELECT would read, None when the server does not say."""

    at: str
    tables: Tables
    reliance: Reliance
    flavour: Flavour
    large: int
    estimate: Callable[[str], int | None] = lambda _: None


@dataclass
class Scene:
    """`altered`: how often the file has altered each table so far; `session`: what it has SET so far."""

    asked: Asked
    ground: Ground
    session: Mapping[str, str]
    altered: Mapping[Key, str]
    after: Tables

    @property
    def tables(self) -> Tables:
        return self.ground.tables

    @property
    def mysql(self) -> bool:
        return self.tables.family == "mysql"

    def touched(self, *kinds: str) -> Iterator[tuple[Change, TableShape, Key]]:
        """Changes of these kinds to tables that were there before the file, as they were before the statement."""
        for change in self.asked.changes:
            table = self.tables.get(change.table)
            if table is not None and not self.tables.new(change.table) and (not kinds or change.kind in kinds):
                yield change, table, self.tables.key(change.table)

    def whole(self) -> Iterator[tuple[Name, TableShape, TableShape | None, Key]]:
        """Each touched table once: as it was, and as it is after the statement (None: gone)."""
        seen: dict[Key, Name] = {}
        for change, _, key in self.touched():
            seen.setdefault(key, change.table)
        for key, name in seen.items():
            yield name, self.tables.known[key], self.after.known.get(key), key

    def large(self, table: TableShape) -> bool:
        return table.rows >= self.ground.large

    def find(
        self,
        rule: str,
        what: str,
        instead: str,
        *,
        table: str = "",
        who: Iterable[str] = (),
        severity: Severity | None = None,
    ) -> Finding:
        place = self.asked.statement
        found = Finding(
            rule,
            severity or RULES[rule].severity,
            place.line,
            place.column,
            what,
            instead,
            table,
            tuple(dict.fromkeys(who)),
            self.ground.at,
        )
        return found.under({name: why for name, why in place.allowed.items() if why})
