"""What came into a stream since the last look."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nlargest
from typing import TYPE_CHECKING

from exporter.database.deadline import Deadline
from exporter.queues.errors import Garbled
from exporter.queues.nouns import Arrivals, Look, Mark, Message, Tally
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.entries import COUNT, Entry, Page, page
from exporter.queues.redis_streams.ids import Id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from exporter.queues.redis_streams.topic import Topic

LOAD = 0.02
"""Of the server's time, taken on average: it does nothing else meanwhile. About a thousand messages a second."""

_SHARE = 0.25
"""Of the run, taken by the first look after a pause."""

_OLD = 60_000
"""Milliseconds that the look may be behind before what is between is left out, and the newest are looked at."""

_END = Id(2**64 - 1, 2**64 - 1)
OVER_BUDGET = "over the budget"


@dataclass(slots=True)
class Seen:
    """What was looked at; of the messages only those that are worth naming are kept."""

    topic: str
    look: Look
    tally: Tally = field(default_factory=Tally)
    oversize: int = 0
    largest: list[Entry] = field(default_factory=list)

    def add(self, entries: Iterable[Entry]) -> None:
        entries = list(entries)
        self.tally += Tally.of(entry.size for entry in entries)
        self.oversize += sum(entry.size > self.look.oversize for entry in entries)
        self.largest = nlargest(self.look.named, [*self.largest, *entries], key=lambda entry: entry.size)

    def arrivals(self, mark: Mark, *, times: bool = True, skipped: int = 0) -> Arrivals:
        """`times`: whether ids tell them."""
        over = [entry for entry in self.largest if entry.size > self.look.oversize] or self.largest[:1]
        return Arrivals(
            mark=mark,
            arrived=self.tally.count + skipped,
            stored=self.tally,
            oversize=self.oversize,
            largest=tuple(_message(self.topic, entry, times=times) for entry in over),
            unseen={OVER_BUDGET: skipped} if skipped else {},
        )


def _message(topic: str, entry: Entry, *, times: bool) -> Message:
    at = Id.read(entry.id).at if times else None
    return Message(topic, "", entry.id, entry.size, at=at, body=entry.size, contents=entry.contents)


def arrivals(topic: Topic, mark: Mark | None, look: Look) -> Arrivals:
    """A mark is {"after": the last id, "length": of the stream, "at": the server's clock in ms}."""
    length, clock = topic.all((Read.XLEN, topic.key), (Read.TIME,))
    if not isinstance(length, int):
        raise Garbled("the server tells the length of a stream in a form that cannot be read")
    now, known = milliseconds(clock), _known(mark)
    walk = _Walk(topic, Seen(topic.key, look), _allowed(now, known, topic.deadline))
    if known is None:
        after = walk.newest(look.first)
    else:
        after = walk.onward(known.after)
        if after == known.after and length and length != known.length and walk.anew(after):
            after = walk.onward(Id(0, 0))
        if not walk.ended and after.at and now - after.ms > _OLD:
            after = walk.jumped(known.after.ms or known.at, after)
    told: Mark = {"after": str(after), "length": length, "at": now}
    return walk.seen.arrivals(told, skipped=walk.skipped)


def milliseconds(clock: object) -> int:
    """Of the answer to TIME."""
    match clock:
        case [bytes(seconds), bytes(micros)] if seconds.isdigit() and micros.isdigit():
            return int(seconds) * 1000 + int(micros) // 1000
    raise Garbled("the server tells the time in a form that cannot be read")


@dataclass(frozen=True, slots=True)
class _Known:
    after: Id
    length: int
    at: int


def _known(mark: Mark | None) -> _Known | None:
    """A mark of another kind is none: the key was a list before."""
    match mark:
        case {"after": str(after), "length": int(length), "at": int(at)}:
            return _Known(Id.read(after), length, at)
    return None


def _allowed(now: int, known: _Known | None, deadline: Deadline) -> Deadline:
    most = min(_SHARE * deadline.total, deadline.left)
    return Deadline(min(most, LOAD * (now - known.at) / 1000) if known else most)


@dataclass(slots=True)
class _Walk:
    """`allowed`: until when pages are asked for; at least one is."""

    topic: Topic
    seen: Seen
    allowed: Deadline
    ended: bool = False
    skipped: int = 0

    def onward(self, after: Id) -> Id:
        """Reads on from there; the last id that was read."""
        while self.seen.tally.count < self.seen.look.messages:
            found = self._page(after.next(), self.seen.look.messages - self.seen.tally.count)
            self.seen.add(found.entries)
            after = Id.read(found.entries[-1].id) if found.entries else after
            self.ended = found.ended
            if self.ended or not self.allowed.left:
                break
        return after

    def newest(self, first: int) -> Id:
        """The newest, back to so many; the newest id."""
        start, newest = _END, Id(0, 0)
        while self.seen.tally.count < first:
            found = self._page(start, first - self.seen.tally.count, newest_first=True)
            self.seen.add(found.entries)
            if found.entries:
                newest = max(newest, Id.read(found.entries[0].id))
                start = Id.read(found.entries[-1].id).before()
            if found.ended or not self.allowed.left:
                break
        self.ended = True
        return newest

    def anew(self, after: Id) -> bool:
        """Whether the newest entry is older than what was seen: the stream was deleted and made again."""
        found = self._page(_END, 1, newest_first=True).entries
        return bool(found) and Id.read(found[0].id) < after

    def jumped(self, began: int, after: Id) -> Id:
        """Looks at the newest instead; how many lie between is judged by how dense those were that were read."""
        found = [each for each in self._page(_END, COUNT, newest_first=True).entries if Id.read(each.id) > after]
        if not found:
            return after
        gap, span = max(0, Id.read(found[-1].id).ms - after.ms), max(1, after.ms - began)
        self.skipped = round(max(1, self.seen.tally.count) * gap / span)
        self.seen.add(found)
        return Id.read(found[0].id)

    def _page(self, start: Id, count: int, *, newest_first: bool = False) -> Page:
        oversize = self.seen.look.oversize
        return page(self.topic, start, count, oversize, newest_first=newest_first)
