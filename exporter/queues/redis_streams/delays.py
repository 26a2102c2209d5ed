"""How far groups are behind on a stream, by the server's clock and the ids of entries; and what waits in a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled
from exporter.queues.nouns import Delay
from exporter.queues.redis_streams import scripts
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.ids import Id
from exporter.queues.redis_streams.streams import milliseconds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from exporter.queues.redis_streams.replies import Reply
    from exporter.queues.redis_streams.topic import Topic

GROUPS = 200
"""So many groups of one stream are looked at."""


@dataclass(frozen=True, slots=True)
class _Group:
    """As XINFO GROUPS has it: `read` and `lag` are None before Redis 7, and where the server does not know them."""

    name: str
    consumers: int
    pending: int
    delivered: Id
    read: int | None
    lag: int | None


def stream_delays(topic: Topic, groups: Collection[str]) -> Sequence[Delay]:
    length, clock, told = topic.all((Read.XLEN, topic.key), (Read.TIME,), (Read.XINFO_GROUPS, topic.key))
    if not isinstance(length, int) or not isinstance(told, list):
        raise Garbled("the server tells the groups of a stream in a form that cannot be read")
    known = {group.name: group for group in map(_group, told)}
    now = milliseconds(clock)
    wanted = list(groups or known)[:GROUPS]
    return [
        _delay(topic, known[name], length, now)
        if name in known
        else Delay(topic.key, name, None, consumers=0, why="the stream has no group of this name")
        for name in wanted
    ]


def _delay(topic: Topic, group: _Group, length: int, now: int) -> Delay:
    """The older of what was delivered and not acknowledged, and of what was not delivered yet."""
    oldest = _pending(topic, group) if group.pending else None
    waiting = _first_after(topic, group.delivered) if length else None
    ids = [each for each in (oldest, waiting) if each]
    timely = all(each.at for each in ids)
    lag = group.lag if group.lag is not None and group.lag <= length else None
    if waiting is None:
        lag = 0
    return Delay(
        topic.key,
        group.name,
        max((max(0, now - each.ms) / 1000 for each in ids), default=0.0) if timely else None,
        backlog=None if lag is None else lag + group.pending,
        consumers=None if group.consumers else 0,
        consumed=None if group.read is None else max(0, group.read - group.pending),
        why="" if timely else "the ids of this stream are its producer's own, and no times",
    )


def _pending(topic: Topic, group: _Group) -> Id | None:
    told = topic.ask(Read.XPENDING, group.name)
    match told:
        case [int(_), bytes(oldest), *_]:
            return Id.read(oldest)
        case [int(_), None, *_]:
            return None
    raise Garbled("the server tells what is pending in a form that cannot be read")


def _first_after(topic: Topic, delivered: Id) -> Id | None:
    """The first entry that the group was not given yet."""
    start = str(delivered.next())
    told = topic.run(scripts.NEXT, start)
    if told is None and not topic.scripted:
        match topic.ask(Read.XRANGE, start, "+", "COUNT", 1):
            case []:
                return None
            case [[bytes(id_), _]]:
                return Id.read(id_)
    return None if told is None else Id.read(told)


def _group(told: Reply) -> _Group:
    """From a list of names and values, whose number grows with the server's version."""
    if not isinstance(told, list):
        raise Garbled("the server tells a group in a form that cannot be read")
    values: Mapping[object, Reply] = {
        name: value for name, value in zip(told[::2], told[1::2], strict=True) if isinstance(name, bytes)
    }
    match values:
        case {b"name": bytes(name), b"consumers": int(consumers), b"pending": int(pending), b"last-delivered-id": last}:
            read, lag = values.get(b"entries-read"), values.get(b"lag")
            return _Group(
                name.decode("utf-8", "replace"),
                consumers,
                pending,
                Id.read(last),
                read if isinstance(read, int) else None,
                lag if isinstance(lag, int) else None,
            )
    raise Garbled("the server tells a group in a form that cannot be read")
