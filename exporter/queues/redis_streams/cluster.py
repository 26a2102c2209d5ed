"""The nodes of a Redis Cluster, and which slots each has."""

from __future__ import annotations

import binascii
from bisect import bisect_right
from collections.abc import Mapping, Sequence

from exporter.database.deadline import Deadline
from exporter.queues.errors import Garbled, QueueError, Unreachable
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.places import Places, shares
from exporter.queues.redis_streams.replies import Reply
from exporter.queues.redis_streams.server import Server
from exporter.queues.redis_streams.wire import Login

_SLOTS = 16384


class Cluster(Places):
    def __init__(self, hosts: Sequence[tuple[str, int]], key: Login) -> None:
        super().__init__(key)
        self._hosts = hosts
        self._starts: list[int] = []
        self._ranges: list[tuple[int, str, tuple[str, int]]] = []

    def of(self, key: str, deadline: Deadline) -> Server:
        ranges = self._known(deadline)
        slot = slot_of(key.encode())
        place = bisect_right(self._starts, slot) - 1
        if place < 0 or slot > ranges[place][0]:
            raise Unreachable("the cluster has no server for the slot of this key")
        return self._server(*ranges[place][2])

    def masters(self, deadline: Deadline) -> Mapping[str, Server]:
        return {name: self._server(*at) for _, name, at in self._known(deadline)}

    def forget(self) -> bool:
        self._ranges = []
        return True

    def _known(self, deadline: Deadline) -> list[tuple[int, str, tuple[str, int]]]:
        if not self._ranges:
            self._starts, self._ranges = self._told(deadline)
        return self._ranges

    def _told(self, deadline: Deadline) -> tuple[list[int], list[tuple[int, str, tuple[str, int]]]]:
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
                return [each[0] for each in found], [each[1] for each in found]
            fault = Unreachable("the cluster has given its slots to no node yet")
        raise fault


def _range(told: Reply, asked: str) -> tuple[int, tuple[int, str, tuple[str, int]]]:
    """First slot, (last slot, the master's id, its address); a node that does not know its host has the one asked."""
    match told:
        case [int(first), int(last), [host, int(port), bytes(name), *_], *_]:
            known = isinstance(host, bytes) and host not in (b"", b"?")
            return first, (last, name.decode(), (host.decode() if known and isinstance(host, bytes) else asked, port))
    raise Garbled("the cluster tells its slots in a form that cannot be read")


def slot_of(key: bytes) -> int:
    """Of a key with {…} in it only what is inside counts, so that keys can be kept together."""
    start = key.find(b"{")
    if start >= 0 and (end := key.find(b"}", start + 1)) > start + 1:
        key = key[start + 1 : end]
    return binascii.crc_hqx(key, 0) % _SLOTS
