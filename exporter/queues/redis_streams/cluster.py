"""The nodes of a Redis Cluster, and which slots each has."""

from __future__ import annotations

import binascii
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exporter.database.deadline import Deadline
from exporter.queues.errors import Garbled, QueueError, Unreachable
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.places import Places, shares
from exporter.queues.redis_streams.replies import Reply
from exporter.queues.redis_streams.server import Server
from exporter.queues.redis_streams.wire import Login

_SLOTS = 16384


class _Range(NamedTuple):
    """Slots from `first` to `last`; `name`: the id of the master that has them."""

    first: int
    last: int
    name: str
    at: tuple[str, int]


class Cluster(Places):
    def __init__(self, hosts: Sequence[tuple[str, int]], key: Login) -> None:
        super().__init__(key)
        self._hosts = hosts
        self._ranges: list[_Range] = []

    def of(self, key: str, deadline: Deadline) -> Server:
        ranges, slot = self._known(deadline), slot_of(key.encode())
        place = bisect_right(ranges, slot, key=lambda each: each.first) - 1
        if place < 0 or slot > ranges[place].last:
            raise Unreachable("the cluster has no server for the slot of this key")
        return self._server(*ranges[place].at)

    def masters(self, deadline: Deadline) -> Mapping[str, Server]:
        return {each.name: self._server(*each.at) for each in self._known(deadline)}

    def forget(self) -> None:
        self._ranges = []

    def _known(self, deadline: Deadline) -> list[_Range]:
        ranges = self._ranges = self._ranges or self._told(deadline)
        return ranges

    def _told(self, deadline: Deadline) -> list[_Range]:
        """By the first node that answers, of those in the configuration and those met since."""
        fault: QueueError = Unreachable("no node of the cluster answers")
        for host, port, share in shares(tuple(dict.fromkeys((*self._hosts, *self._servers))), deadline):
            try:
                told = self._server(host, port).one(Read.CLUSTER_SLOTS, deadline=share)
            except QueueError as error:
                fault = error
                continue
            found = sorted(_range(each, host) for each in told) if isinstance(told, list) else []
            if found:
                return found
            fault = Unreachable("the cluster has given its slots to no node yet")
        raise fault


def _range(told: Reply, asked: str) -> _Range:
    """A node that does not know its own host has the one that was asked."""
    match told:
        case [int(first), int(last), [bytes() | None as host, int(port), bytes(name), *_], *_]:
            own = host.decode() if host and host != b"?" else asked
            return _Range(first, last, name.decode(), (own, port))
    raise Garbled("the cluster tells its slots in a form that cannot be read")


def slot_of(key: bytes) -> int:
    """Of a key with {…} in it only what is inside counts, so that keys can be kept together."""
    start = key.find(b"{")
    if start >= 0 and (end := key.find(b"}", start + 1)) > start + 1:
        key = key[start + 1 : end]
    return binascii.crc_hqx(key, 0) % _SLOTS
