"""The order system as probes may touch it: read-only, bounded in time and rows, asked in our words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from exporter.shop import lookups
from exporter.shop.catalog import Column, Index
from exporter.shop.database import leave, share
from exporter.shop.deadline import Deadline
from exporter.shop.errors import (
    Denied,
    Missing,
    NotApplicable,
    Refused,
    ShopError,
    TimedOut,
    Unreachable,
)
from exporter.shop.guard import Step
from exporter.shop.run import Asked, Place, Run, Source
from exporter.shop.table import Record, Table
from exporter.shop.windows import Scan, Window, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, tzinfo

    import sqlalchemy
    from pydantic import SecretStr

    from exporter.shop.borders import Known
    from exporter.shop.mapping import Mapping as ShopMapping

__all__ = [
    "Asked",
    "Column",
    "Denied",
    "Index",
    "Memory",
    "Missing",
    "NotApplicable",
    "Record",
    "Refused",
    "Scan",
    "Shop",
    "ShopError",
    "Step",
    "Table",
    "TimedOut",
    "Unreachable",
]

LARGE = 100_000
"""Rows from which a table may not be read from end to end."""

_UNBOUNDED = 10.0
"""Seconds for what is asked of a shop that no `bounded()` gave a limit."""


class Memory(Protocol):
    """What a probe remembers between runs, by shop and probe; `state.State` keeps it."""

    def recall(self, shop: str, probe: str) -> dict[str, Any]: ...
    def remember(self, shop: str, probe: str, memory: dict[str, Any]) -> None: ...


@dataclass(slots=True)
class _Premises:
    """What all views of one shop share."""

    name: str
    mapping: ShopMapping
    zone: tzinfo
    sources: Mapping[str, Source]
    memory: Memory
    tables: dict[str, Table] = field(default_factory=dict)
    borders: dict[str, Known] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)

    def source(self, database: str | None) -> Source:
        if (database or "") not in self.sources:
            raise NotApplicable(f"the mapping reads database {database}; give its address in the shop's databases")
        return self.sources[database or ""]


class Shop:
    """A cheap view: `bounded()` gives each run of a probe its own, with a deadline and a fresh trace."""

    def __init__(self, premises: _Premises, run: Run, probe: str = "") -> None:
        self._premises, self._run, self._probe = premises, run, probe
        self.name, self.mapping, self.zone = premises.name, premises.mapping, premises.zone

    @classmethod
    def open(
        cls,
        name: str,
        database: str,
        password: SecretStr | None,
        mapping: ShopMapping,
        *,
        databases: Mapping[str, str] | None = None,
        zone: tzinfo | None = None,
        memory: Memory,
        large: int = LARGE,
    ) -> Shop:
        """Connects when it is first asked. `databases`: the addresses of the databases that the mapping names."""
        addresses = {"": database, **(databases or {})}
        sources = {each: Source(share(address, password), large) for each, address in addresses.items()}
        premises = _Premises(name, mapping, zone or ZoneInfo("Asia/Shanghai"), sources, memory)
        return cls(premises, Run(Deadline(_UNBOUNDED)))

    def __repr__(self) -> str:
        return f"Shop({self.name!r})"

    def bounded(self, probe: str, seconds: float) -> Shop:
        """The same shop for one run: everything asked through it ends within `seconds`, on the server too."""
        return Shop(self._premises, Run(Deadline(seconds)), probe)

    @property
    def trace(self) -> list[Asked]:
        return self._run.trace

    def maps(self, word: str, *columns: str) -> bool:
        table = self.mapping.table(word)
        return table is not None and all(column in table.columns for column in columns)

    def require(self, word: str, *columns: str) -> Table:
        """The table of our word; raises NotApplicable when it or a column is not mapped."""
        mapped = self.mapping.table(word)
        if mapped is None:
            raise NotApplicable(f"the mapping has no table of {word}; write {word}: {{table: …}}")
        if absent := [column for column in columns if column not in mapped.columns]:
            raise NotApplicable(
                f"the mapping does not say which column of {mapped.table} is {', '.join(absent)}; "
                f"write {word}: {{columns: {{{absent[0]}: its_name}}}}"
            )
        return self._table(word)

    def _table(self, word: str) -> Table:
        mapped = self.mapping.table(word)
        assert mapped is not None  # noqa: S101 - `require` has looked
        source = self._premises.source(mapped.database)
        physical = mapped.physical
        if len(physical) > 1:
            names = source.catalog.names(mapped.schema_, self._run.deadline)
            if not (physical := tuple(name for name in physical if name in names)):
                raise Missing(f"none of the {len(mapped.physical)} tables {mapped.table} is there")
        facts = source.catalog.facts(mapped.schema_, physical[0], self._run.deadline)
        known = self._premises.tables.get(word)
        if known is None or known.facts is not facts or known.physical != physical:
            as_text = source.database.family.name == "sqlite"
            known = self._premises.tables[word] = Table(word, self.mapping, mapped, physical, facts, as_text)
        return known

    def window(
        self,
        word: str,
        by: str,
        since: datetime,
        until: datetime,
        *,
        match: Mapping[str, Collection[Any]] | None = None,
        cap: int = 1000,
    ) -> Scan:
        """Rows with since <= by < until, oldest first (in the order of the key where no index on the time is)."""
        table = self.require(word, by, *(match or {}))
        source, known = self._premises.source(table.map.database), self._premises.borders
        turn = self._premises.turns[word] = self._premises.turns.get(word, -1) + 1

        def window(shard: Table) -> Window:
            return Window(self._run, source, shard, by, since, until, match or {}, known)

        return scan(window, table, cap, turn, self._run.deadline)

    def lookup(
        self, word: str, by: str, values: Collection[str], *, match: Mapping[str, Collection[Any]] | None = None
    ) -> list[Record]:
        """Rows whose `by` (or `key`) is one of the values, on all shards."""
        table = self.require(word, *(column for column in (by, *(match or {})) if column != "key"))
        if not values:
            return []
        return lookups.lookup(
            self._run, self._premises.source(table.map.database), table, by, values, match=match or {}
        )

    def resolve(self, trade_numbers: Collection[str]) -> dict[str, list[str]]:
        """Each trade number of callbacks → the values of `orders.trade_no` that it stands for, over the mapped link."""
        callbacks = self.mapping.callbacks
        if callbacks is None:
            raise NotApplicable("the mapping has no table of callbacks; write callbacks: {table: …}")
        reached = {number: [callbacks.transformed("trade_no", number.strip())] for number in trade_numbers}
        for hop in callbacks.link:
            values = {value for ends in reached.values() for value in ends}
            onward = lookups.follow(self._run, self._premises.source(hop.database), hop, values) if values else {}
            reached = {
                number: list(dict.fromkeys(end for value in ends for end in onward.get(value, ())))
                for number, ends in reached.items()
            }
        return reached

    def rows(self, statement: sqlalchemy.Select[Any], *, word: str, cap: int = 1000) -> list[sqlalchemy.Row[Any]]:
        """Any other SELECT over our columns of one table, per shard; the mapping's filter and LIMIT are added."""
        table = self.require(word)
        source = self._premises.source(table.map.database)
        found: list[Any] = []
        for shard in table.physical:
            on = table.on(shard)
            place = Place(shard, on.names, on.map.schema_)
            asked = lookups.moved(statement, table, on).where(*on.only({})).limit(cap - len(found))
            found += self._run.ask(source, asked, place, advice=f"the columns that {shard} is searched by")
            if len(found) >= cap:
                break
        return found

    def index(self, word: str) -> tuple[Index, ...]:
        return self.require(word).facts.indexes

    def columns(self, word: str) -> Mapping[str, Column]:
        """Our words → what the database says about these columns; hidden ones are left out."""
        table = self.require(word)
        return {each: column for each in table.c if (column := table.column(each))}

    def recall(self) -> dict[str, Any]:
        return self._premises.memory.recall(self.name, self._probe)

    def remember(self, memory: dict[str, Any]) -> None:
        self._premises.memory.remember(self.name, self._probe, memory)

    def forget(self) -> None:
        """Reads tables, sizes and plans anew: after a change of the configuration or of the schema."""
        self._premises.tables.clear()
        self._premises.borders.clear()
        for source in self._premises.sources.values():
            source.forget()

    def close(self) -> None:
        for source in self._premises.sources.values():
            leave(source.database)
