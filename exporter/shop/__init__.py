"""The order system as probes may touch it: read-only, bounded in time and rows, asked in our words."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exporter.database.catalog import Column, Index
from exporter.database.deadline import Deadline
from exporter.database.errors import Denied, Missing, NotApplicable, Refused, ShopError, TimedOut, Unreachable
from exporter.database.server import Server, server
from exporter.database.sharing import leave, share
from exporter.shop import lookups
from exporter.shop.guard import Step
from exporter.shop.notes import AtHome, Memory, Notes
from exporter.shop.premises import Premises
from exporter.shop.run import Asked, Place, Run, Source
from exporter.shop.table import Record, Table
from exporter.shop.windows import Scan, Window, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, tzinfo

    import sqlalchemy
    from pydantic import SecretStr
    from sqlalchemy.engine import URL

    from exporter.mapping import Mapping as ShopMapping

    Match = Mapping[str, Collection[Any]]

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
    "Server",
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
"""Seconds for each thing that is asked of a shop to which no `bounded()` gave a limit."""


class Shop:
    """A cheap view: `bounded()` gives each run of a probe its own, with a deadline and a fresh trace."""

    def __init__(self, premises: Premises, run: Run | None = None, probe: str = "") -> None:
        self._premises, self._given, self._probe = premises, run, probe
        self.name, self.mapping, self.zone = premises.name, premises.mapping, premises.zone

    @classmethod
    def open(
        cls,
        name: str,
        database: str | URL,
        password: SecretStr | None,
        mapping: ShopMapping,
        *,
        databases: Mapping[str, str | URL] | None = None,
        zone: tzinfo | None = None,
        memory: Memory,
        large: int = LARGE,
    ) -> Shop:
        """Connects when it is first asked. `databases`: the addresses of the databases that the mapping names."""
        sources: dict[str, Source] = {}
        with ExitStack() as undo:
            for each, address in {"": database, **(databases or {})}.items():
                sources[each] = Source(share(address, password), large)
                undo.callback(leave, sources[each].database)
            undo.pop_all()
        home = AtHome(memory, (database, *(databases or {}).values()))
        return cls(Premises(name, mapping, zone or ZoneInfo("Asia/Shanghai"), sources, home))

    def __repr__(self) -> str:
        return f"Shop({self.name!r})"

    def bounded(self, probe: str, seconds: float) -> Shop:
        """The same shop for one run: everything asked through it ends within `seconds`, on the server too."""
        return Shop(self._premises, Run(Deadline(seconds)), probe)

    @property
    def _run(self) -> Run:
        return self._given or Run(Deadline(_UNBOUNDED))

    @property
    def trace(self) -> list[Asked]:
        return self._run.trace

    def maps(self, word: str, *columns: str) -> bool:
        table = self.mapping.table(word)
        return table is not None and all(column in table.columns for column in columns)

    def require(self, word: str, *columns: str) -> Table:
        """The table of our word; raises NotApplicable when it or a column is not mapped."""
        return self._premises.table(word, columns, self._run.deadline)

    def window(
        self,
        word: str,
        by: str,
        since: datetime,
        until: datetime,
        *,
        match: Match | None = None,
        cap: int = 1000,
    ) -> Scan:
        """Rows with since <= by < until, oldest first (in the order of the key where no index on the time is)."""
        table = self.require(word, by, *(match or {}))
        turn = self._premises.turns[word] = self._premises.turns.get(word, -1) + 1
        return scan(lambda on: self._window(on, by, since, until, match), table, cap, turn, self._run.deadline)

    def _window(self, shard: Table, by: str, since: datetime, until: datetime, match: Match | None = None) -> Window:
        source = self._premises.source(shard.map.database)
        return Window(self._run, source, shard, by, since, until, match or {}, self._premises.borders)

    def lookup(self, word: str, by: str, values: Collection[str], *, match: Match | None = None) -> list[Record]:
        """Rows whose `by` (or `key`) is one of the values, on all shards."""
        table = self.require(word, by, *(match or {}))
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
        return lookups.resolve(self._run, self._premises.source, callbacks, trade_numbers)

    def rows(
        self,
        statement: sqlalchemy.Select[Any],
        *,
        word: str,
        cap: int = 1000,
        during: tuple[str, datetime, datetime] | None = None,
        binds: Mapping[str, Any] | None = None,
    ) -> list[sqlalchemy.Row[Any]]:
        """Any other SELECT over our columns of one table, per shard; the mapping's filter and LIMIT are added.

        `during`: (by, since, until) as in `window()`, between keys where there is no index on the time.
        `binds`: values for the parameters of a statement that is `kept()` by its table.
        """
        table = self.require(word)
        source = self._premises.source(table.map.database)
        found: list[Any] = []
        for shard in table.physical:
            on = table.on(shard)
            place = Place(shard, on.names, on.map.schema_)
            inside = self._window(on, *during).inside() if during else []
            asked = lookups.bounded(statement, table, on, inside, cap - len(found), keep=bool(binds))
            found += self._run.ask(source, asked, place, binds, advice=f"the columns that {shard} is searched by")
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

    @property
    def notes(self) -> Notes:
        """This probe's memory of this shop, for a probe that runs often."""
        return self._premises.notes(self._probe)

    def forget(self) -> None:
        """Reads tables, sizes and plans anew: after a change of the configuration or of the schema."""
        self._premises.forget()

    def servers(self) -> dict[str, Server]:
        """What each database says about itself: "" is the shop's own, the others by the mapping's names."""
        return {name: server(source.database, self._run.deadline) for name, source in self._premises.sources.items()}

    def close(self) -> None:
        for source in self._premises.sources.values():
            leave(source.database)
