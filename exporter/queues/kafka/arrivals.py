"""What is new in a topic: its records stream by, in nobody's group, within a budget of bytes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.queues.errors import Garbled, TimedOut
from exporter.queues.kafka.batches import Batch, batches, records
from exporter.queues.kafka.fetching import fetched
from exporter.queues.kafka.naming import Naming
from exporter.queues.kafka.spans import Span, places, shortened, spans
from exporter.queues.kafka.wire import Stream
from exporter.queues.nouns import Arrivals, Look, Mark, Tally

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.kafka.cluster import Cluster, Topic

EXPIRED = "expired"
OVER_BUDGET = "over the budget"
TOO_LARGE = "太大，没有读取 / too large to be read"
OLD_FORMAT = "in the format before Kafka 0.11"
UNREADABLE = "unreadable"

_PAGE = 1 << 20
"""Bytes that are asked for at once; a larger batch comes whole."""

_RESERVED = 0.15
"""Of the run's time, in which no page is begun."""


def arrivals(cluster: Cluster, topic: Topic, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
    """A mark is {"id": the topic's, "next": {partition: offset}, "bytes": of a usual message}."""
    found = spans(cluster, topic, mark, look.first, deadline)
    usual = _usual(mark)
    shortened(found, min(look.messages, look.opened_bytes // usual) if usual else look.messages)
    reading = _Reading(topic, look, deadline)
    budget = look.opened_bytes
    for left, span in zip(range(len(found), 0, -1), sorted(found, key=lambda each: each.new), strict=True):
        budget -= reading.read(span, budget // left)
    unseen = reading.unseen
    for span in found:
        unseen.update({EXPIRED: span.expired, OVER_BUDGET: span.skipped})
    tally = reading.tally
    if tally.count:
        usual = max(1, reading.clipped // tally.count)
    next_ = {**places(mark, topic), **{str(span.partition): span.start for span in found}}
    return Arrivals(
        mark={"id": topic.id, "next": next_, "bytes": usual},
        arrived=tally.count + unseen.total(),
        stored=tally,
        bodies=reading.bodies,
        oversize=reading.naming.oversize,
        largest=reading.naming.messages(),
        unseen={why: count for why, count in unseen.items() if count},
    )


def _usual(mark: Mark | None) -> int:
    found: Any = (mark or {}).get("bytes")
    return found if isinstance(found, int) and found > 0 else 0


class _Reading:
    """One look at a topic. `clipped`: bytes in all, where an oversize message counts as one at the limit."""

    def __init__(self, topic: Topic, look: Look, deadline: Deadline) -> None:
        self._topic, self._look, self._deadline = topic, look, deadline
        self.naming = Naming(topic.name, look)
        self.tally, self.bodies = Tally(), Tally()
        self.unseen = Counter[str]()
        self.clipped = 0
        self._at: Batch | None = None  # what is being read

    def read(self, span: Span, share: int) -> int:
        """The bytes that it took: not many more than `share`. What the time did not allow is new again next time."""
        taken = 0
        while span.start < span.end:
            if self._deadline.left < _RESERVED * self._deadline.total:
                break
            if taken >= share:
                span.skip(span.new)
                break
            before = span.start
            taken += self._page(span, min(_PAGE, share - taken))
            if span.start == before:  # trimmed since its oldest was told, or over the broker's quota: next time
                break
        return taken

    def _page(self, span: Span, most: int) -> int:
        """Bytes that it took. A batch that the time does not suffice for would keep all after it from being read."""
        self._at = None
        try:
            return self._pulled(span, most)
        except TimedOut:
            if self._at is None or self._at.size <= _PAGE:
                raise
            self._unread(self._at, span, "it takes longer to read than a run may last")
            return self._at.size

    def _pulled(self, span: Span, most: int) -> int:
        taken = 0
        with fetched(span, self._topic.name, span.start, most, self._deadline) as (answer, size):
            if size == 0:
                span.start = span.end  # nothing is left of them: compacted
            for batch, stored in batches(answer, max(0, size)):
                if batch.last < batch.first or batch.last < span.start:
                    raise Garbled(f"{span.link.name} sends other messages than those that were asked for")
                if batch.size > self._look.largest_opened:
                    self._unread(batch, span, TOO_LARGE)
                    return taken
                self._at = batch
                taken += max(batch.size, self._batch(batch, stored, span))
                self._at, span.start = None, batch.last + 1
        return taken

    def _batch(self, batch: Batch, stored: Stream, span: Span) -> int:
        """Its bytes, inflated."""
        sizes: list[int] = []
        values: list[int] = []
        if batch.control:
            return 0
        if not batch.records:
            self.unseen[OLD_FORMAT] += 1
            return 0
        try:
            for record in records(batch, stored):
                if record.offset >= span.start:
                    sizes.append(record.size)
                    values.append(record.value)
                    self.naming.see(record, span.partition)
        except Garbled:
            self.unseen[UNREADABLE] += batch.records - len(sizes)
        self.tally += Tally.of(sizes)
        self.bodies += Tally.of(values)
        self.clipped += sum(min(size, self._look.oversize) for size in sizes)
        return sum(sizes)

    def _unread(self, batch: Batch, span: Span, why: str) -> None:
        """A batch of one message is as large as that message: it is told, and passed over."""
        span.start = batch.last + 1
        if batch.records != 1:
            self.unseen[TOO_LARGE] += max(1, batch.records)
            return
        self.tally += Tally.of([batch.size])
        self.clipped += self._look.oversize
        self.naming.tell(batch, span.partition, why)
