"""What a probe is given: one shop, for one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from exporter.database.deadline import Deadline
from exporter.database.errors import Denied
from exporter.shop.guard import LARGE
from exporter.shop.node import Node
from exporter.shop.notes import AtHome, Memory, Notes
from exporter.shop.premises import Premises
from exporter.shop.queues import BoundQueue, Queues
from exporter.shop.replication import Trail, caught_up
from exporter.shop.run import Run
from exporter.shop.servers import Servers
from exporter.shop.tables import Tables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import tzinfo

    from pydantic import SecretStr
    from sqlalchemy.engine import URL

    from exporter.mapping import Mapping as ShopMapping
    from exporter.model import Asked
    from exporter.queues import Broker

    Match = Mapping[str, Collection[Any]]


class Shop(Tables):
    """A cheap view: `bounded()` gives each run of a probe its own, with a deadline and a fresh trace."""

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

    def within(self, seconds: float) -> Shop:
        """The same run, for questions that may take so long at most."""
        return Shop(self._premises, self._run.within(seconds), self._probe, self.part)

    def seen_by(self, replica: str) -> Shop:
        """The tables of the shop's own database as this replica shows them."""
        return Shop(self._premises.seen_by(replica), self._run.elsewhere(), self._probe, self.part)

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

    def recall(self) -> dict[str, Any]:
        return self._premises.memory.recall(self.name, self._kept_as)

    def remember(self, memory: dict[str, Any]) -> None:
        self._premises.memory.remember(self.name, self._kept_as, memory)

    @property
    def notes(self) -> Notes:
        """This probe's memory of this shop, for a probe that runs often."""
        return self._premises.notes(self._kept_as)

    def forget(self) -> None:
        """Reads tables, sizes and plans anew: after a change of the configuration or of the schema."""
        self._premises.forget()

    def close(self) -> None:
        self._premises.close()
