"""The master that Sentinels name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exporter.database.deadline import Deadline
from exporter.queues.errors import QueueError, Unreachable
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.places import Places, shares
from exporter.queues.redis_streams.server import Server
from exporter.queues.redis_streams.wire import Login

SENTINEL_PORT = 26379


class Sentinels(Places):
    """The first Sentinel that answers says who the master is; asked again whenever that one cannot be reached."""

    def __init__(self, hosts: Sequence[tuple[str, int]], guards: Login, master: str, key: Login) -> None:
        super().__init__(key)
        self._hosts, self._guards, self._name = hosts, guards, master
        self._master: tuple[str, int] | None = None

    def of(self, key: str, deadline: Deadline) -> Server:  # noqa: ARG002 - the master has every key
        master = self._master = self._master or self._named(deadline)
        return self._server(*master)

    def masters(self, deadline: Deadline) -> Mapping[str, Server]:
        return {"": self.of("", deadline)}

    def forget(self) -> None:
        self._master = None

    def _named(self, deadline: Deadline) -> tuple[str, int]:
        fault: QueueError = Unreachable("no Sentinel knows a master of that name; see the end of this queue's url")
        for host, port, share in shares(self._hosts, deadline):
            sentinel = self._server(host, port or SENTINEL_PORT, self._guards)
            try:
                told = sentinel.one(Read.MASTER, self._name, deadline=share)
            except QueueError as error:
                fault = type(error)(f"a Sentinel does not say where the master is: {error}")
                continue
            match told:
                case [bytes(name), bytes(number)]:
                    return name.decode(), int(number)
        raise fault
