"""A few new messages with their bodies: found in the index of their queue, and read from the commit log one by one."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from exporter.queues.drawing import Body, Draw, Drawn, spread
from exporter.queues.rocketmq import sizes
from exporter.queues.rocketmq.opening import BEGIN, DELETED, LATE, fetched, named

if TYPE_CHECKING:
    from collections.abc import Collection

    from exporter.database.deadline import Deadline
    from exporter.queues.nouns import Mark, Message
    from exporter.queues.rocketmq.cluster import Keeper


def samples(topic: str, keepers: Collection[Keeper], mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
    """A mark is as that of the sizes: {broker: {queue: the index that comes next}}."""
    found = [each for keeper in keepers for each in sizes.spans(keeper, topic, mark, draw.first, deadline)]
    counts = [span.end - span.start for span in found]
    reading = _Reading(topic, draw, deadline)
    for span, places in zip(found, spread(counts, draw.count), strict=True):
        for place in places:
            reading.read(span, span.start + place)
        span.start = span.end
    return Drawn(
        mark=sizes.places(mark, found),
        arrived=sum(counts) + sum(span.expired for span in found),
        bodies=tuple(reading.bodies),
        too_large=tuple(reading.too_large),
        unread=dict(reading.unread),
    )


class _Reading:
    def __init__(self, topic: str, draw: Draw, deadline: Deadline) -> None:
        self._topic, self._draw, self._deadline = topic, draw, deadline
        self._left = draw.together
        self.bodies: list[Body] = []
        self.too_large: list[Message] = []
        self.unread = Counter[str]()

    def read(self, span: sizes.Span, index: int) -> None:
        if self._deadline.left < BEGIN:
            self.unread[LATE] += 1
            return
        entry = sizes.entry(span, index, self._topic, self._deadline)
        if entry is None:
            self.unread[DELETED] += 1
        elif entry.size > self._draw.largest:
            self.too_large.append(named(span.keeper, self._topic, entry, None, "too large to be judged"))
        elif entry.size > self._left:
            self.unread[sizes.OVER_BUDGET] += 1
        else:
            self._open(span.keeper, entry)

    def _open(self, keeper: Keeper, entry: sizes.Entry) -> None:
        keep = min(self._draw.largest, self._left)
        stored = fetched(keeper, self._topic, entry, self._deadline, keep=keep)
        if isinstance(stored, str):
            self.unread[stored] += 1
        elif stored.data is not None:
            self._left -= len(stored.data)
            self.bodies.append(Body(named(keeper, self._topic, entry, stored), stored.data))
        elif stored.body is None:
            self.unread[stored.why] += 1
        elif stored.body > self._draw.largest:
            self.too_large.append(named(keeper, self._topic, entry, stored))
        else:
            self.unread[sizes.OVER_BUDGET] += 1
