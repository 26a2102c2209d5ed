"""A few new entries of a stream with their bodies, at places that are spread over their ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.queues.drawing import Draw, Drawn, spread
from exporter.queues.errors import Garbled
from exporter.queues.nouns import Mark
from exporter.queues.redis_streams import drawing_scripts, scripts
from exporter.queues.redis_streams.bodies import Found, asked
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.entries import BYTES, COUNT
from exporter.queues.redis_streams.ids import Id

if TYPE_CHECKING:
    from exporter.queues.redis_streams.topic import Topic


def stream_samples(topic: Topic, mark: Mark | None, draw: Draw) -> Drawn:
    """A mark is {"after": the newest id, "oldest": that is there, "length": of the stream}.

    A body is the entry as JSON: {field: value}, where a value that looks like JSON is taken for it.
    """
    stream = _seen(topic)
    if stream is None:
        return Drawn({"after": "0-0", "oldest": "0-0", "length": 0})
    part, found = _new(mark, stream, draw.first), Found(topic.key, draw)
    if part.arrived:
        starts = map(str, _starts(part, min(draw.count, part.arrived, COUNT)))
        rows = asked(topic, drawing_scripts.BODIES, draw.largest, draw.together, BYTES, *starts)
        if not isinstance(rows, list):
            raise Garbled("the server answers the script in a form that cannot be read")
        for row in rows:
            found.entry(row)
    told: Mark = {"after": str(stream.newest), "oldest": str(stream.oldest), "length": stream.length}
    return found.drawn(told, part.arrived, estimated=part.estimated)


@dataclass(frozen=True, slots=True)
class _Stream:
    newest: Id
    oldest: Id
    length: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What came `after` an id, up to the `newest`. A stream that is trimmed does not tell how many: `estimated`."""

    after: Id
    newest: Id
    arrived: int
    estimated: bool = False


def _seen(topic: Topic) -> _Stream | None:
    """None where the stream is empty."""
    length, newest = topic.ask(Read.XLEN), asked(topic, drawing_scripts.LAST)
    oldest = asked(topic, scripts.NEXT, "-")
    if not isinstance(length, int):
        raise Garbled("the server tells the length of a stream in a form that cannot be read")
    return None if newest is None or oldest is None else _Stream(Id.read(newest), Id.read(oldest), length)


def _new(mark: Mark | None, stream: _Stream, first: int) -> _Part:
    newest, oldest, length = stream.newest, stream.oldest, stream.length
    least = oldest.before()
    match mark:
        case {"after": str(text), "oldest": str(began), "length": int(before)} if Id.read(text) <= newest:
            after, some = Id.read(text), int(Id.read(text) < newest)
            if str(oldest) == began and length - before >= some:
                return _Part(after, newest, length - before)
            if after < oldest:
                return _Part(least, newest, length, estimated=True)
            share = (newest.ms - after.ms) / max(1, newest.ms - oldest.ms)
            return _Part(after, newest, max(some, round(length * share)), estimated=True)
        case None if length > first:
            start = newest.ms - (newest.ms - oldest.ms) * first // length
            return _Part(max(least, Id(start, 0)), newest, first, estimated=True)
    return _Part(least, newest, length)


def _starts(part: _Part, count: int) -> Iterator[Id]:
    """Where two places lead to one entry, the script takes the next."""
    apart = part.newest.ms - part.after.ms
    if apart < count:
        yield from [part.after.next()] * count
        return
    [drawn] = spread([apart], count)
    for place in drawn:
        yield Id(part.after.ms + place, 0) if place else part.after.next()
