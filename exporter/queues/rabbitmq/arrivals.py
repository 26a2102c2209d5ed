"""What came into a queue since the last look, as our own queue beside it was given it."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import nlargest
from typing import TYPE_CHECKING

from exporter.queues.fields import Scanner
from exporter.queues.nouns import Arrivals, Look, Mark, Message, Tally

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.rabbitmq.letters import Letter
    from exporter.queues.rabbitmq.tap import Tap

MOST = 10_000
"""Messages that the broker keeps for us between two looks."""

OVER_BUDGET = "over the budget"
NO_TAP = "while there was no tap"
PAST_TAP = "past the tap"

_RESERVED = 0.15
"""Of the run's time, in which nothing is begun."""

_PAGE = 100
SETTLED = 12.0
"""Seconds after which the broker's counters, which are some seconds late, are those of our time."""


@dataclass(slots=True)
class Ledger:
    """Of one tap, by the broker's own counters: what it was given and did not keep, and what went another way."""

    tap: str = ""
    taken: int = 0
    lost: int = 0
    before: int | None = None
    strayed: int = 0

    def unseen(self, watched: int | None, own: int | None, waiting: int, *, settled: bool) -> dict[str, int]:
        """Since the last time. The counters were read before `waiting`: late as they are, none is counted too early."""
        if watched is None or own is None:
            return {}
        lost = max(self.lost, own - self.taken - waiting)
        strayed = self.strayed
        if self.before is not None:
            strayed = max(strayed, watched - own - self.before)
        elif settled:
            self.before = watched - own
        found = {OVER_BUDGET: lost - self.lost, PAST_TAP: strayed - self.strayed}
        self.lost, self.strayed = lost, strayed
        return found


def missed(mark: Mark | None, tap: Tap, watched: int | None) -> dict[str, int]:
    """What came while there was no tap: since a mark that was left by another one."""
    match mark:
        case {"tap": str(name), "published": int(before)} if name != tap.name and watched is not None:
            return {NO_TAP: max(0, watched - before)}
    return {}


def published(mark: Mark | None, tap: Tap, watched: int | None, seen: int) -> int | None:
    """For the next mark: the broker's count, or what is known to have come since the last one: the count is late."""
    match mark:
        case {"tap": str(name), "published": int(before)} if name == tap.name and watched is not None:
            return max(watched, before + seen)
    return watched


@dataclass(slots=True)
class Seen:
    topic: str
    look: Look
    tally: Tally = field(default_factory=Tally)
    oversize: int = 0
    opened: int = 0
    largest: list[Message] = field(default_factory=list)

    def read(self, tap: Tap, waiting: int, deadline: Deadline) -> None:
        """So many of those that wait, within the budget; the rest is read next time, as far as it is kept."""
        left = min(waiting, self.look.messages)
        while left > 0 and self.tally.sum < self.look.opened_bytes and deadline.left > _RESERVED * deadline.total:
            sizes = []
            for letter in tap.letters(min(left, _PAGE), deadline):
                self._add(letter)
                sizes.append(letter.size)
            self.tally += Tally.of(sizes)
            left -= _PAGE

    def arrivals(self, mark: Mark, unseen: dict[str, int]) -> Arrivals:
        unseen = {why: count for why, count in unseen.items() if count}
        return Arrivals(
            mark=mark,
            arrived=self.tally.count + sum(unseen.values()),
            stored=self.tally,
            oversize=self.oversize,
            largest=tuple([each for each in self.largest if each.stored > self.look.oversize] or self.largest[:1]),
            unseen=unseen,
        )

    def _add(self, letter: Letter) -> None:
        over = letter.size > self.look.oversize
        self.oversize += over
        if len(self.largest) < self.look.named or letter.size > self.largest[-1].stored:
            self.largest = nlargest(self.look.named, [*self.largest, self._message(letter, over=over)], key=_stored)

    def _message(self, letter: Letter, *, over: bool) -> Message:
        contents, why = None, ""
        if letter.size > self.look.largest_opened or self.opened >= self.look.opened:
            why = "没有打开：每次检查只打开有限条 / not opened: one look may open no more"
        elif over:
            self.opened += 1
            scanner = Scanner()
            for piece in letter.pieces:
                scanner.feed(piece)
            contents = scanner.contents()
        return Message(
            topic=self.topic,
            partition="",
            id=letter.id,
            stored=letter.size,
            keys=letter.keys,
            at=letter.at,
            body=letter.size,
            contents=contents,
            producer=letter.producer,
            why=why if over else "",
        )


def _stored(message: Message) -> int:
    return message.stored
