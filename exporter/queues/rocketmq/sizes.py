"""Sizes of new messages, read from the index that a broker keeps of each queue: no body is moved."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING, Any

from exporter.queues.errors import Garbled
from exporter.queues.nouns import Mark, Tally
from exporter.queues.rocketmq.answers import by_queue
from exporter.queues.rocketmq.cluster import SUCCESS, Keeper, refusal
from exporter.queues.rocketmq.frames import Read

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_PAGE = 2000
"""Entries that are asked for at once; the broker itself sets no limit."""

_RESERVED = 0.4
"""Of the run's time, kept for opening messages."""

EXPIRED = "expired"
OVER_BUDGET = "over the budget"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One message in the index. `offset`: where it stands in its broker's commit log."""

    size: int
    broker: str
    queue: int
    index: int
    offset: int


@dataclass(slots=True)
class Span:
    """New messages of one queue: those from `start` (what is next) to before `end`. `unseen` lie before them."""

    keeper: Keeper
    queue: int
    start: int
    end: int
    expired: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Sizes:
    """What was read: `largest` and `sample` (of the others) are bounded in number, whatever was read."""

    keep: int
    tally: Tally = field(default_factory=Tally)
    oversize: int = 0
    largest: list[Entry] = field(default_factory=list)
    sample: list[Entry] = field(default_factory=list)
    _others: int = 0

    def add(self, entries: list[Entry], limit: int) -> None:
        self.tally += Tally.of(entry.size for entry in entries)
        self.oversize += sum(entry.size > limit for entry in entries)
        for entry in entries:
            if len(self.largest) < self.keep:
                heappush(self.largest, entry)
            elif entry > self.largest[0]:
                self._sampled(heappushpop(self.largest, entry))
            else:
                self._sampled(entry)

    def _sampled(self, entry: Entry) -> None:
        """Each of the others comes into the sample with the same chance."""
        self._others += 1
        if len(self.sample) < self.keep:
            self.sample.append(entry)
        elif (place := random.randrange(self._others)) < self.keep:  # noqa: S311 - a sample, no secret
            self.sample[place] = entry


def spans(keeper: Keeper, topic: str, mark: Mark | None, first: int, deadline: Deadline) -> list[Span]:
    """What is new in the queues of one broker; without a mark the newest `first` of each."""
    body = keeper.ask(Read.TOPIC_STATS, {"topic": topic}, f"the queues of {topic}", deadline)
    known = _known(mark, keeper.name)
    found = []
    try:
        for queue, figures in sorted(by_queue(body).items()):
            oldest, end = max(0, figures["minOffset"]), max(0, figures["maxOffset"])
            start = known.get(str(queue), oldest) if mark is not None else max(oldest, end - first)
            if not 0 <= start <= end:
                start = oldest  # the topic was made anew: its numbers begin again
            found.append(Span(keeper, queue, max(start, oldest), end, expired=max(0, oldest - start)))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Garbled(f"{keeper.link.name} tells the queues of {topic} in a form that cannot be read") from None
    return found


def _known(mark: Mark | None, broker: str) -> Mapping[str, int]:
    found = (mark or {}).get(broker)
    return found if isinstance(found, dict) and all(isinstance(each, int) for each in found.values()) else {}


def places(before: Mark | None, found: Iterable[Span]) -> Mark:
    """How far one has come in each queue; a broker that is away keeps its place."""
    by: dict[str, dict[str, int]] = {}
    for span in found:
        by.setdefault(span.keeper.name, {})[str(span.queue)] = span.start
    return {**(before or {}), **by}


def shortened(found: list[Span], most: int) -> None:
    """Of more than `most` new messages the newest of each queue are read: all of a queue with few of them."""
    for left, span in zip(range(len(found), 0, -1), sorted(found, key=lambda each: each.end - each.start), strict=True):
        new = span.end - span.start
        span.skipped = max(0, new - most // left)
        span.start += span.skipped
        most -= new - span.skipped


def read(span: Span, topic: str, sizes: Sizes, limit: int, deadline: Deadline) -> None:
    """Moves the span's `start` as far as the time allows: what is left is new again next time."""
    for page in _pages(span, topic, deadline):
        sizes.add(page, limit)


def entry(span: Span, index: int, topic: str, deadline: Deadline) -> Entry | None:
    """One message of the queue by its number; None where it is there no more."""
    page = _page(span, index, 1, topic, deadline)
    return page[0] if page else None


def _pages(span: Span, topic: str, deadline: Deadline) -> Iterator[list[Entry]]:
    while span.start < span.end and deadline.left > _RESERVED * deadline.total:
        page = _page(span, span.start, min(_PAGE, span.end - span.start), topic, deadline)[: span.end - span.start]
        if not page:  # trimmed since the queues were told: a success without a body
            span.expired += span.end - span.start
            span.start = span.end
            return
        span.start += len(page)
        yield page


def _page(span: Span, index: int, count: int, topic: str, deadline: Deadline) -> list[Entry]:
    fields = {"topic": topic, "queueId": str(span.queue), "index": str(index), "count": str(count)}
    answer, body = span.keeper.link.ask(Read.CONSUME_QUEUE, fields, deadline)
    if answer.code != SUCCESS:
        raise refusal(answer, span.keeper.link.name, f"the sizes in queue {span.queue} of {topic}")
    return _entries(body, span, index)


def _entries(body: bytes, span: Span, index: int) -> list[Entry]:
    try:
        told: Any = json.loads(body)["queueData"] or () if body else ()
        broker, queue = span.keeper.name, span.queue
        return [
            Entry(each["physicSize"], broker, queue, number, each["physicOffset"])
            for number, each in enumerate(told, index)
        ]
    except (ValueError, KeyError, TypeError):
        raise Garbled(f"{span.keeper.link.name} tells the sizes in queue {span.queue} unreadably") from None
