"""The brokers: who leads which partition, how far each goes, and which groups each keeps."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.database.deadline import Deadline
from exporter.queues.errors import Garbled, QueueError, TimedOut, Unreachable
from exporter.queues.kafka.link import Link
from exporter.queues.kafka.refusals import refusal
from exporter.queues.kafka.signing import Account
from exporter.queues.kafka.wire import Read, Stream, array, compact, string, uvarint
from exporter.queues.sockets import trusting

if TYPE_CHECKING:
    from exporter.queues.kafka import Kafka

PORT = 9092

_NOBODY = "0" * 32
_CLIENT = -1
"""The replica that asks is none."""

EARLIEST, LATEST = -2, -1


@dataclass(frozen=True, slots=True)
class Topic:
    """`id`: another when the topic is made anew; "" where there is none. `leaders`: None where nobody leads now."""

    name: str
    id: str
    leaders: Mapping[int, Link | None]


@dataclass(frozen=True, slots=True)
class Found:
    """The first message at or after a time: `offset` -1 where there is none; `at` in milliseconds."""

    offset: int
    at: int


class Cluster:
    """The links to all brokers, opened when they are needed."""

    def __init__(self, broker: Kafka) -> None:
        context = trusting(broker.ca, check_host=broker.check_host) if broker.tls else None
        self._account = Account(broker.sasl, broker.user, broker.password.get_secret_value(), context)
        hosts = [(host, port or PORT) for host, port in broker.address.hosts]
        names = [f"broker {n} of the URL" if len(hosts) > 1 else "the broker" for n in range(1, len(hosts) + 1)]
        self._first = [Link(name, place, self._account) for name, place in zip(names, hosts, strict=True)]
        self._elsewhere = broker.brokers
        self._links: dict[tuple[str, int], Link] = {}
        self._opening = threading.Lock()
        self._closed = False

    def topic(self, name: str, deadline: Deadline) -> Topic:
        """Raises Missing where there is none: asking does not create it."""
        _, found = self._metadata(name, deadline)
        if found is None:
            raise Garbled(f"the answer about {name} is not about {name}")
        if all(link is None for link in found.leaders.values()):
            raise Unreachable(f"no partition of {name} has a leader now")
        return found

    def links(self, deadline: Deadline) -> list[Link]:
        """All brokers."""
        return self._metadata(None, deadline)[0]

    def offsets(self, topic: Topic, at: Mapping[int, int], deadline: Deadline) -> dict[int, Found]:
        """Partition → its first message from the time in `at` on, or its EARLIEST or LATEST offset, by its leader."""
        found: dict[int, Found] = {}
        for link, partitions in led(topic, at):
            asked = array(struct.pack(">iq", each, at[each]) for each in partitions)
            fields = struct.pack(">ib", _CLIENT, 0) + array([string(topic.name) + asked])
            with link.stream(Read.LIST_OFFSETS, fields, deadline) as answer:
                answer.i32()
                told = answer.array(lambda a: (a.text(), a.array(_offset)))
            for number, code, moment, offset in (each for _, of in told for each in of):
                if code:
                    raise refusal(code, link.name, f"the offsets of {topic.name}")
                found[number] = Found(offset, moment)
        if found.keys() != at.keys() & {number for number, link in topic.leaders.items() if link}:
            raise Garbled(f"the offsets of {topic.name} are not those that were asked for")
        return found

    def close(self) -> None:
        with self._opening:
            self._closed = True
            links = [*self._first, *self._links.values()]
        for link in links:
            link.close()

    def _metadata(self, topic: str | None, deadline: Deadline) -> tuple[list[Link], Topic | None]:
        """`topic` None: only who the brokers are. The first that answers is asked first from then on."""
        told: list[QueueError] = []
        for link in list(self._first):
            share = Deadline(deadline.left / (len(self._first) - len(told)))
            try:
                answer = self._asked(link, topic, share)
            except (Unreachable, TimedOut) as error:
                told.append(error)
            else:
                if told:
                    self._first.sort(key=lambda each: each is not link)
                return answer
        raise told[0] if len(told) == 1 else type(told[-1])(f"no broker answers: {'; '.join(map(str, told))}")

    def _asked(self, link: Link, topic: str | None, deadline: Deadline) -> tuple[list[Link], Topic | None]:
        version = link.version(Read.METADATA, deadline)
        new = version >= _WITH_IDS
        if new:
            wanted = b"" if topic is None else bytes(16) + compact(topic) + b"\0"
            fields = uvarint(1 + (topic is not None)) + wanted + b"\0\0\0"  # no creation, no operations, no tags
        else:
            fields = array([] if topic is None else [string(topic)]) + b"\0"
        with link.stream(Read.METADATA, fields, deadline) as answer:
            answer.i32()
            links = dict(answer.array(self._broker))
            answer.text(), answer.i32()  # the cluster and its controller
            topics = answer.array(lambda a: _topic(a, links, new=new))
        for code, found in topics:
            if found.name == topic:
                if code:
                    raise refusal(code, link.name, f"anything about {topic}")
                return list(links.values()), found
        return list(links.values()), None

    def _broker(self, answer: Stream) -> tuple[int, Link]:
        number, host, port = answer.i32(), answer.text(), answer.i32()
        answer.text()
        answer.tags()
        place = _place(self._elsewhere.get(f"{host}:{port}", ""), (host, port))
        with self._opening:
            if self._closed:
                raise Unreachable("this shop was closed")
            return number, self._links.setdefault(place, Link(f"broker {number}", place, self._account))


_WITH_IDS = 10


def led(topic: Topic, partitions: Iterable[int]) -> Iterator[tuple[Link, list[int]]]:
    """Those partitions that have a leader now, by their leader."""
    by: dict[Link, list[int]] = {}
    for each in partitions:
        if link := topic.leaders.get(each):
            by.setdefault(link, []).append(each)
    yield from by.items()


def _topic(answer: Stream, links: Mapping[int, Link], *, new: bool) -> tuple[int, Topic]:
    code, name = answer.i16(), answer.text()
    made = answer.take(16).hex() if new else ""
    answer.i8()  # whether it is Kafka's own
    leaders: dict[int, Link | None] = {}
    for _ in range(answer.count()):
        answer.i16()
        number, leader = answer.i32(), answer.i32()
        if new:
            answer.i32()
        for _replicas in range(3):
            answer.array(Stream.i32)
        answer.tags()
        leaders[number] = links.get(leader)
    if new:
        answer.i32()
    answer.tags()
    return code, Topic(name, made if made != _NOBODY else "", leaders)


def _place(told: str, otherwise: tuple[str, int]) -> tuple[str, int]:
    host, _, port = told.rpartition(":")
    return (host.strip("[]"), int(port)) if told else otherwise


def _offset(answer: Stream) -> tuple[int, int, int, int]:
    return answer.i32(), answer.i16(), answer.i64(), answer.i64()
