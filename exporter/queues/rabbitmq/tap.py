"""Our own queue beside one of the shop: the broker lays a copy of what comes into it, and keeps the newest."""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.database.deadline import Deadline
from exporter.queues.errors import TimedOut, Unreachable
from exporter.queues.rabbitmq import wire
from exporter.queues.rabbitmq.hosts import asked_in_turn
from exporter.queues.rabbitmq.link import Link
from exporter.queues.rabbitmq.refusals import OWN
from exporter.queues.rabbitmq.wire import Method
from exporter.queues.sockets import trusting

if TYPE_CHECKING:
    from exporter.queues.rabbitmq import RabbitMQ
    from exporter.queues.rabbitmq.bindings import Binding
    from exporter.queues.rabbitmq.letters import Letter

PORT, TLS_PORT = 5672, 5671

_EXPIRES = 600_000
"""Milliseconds after which the broker deletes it when nobody asks for it: our machine died, and no socket says so."""

_LONGEST_TOPIC = 200
_BATCH = 100
"""Messages that are asked for in one go."""


class Tap:
    """There as long as the connection that made it; `most`: messages, `size`: bytes that the broker keeps in it."""

    def __init__(self, link: Link, topic: str, most: int, size: int, deadline: Deadline) -> None:
        told = topic.encode()[:_LONGEST_TOPIC].decode(errors="ignore")
        self.name = f"{wire.OURS}{secrets.token_hex(4)}.{told}"
        self.since = time.monotonic()
        self.link = link
        self._bound: frozenset[Binding] = frozenset()
        arguments = {
            "x-queue-type": "classic",
            "x-max-length": most,
            "x-max-length-bytes": size,
            "x-overflow": "drop-head",
            "x-expires": _EXPIRES,
            # over a policy for all queues, by which what is dropped here would become a dead letter of the shop
            "x-dead-letter-exchange": f"{wire.OURS}nowhere",
        }
        link.ask(wire.declare(self.name, arguments), Method.DECLARED, deadline, "a queue of our own")

    def follow(self, wanted: frozenset[Binding], deadline: Deadline) -> None:
        """Bound as the watched queue is, and not otherwise: else it would take what else could not be routed."""
        for each in self._bound - wanted:
            question = wire.unbind(self.name, each.exchange, each.key, json.loads(each.arguments))
            self.link.ask(question, Method.UNBOUND, deadline, f"an end of the binding to {each.exchange}")
        for each in wanted - self._bound:
            question = wire.bind(self.name, each.exchange, each.key, json.loads(each.arguments))
            self.link.ask(question, Method.BOUND, deadline, f"a binding to the exchange {each.exchange}")
        self._bound = wanted

    def waiting(self, deadline: Deadline) -> int:
        """Messages that it keeps now."""
        fields = self.link.ask(wire.declare(self.name, {}, passive=True), Method.DECLARED, deadline, OWN)
        fields.short()
        return fields.number(4)

    def letters(self, count: int, deadline: Deadline) -> Iterator[Letter]:
        """So many of them, the oldest first; each is gone from it once it was handed over."""
        while count > 0:
            yield from self.link.letters(self.name, min(count, _BATCH), deadline)
            count -= _BATCH


@dataclass(slots=True)
class _Place:
    turn: threading.Lock = field(default_factory=threading.Lock)
    tap: Tap | None = None

    def drop(self) -> None:
        if self.tap:
            self.tap.link.close()
            self.tap = None


class Taps:
    """Of one kind, for all topics; each has a connection of its own, so that what one meets ends no other."""

    def __init__(self, broker: RabbitMQ, most: int, size: int) -> None:
        port = TLS_PORT if broker.tls else PORT
        self._hosts = [(host, port) for host, _ in broker.address.hosts]
        if broker.amqp:
            self._hosts = list(broker.address.read(f"amqp://{broker.amqp}").hosts)
        self._context = trusting(broker.ca, check_host=broker.check_host) if broker.tls else None
        self._account, self._vhost, self._most, self._size = broker.account, broker.vhost, most, size
        self._places: dict[str, _Place] = {}
        self._closed = False

    @contextlib.contextmanager
    def at(self, topic: str, wanted: frozenset[Binding], deadline: Deadline) -> Iterator[Tap]:
        """The one of this topic, made where there is none; after an error it is gone."""
        with self._taken(topic, deadline) as place:
            if self._closed:
                raise Unreachable("this shop was closed")
            if place.tap and place.tap.link.gone:
                place.drop()
            try:
                place.tap = tap = place.tap or self._made(topic, deadline)
                tap.follow(wanted, deadline)
                yield tap
            except BaseException:  # what is still on its way must not be taken for the answer to the next question
                place.drop()
                raise

    def name(self, topic: str) -> str | None:
        """The queue of ours that is there now."""
        place = self._places.get(topic)
        return place.tap.name if place and place.tap else None

    def end(self, topic: str, deadline: Deadline) -> None:
        """There is no such queue any more, or nothing to share."""
        with self._taken(topic, deadline) as place:
            place.drop()

    def close(self) -> None:
        self._closed = True
        for place in tuple(self._places.values()):
            if tap := place.tap:
                tap.link.close()

    @contextlib.contextmanager
    def _taken(self, topic: str, deadline: Deadline) -> Iterator[_Place]:
        place = self._places.setdefault(topic, _Place())
        if not place.turn.acquire(timeout=deadline.left):
            raise TimedOut("the time was over before the connection was free")
        try:
            yield place
        finally:
            place.turn.release()

    def _made(self, topic: str, deadline: Deadline) -> Tap:
        link = asked_in_turn(
            self._hosts, lambda host, share: Link(host, self._context, self._account, self._vhost, share), deadline
        )
        try:
            return Tap(link, topic, self._most, self._size, deadline)
        except BaseException:
            link.close()
            raise
