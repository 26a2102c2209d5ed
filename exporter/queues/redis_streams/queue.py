"""Redis asked for sizes, samples, delays and keys."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.queues import (
    Arrivals,
    Deadline,
    Delay,
    Draw,
    Drawn,
    Key,
    Keys,
    Look,
    Mark,
    Missing,
    Queue,
    Unsupported,
    Walk,
)
from exporter.queues.redis_streams import keys, lists, streams
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.delays import stream_delays
from exporter.queues.redis_streams.keys import Wanted
from exporter.queues.redis_streams.opening import places
from exporter.queues.redis_streams.pace import Pace
from exporter.queues.redis_streams.samples import stream_samples
from exporter.queues.redis_streams.topic import Topic

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from exporter.queues.redis_streams import Redis


class RedisQueue(Queue, Keys):
    """A topic is a key: a stream or a list."""

    def __init__(self, redis: Redis) -> None:
        self._places = places(redis)
        self._paces: dict[str, Pace] = {}

    def arrivals(self, topic: str, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
        asked = Topic(topic, self._places, deadline)
        arrivals = lists.arrivals if _is_list(asked) else streams.arrivals
        return arrivals(asked, mark, look)

    def samples(self, topic: str, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
        asked = Topic(topic, self._places, deadline)
        return lists.samples(asked, mark, draw) if _is_list(asked) else stream_samples(asked, mark, draw)

    def delays(self, topic: str, groups: Collection[str], now: datetime, deadline: Deadline) -> Sequence[Delay]:  # noqa: ARG002 - the server tells the time
        asked = Topic(topic, self._places, deadline)
        if not _is_list(asked):
            return stream_delays(asked, groups)
        told = self._paces.setdefault(topic, Pace()).delay(topic, lists.sight(asked))
        return [replace(told, group=group) for group in groups or ("",)]

    def lasting(self, pattern: str, beyond: float, mark: Mark | None, most: int, deadline: Deadline) -> Walk:
        return keys.lasting(self._places, Wanted(pattern, beyond, most), mark, deadline)

    def alive(self, names: Collection[str], deadline: Deadline) -> Sequence[Key]:
        return keys.alive(self._places, names, deadline)

    def close(self) -> None:
        self._places.close()


def _is_list(topic: Topic) -> bool:
    kind = topic.ask(Read.TYPE)
    if kind == b"none":
        raise Missing(f"there is no stream or list {topic.key}: its name is wrong, or nobody has sent anything yet")
    if kind not in (b"stream", b"list"):
        said = kind.decode() if isinstance(kind, bytes) else "key of another type"
        raise Unsupported(f"{topic.key} is a {said}; a queue in Redis is a stream or a list")
    return kind == b"list"
