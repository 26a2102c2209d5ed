"""A few new messages with their bodies, read at places that are spread over what is new, in nobody's group."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from exporter.queues.drawing import Body, Draw, Drawn, spread
from exporter.queues.errors import Garbled, TimedOut
from exporter.queues.kafka.arrivals import OLD_FORMAT, OVER_BUDGET, TOO_LARGE, UNREADABLE
from exporter.queues.kafka.batches import Batch, Record, batches, records
from exporter.queues.kafka.fetching import fetched
from exporter.queues.kafka.naming import named
from exporter.queues.kafka.spans import Span, places, spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.database.deadline import Deadline
    from exporter.queues.kafka.cluster import Cluster, Topic
    from exporter.queues.kafka.wire import Stream
    from exporter.queues.nouns import Mark, Message

_PAGE = 1 << 16
"""Bytes that are asked for at once; a larger batch comes whole."""

_MOVED = 32 << 20
"""Bytes that one sample may move: a message comes with all others of its batch."""

_LARGEST_BATCH = 24 << 20

_RESERVED = 0.15
"""Of the run's time, in which no page is begun."""

LATE = "the time of the run was over"
NO_BODY = "has no body"
NOTHING = "no message is there any more"


def samples(cluster: Cluster, topic: Topic, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
    """A mark is {"id": the topic's, "next": {partition: offset}}."""
    found = spans(cluster, topic, mark, draw.first, deadline)
    reading = _Reading(topic.name, draw, deadline)
    for span, drawn in zip(found, spread([each.new for each in found], draw.count), strict=True):
        reading.read(span, deque(span.start + place for place in drawn))
    return Drawn(
        mark={"id": topic.id, "next": {**places(mark, topic), **{str(each.partition): each.end for each in found}}},
        arrived=sum(each.new + each.expired for each in found),
        bodies=tuple(reading.bodies),
        too_large=tuple(reading.too_large),
        unread=+reading.unread,
    )


class _Reading:
    def __init__(self, topic: str, draw: Draw, deadline: Deadline) -> None:
        self._topic, self._draw, self._deadline = topic, draw, deadline
        self._left, self._moved = draw.together, 0
        self.bodies: list[Body] = []
        self.too_large: list[Message] = []
        self.unread = Counter[str]()

    def read(self, span: Span, wanted: deque[int]) -> None:
        """`wanted`: offsets, in their order. Where one was compacted away, the next that is there stands for it."""
        while wanted:
            if self._deadline.left < _RESERVED * self._deadline.total:
                return self._given_up(wanted, LATE)
            if self._moved >= _MOVED:
                return self._given_up(wanted, OVER_BUDGET)
            before = len(wanted)
            try:
                self._page(span, wanted)
            except TimedOut:
                if not self._moved:
                    raise
                return self._given_up(wanted, LATE)
            if len(wanted) == before:
                return self._given_up(wanted, NOTHING)
        return None

    def _page(self, span: Span, wanted: deque[int]) -> None:
        with fetched(span, self._topic, wanted[0], _PAGE, self._deadline) as (answer, size):
            for batch, stored in batches(answer, max(0, size)):
                self._moved += batch.size
                self._batch(batch, stored, span, wanted)
                if not wanted or wanted[0] > batch.last + 1:
                    break

    def _given_up(self, wanted: deque[int], why: str) -> None:
        self.unread[why] += len(wanted)
        wanted.clear()

    def _batch(self, batch: Batch, stored: Stream, span: Span, wanted: deque[int]) -> None:
        """Takes from `wanted` what stands in this batch, or stood there."""
        if batch.size > _LARGEST_BATCH or not (batch.records or batch.control):
            why = TOO_LARGE if batch.size > _LARGEST_BATCH else OLD_FORMAT
            self.unread[why] += sum(1 for _ in _until(wanted, batch.last))
            return
        try:
            for record in () if batch.control else records(batch, stored):
                if wanted and record.offset >= wanted[0]:
                    for _ in _until(wanted, record.offset):
                        pass
                    self._take(record, span.partition)
        except Garbled:
            self.unread[UNREADABLE] += sum(1 for _ in _until(wanted, batch.last))
        self.unread[NOTHING] += sum(1 for _ in _until(wanted, batch.last))

    def _take(self, record: Record, partition: int) -> None:
        message = named(self._topic, record, partition)
        if not record.value:
            self.unread[NO_BODY] += 1
        elif message.size > self._draw.largest:
            self.too_large.append(message)
        elif record.value > self._left:
            self.unread[OVER_BUDGET] += 1
        else:
            data = b"".join(record.pieces())
            self._left -= len(data)
            self._moved += record.size
            self.bodies.append(Body(message, data))


def _until(wanted: deque[int], last: int) -> Iterator[int]:
    """Takes what is not after `last`."""
    while wanted and wanted[0] <= last:
        yield wanted.popleft()
