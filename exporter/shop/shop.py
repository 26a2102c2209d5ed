"""What a probe is given: one shop, for one run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exporter.database.deadline import Deadline
from exporter.shop import links, lookups
from exporter.shop.node import Node
from exporter.shop.notes import AtHome, Memory, Notes
from exporter.shop.premises import Premises
from exporter.shop.run import Asked, Run
from exporter.shop.servers import Servers
from exporter.shop.shards import Tour
from exporter.shop.table import Record, Table
from exporter.shop.windows import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, tzinfo

    import sqlalchemy
    from pydantic import SecretStr
    from sqlalchemy.engine import URL

    from exporter.database.catalog import Column, Index
    from exporter.database.errors import ShopError
    from exporter.database.server import Server
    from exporter.mapping import Mapping as ShopMapping
    from exporter.mapping.shards import Shard
    from exporter.model import Coverage

    Match = Mapping[str, Collection[Any]]

LARGE = 100_000
"""Rows from which a table may not be read from end to end."""

_UNBOUNDED = 10.0
"""Seconds for each thing that is asked of a shop to which no `bounded()` gave a limit."""


class Shop:
    """A cheap view: `bounded()` gives each run of a probe its own, with a deadline and a fresh trace."""

    def __init__(self, premises: Premises, run: Run | None = None, probe: str = "", part: str = "") -> None:
        self._premises, self._given, self._probe, self.part = premises, run, probe, part
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
        replicas: Mapping[str, str | URL] | None = None,
        zone: tzinfo | None = None,
        memory: Memory,
        large: int = LARGE,
    ) -> Shop:
        """Connects when it is first asked. `databases`: the addresses of the databases that the mapping names."""
        servers = Servers({"": database, **(databases or {})}, replicas or {}, password, large)
        home = AtHome(memory, (database, *(databases or {}).values()))
        return cls(Premises(name, mapping, zone or ZoneInfo("Asia/Shanghai"), servers, home))

    def __repr__(self) -> str:
        return f"Shop({self.name!r})"

    def bounded(self, probe: str, seconds: float, part: str = "") -> Shop:
        """The same shop for one run: everything asked through it ends within `seconds`, on the server too."""
        return Shop(self._premises, Run(Deadline(seconds)), probe, part)

    @property
    def _run(self) -> Run:
        return self._given or Run(Deadline(_UNBOUNDED))

    @property
    def trace(self) -> list[Asked]:
        return self._run.trace

    @property
    def replicas(self) -> tuple[str, ...]:
        """The names of the configured replicas."""
        return tuple(self._premises.servers.replicas)

    def node(self, database: str = "", *, apart: str = "") -> Node:
        """A database of the shop in its own words. `apart` names a further connection, which probes do not wait for."""
        return Node(database, self._premises.servers.source(database, apart), self._run)

    def replica(self, name: str, *, apart: str = "") -> Node:
        return Node(name, self._premises.servers.replica(name, apart), self._run)

    def maps(self, word: str, *columns: str) -> bool:
        table = self.mapping.table(word)
        return table is not None and all(column in table.columns for column in columns)

    def require(self, word: str, *columns: str) -> Table:
        """The table of our word; raises NotApplicable when it or a column is not mapped."""
        return self._premises.table(word, columns, self._run)

    def window(
        self,
        word: str,
        by: str,
        since: datetime,
        until: datetime,
        *,
        match: Match | None = None,
        cap: int = 1000,
        among: Collection[str] | None = None,
    ) -> Scan:
        """Rows with since <= by < until, oldest first (in the order of the key where no index on the time is).

        Of several shards each has its own order; `among`: only these are read, and that all are silent is no error.
        """
        table = self.require(word, by, *(match or {}))
        some = None if among is None else [shard for shard in table.shards if str(shard) in among]
        window = partial(self._premises.window, during=(by, since, until), match=match or {})
        return scan(self._tour(word), table, window, cap, some)

    def _tour(self, word: str) -> Tour:
        return Tour(self._run, word, self._premises.roll(self._kept_as, word))

    def silent(self, word: str) -> dict[Shard, ShopError]:
        """The shards of this table that gave no answer in this run: what was not found may be there."""
        return {shard: error for (asked, shard), error in self._run.silent.items() if asked == word}

    def unknown(self, word: str, by: str) -> Collection[str]:
        """Folded values that this run looked up and of which nobody knows: they may lie in a silent shard."""
        return self._run.unknown.get((word, by), frozenset())

    def coverage(self) -> tuple[Coverage, ...]:
        return self._premises.coverage(self._kept_as)

    def lookup(self, word: str, by: str, values: Collection[str], *, match: Match | None = None) -> list[Record]:
        """Rows whose `by` (or `key`) is one of the values, on all shards."""
        table = self.require(word, by, *(match or {}))
        if not values:
            return []
        return lookups.lookup(self._tour(word), self._premises.source, table, by, values, match=match or {})

    def resolve(self, trade_numbers: Collection[str]) -> dict[str, list[str]]:
        """Each trade number → the values of `orders.trade_no` that it stands for, over the mapped link (word: link)."""
        return links.resolve(self._tour("link"), self._premises.source, self.mapping.callbacks, trade_numbers)

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

        A silent shard is counted with its last answer while that stands.
        `during`: (by, since, until) as in `window()`, between keys where there is no index on the time.
        `binds`: values for the parameters of a statement that is `kept()` by its table.
        """
        table = self.require(word)

        def inside(on: Table, run: Run) -> Sequence[sqlalchemy.ColumnElement[bool]]:
            return self._premises.window(on, run, during, {}).inside() if during else ()

        return lookups.rows(self._tour(word), self._premises.source, table, statement, inside, cap=cap, binds=binds)

    def index(self, word: str) -> tuple[Index, ...]:
        return self.require(word).facts.indexes

    def columns(self, word: str) -> Mapping[str, Column]:
        """Our words → what the database says about these columns; hidden ones are left out."""
        table = self.require(word)
        return {each: column for each in table.c if (column := table.column(each))}

    def recall(self) -> dict[str, Any]:
        return self._premises.memory.recall(self.name, self._kept_as)

    def remember(self, memory: dict[str, Any]) -> None:
        self._premises.memory.remember(self.name, self._kept_as, memory)

    @property
    def notes(self) -> Notes:
        """This probe's memory of this shop, for a probe that runs often."""
        return self._premises.notes(self._kept_as)

    @property
    def _kept_as(self) -> str:
        """Each part of a probe has a memory of its own."""
        return "/".join(filter(None, (self._probe, self.part)))

    def forget(self) -> None:
        """Reads tables, sizes and plans anew: after a change of the configuration or of the schema."""
        self._premises.forget()

    def servers(self) -> dict[str, Server]:
        """What each database says about itself: "" is the shop's own, the others by the mapping's names."""
        return {name: self.node(name).server() for name in self._premises.servers.databases}

    def close(self) -> None:
        self._premises.servers.close()
