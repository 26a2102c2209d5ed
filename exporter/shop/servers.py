"""The databases of one shop and their replicas: connections that are opened when they are first needed."""

from __future__ import annotations

import copy
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING

from exporter.database.errors import NotApplicable, Unreachable
from exporter.database.sharing import leave, share
from exporter.shop.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import SecretStr
    from sqlalchemy.engine import URL


class Servers:
    """By the names of the configuration; "" is the shop's own database. `large` is in rows."""

    def __init__(
        self,
        databases: Mapping[str, str | URL],
        replicas: Mapping[str, str | URL],
        password: SecretStr | None,
        large: int,
    ) -> None:
        self._addresses, self._replica_addresses = databases, replicas
        self._password, self._large = password, large
        self._apart: dict[tuple[str, str, str], Source] = {}
        self._opening = threading.Lock()
        self._closed = False
        with ExitStack() as undo:
            self.databases = {name: self._opened(address, undo) for name, address in databases.items()}
            self.replicas = {name: self._opened(address, undo) for name, address in replicas.items()}
            undo.pop_all()

    def source(self, database: str, apart: str = "") -> Source:
        """Raises NotApplicable for a database that has no address."""
        if database not in self.databases:
            raise NotApplicable(f"the mapping reads database {database}; give its address in the shop's databases")
        if not apart:
            return self.databases[database]
        return self._further("database", database, apart, self._addresses[database])

    def replica(self, name: str, apart: str = "") -> Source:
        if name not in self.replicas:
            raise NotApplicable(f"there is no replica {name}; give its address in the shop's replicas")
        return self._further("replica", name, apart, self._replica_addresses[name]) if apart else self.replicas[name]

    def seen_by(self, replica: str) -> Servers:
        """This replica in the place of the shop's own database; it has no others, and is closed with these."""
        seen = copy.copy(self)
        seen.databases = {"": self.replica(replica)}
        return seen

    def all(self) -> Iterator[Source]:
        yield from (*self.databases.values(), *self.replicas.values(), *self._apart.values())

    def close(self) -> None:
        with self._opening:
            self._closed = True
            for source in self.all():
                leave(source.database)

    def _further(self, kind: str, name: str, apart: str, address: str | URL) -> Source:
        key = kind, name, apart
        with self._opening:
            if self._closed:
                raise Unreachable("this shop was closed")
            if key not in self._apart:
                self._apart[key] = Source(share(address, self._password, apart), self._large)
            return self._apart[key]

    def _opened(self, address: str | URL, undo: ExitStack) -> Source:
        source = Source(share(address, self._password), self._large)
        undo.callback(leave, source.database)
        return source
