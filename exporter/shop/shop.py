"""What a probe is given: one shop, for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exporter.database.deadline import Deadline
from exporter.database.errors import Denied, NotApplicable
from exporter.shop import lookups
from exporter.shop.guard import LARGE
from exporter.shop.node import Node
from exporter.shop.notes import AtHome, Memory, Notes
from exporter.shop.premises import Premises
from exporter.shop.queues import BoundQueue, Queues
from exporter.shop.replication import Trail, caught_up
from exporter.shop.run import Asked, Run
from exporter.shop.servers import Servers
from exporter.shop.table import Record, Table
from exporter.shop.windows import Scan, Window, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, tzinfo

    import sqlalchemy
    from pydantic import SecretStr
    from sqlalchemy.engine import URL

    from exporter.database.catalog import Column, Index
    from exporter.mapping import Mapping as ShopMapping
    from exporter.queues import Broker

    Match = Mapping[str, Collection[Any]]

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
        queues: Mapping[str, Broker] | None = None,
        zone: tzinfo | None = None,
        memory: Memory,
        large: int = LARGE,
    ) -> Shop:
        """Connects when it is first asked. `databases`: the addresses of the databases that the mapping names."""
        servers = Servers({"": database, **(databases or {})}, replicas or {}, password, large)
        home = AtHome(memory, (database, *(databases or {}).values()))
        return cls(Premises(name, mapping, zone or ZoneInfo("Asia/Shanghai"), servers, home, Queues(queues or {})))

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
    def refused(self) -> list[Denied]:
        """What the account may not of all that this run asked, each with its GRANT."""
        return self._run.refused

    @property
    def databases(self) -> tuple[str, ...]:
        """The shop's own is "", the others go by the mapping's names."""
        return tuple(self._premises.servers.databases)

    @property
    def replicas(self) -> tuple[str, ...]:
        """The names of the configured replicas."""
        return tuple(self._premises.servers.replicas)

    def node(self, database: str = "", *, apart: str = "") -> Node:
        """A database of the shop in its own words. `apart` names a further connection, which probes do not wait for."""
        return Node(database, self._premises.servers.source(database, apart), self._run)

    def replica(self, name: str, *, apart: str = "") -> Node:
        return Node(name, self._premises.servers.replica(name, apart), self._run)

    @property
    def queues(self) -> tuple[str, ...]:
        return self._premises.queues.names

    def queue(self, name: str = "") -> BoundQueue:
        """A queue of the shop; without a name the only one. Raises NotApplicable where there is none, or a choice."""
        return BoundQueue(name or self._premises.queues.only(), self._premises.queues, self._run)

    def trail(self, every: float, *, idle: float) -> Trail:
        """Where the primary is, looked at once in `every` seconds until nobody has asked for `idle` seconds."""
        return self._premises.trail(every, idle)

    def caught_up(self, replica: str, within: float) -> float | None:
        """Seconds until it has what the primary has now; None if not `within` them or 0.45 of the run. By GTIDs."""
        apart, most = f"{replica} catches up", self._run.deadline.left * 0.45
        return caught_up(self.node(apart=apart), self.replica(replica, apart=apart), min(within, most))

    def maps(self, word: str, *columns: str) -> bool:
        table = self.mapping.table(word)
        return table is not None and all(column in table.columns for column in columns)

    def require(self, word: str, *columns: str) -> Table:
        """The table of our word; raises NotApplicable when it or a column is not mapped."""
        return self._premises.table(word, columns, self._run.deadline)

    def window(
        self, word: str, by: str, since: datetime, until: datetime, *, match: Match | None = None, cap: int = 1000
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
        source = self._premises.source(table.map.database)
        return lookups.lookup(self._run, source, table, by, values, match=match or {}) if values else []

    def resolve(self, trade_numbers: Collection[str]) -> dict[str, list[str]]:
        """Each trade number of callbacks → the values of `orders.trade_no` that it stands for, over the mapped link."""
        if (callbacks := self.mapping.callbacks) is None:
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

        def inside(on: Table) -> Sequence[sqlalchemy.ColumnElement[bool]]:
            return self._window(on, *during).inside() if during else ()

        source = self._premises.source(table.map.database)
        return lookups.rows(self._run, source, table, statement, inside, cap=cap, binds=binds)

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

    def close(self) -> None:
        self._premises.close()
