"""The few messages that are opened: what their bodies weigh, and which field of them is fat."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled, TimedOut
from exporter.queues.nouns import Look, Message
from exporter.queues.rocketmq.cluster import SUCCESS, Keeper, refusal
from exporter.queues.rocketmq.frames import Read
from exporter.queues.rocketmq.sizes import Entry, Sizes
from exporter.queues.rocketmq.stored import Stored, offset_id, read

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_SAMPLED = 0.25
"""Of the messages that may be opened, for the sample: a small one may be a large one that compresses well."""

BEGIN = 0.5
"""Seconds below which no message is begun: it must be taken to its end."""

_SLOWEST = 16 << 20
"""Bytes a second that a message is expected to come with at the least."""

_SYSTEM_ERROR = 1

DELETED = "the broker deleted it before it could be opened"
LATE = "没有打开：本次运行的时间已到 / not opened: the time of the run was over"


@dataclass(slots=True)
class Opening:
    """One look's budget for opening, and what came of it."""

    topic: str
    keepers: Mapping[str, Keeper]
    look: Look
    deadline: Deadline
    messages: list[Message] = field(default_factory=list)
    _opened: int = 0
    _bytes: int = 0

    def all(self, sizes: Sizes) -> list[Message]:
        """The largest first, then the sample as far as the budget goes; those over the limit are told in any case."""
        apart = min(len(sizes.sample), int(self.look.opened * _SAMPLED))
        self._each(sorted(sizes.largest, reverse=True), self.look.opened - apart)
        self._each(sizes.sample, self.look.opened)
        return self.messages

    def _each(self, entries: Iterable[Entry], until: int) -> None:
        for entry in entries:
            why = self._hindrance(entry, until)
            if not why:
                self._opened, self._bytes = self._opened + 1, self._bytes + entry.size
                self.messages.append(self._message(entry))
            elif entry.size > self.look.oversize or not self.messages:
                self.messages.append(self._told(entry, why=why))

    def _hindrance(self, entry: Entry, until: int) -> str:
        if entry.size > self.look.largest_opened:
            return "太大，没有打开 / too large to be opened"
        if self._opened >= until or self._bytes + entry.size > self.look.opened_bytes:
            return "没有打开：更大的消息已达每次检查的上限 / not opened: as many as one look may open were larger"
        if self.deadline.left < BEGIN + entry.size / _SLOWEST:
            return LATE
        return ""

    def _message(self, entry: Entry) -> Message:
        found = fetched(self.keepers[entry.broker], self.topic, entry, self.deadline)
        return self._told(entry, why=found) if isinstance(found, str) else self._told(entry, found)

    def _told(self, entry: Entry, stored: Stored | None = None, why: str = "") -> Message:
        return named(self.keepers[entry.broker], self.topic, entry, stored, why)


def fetched(keeper: Keeper, topic: str, entry: Entry, deadline: Deadline, *, keep: int = 0) -> Stored | str:
    """The message, or why it cannot be opened; a body of up to `keep` bytes is kept."""
    fields = {"topic": topic, "offset": str(entry.offset)}
    try:
        with keeper.link.stream(Read.MESSAGE, fields, deadline, entry.size) as (answer, body):
            if answer.code == SUCCESS:
                return read(body, entry.offset, entry.size, deadline, keep=keep)
    except (Garbled, TimedOut) as error:  # what is known of the others is worth telling all the same
        return str(error)
    if answer.code == _SYSTEM_ERROR and "can not find" in answer.remark:
        return DELETED
    return str(refusal(answer, keeper.link.name, "a message"))


def named(keeper: Keeper, topic: str, entry: Entry, stored: Stored | None, why: str = "") -> Message:
    """`stored` None: it was not opened, and `why` says why."""
    return Message(
        topic=topic,
        partition=f"{entry.broker}/{entry.queue}",
        id=stored.id if stored else _id(*keeper.host, entry.offset),
        stored=entry.size,
        keys=stored.keys if stored else (),
        at=stored.at if stored else None,
        body=stored.body if stored else None,
        contents=stored.contents if stored else None,
        producer=stored.producer if stored else "",
        why=stored.why if stored else why,
    )


def _id(host: str, port: int, offset: int) -> str:
    """Brokers keep the address that they told the name server; "" where that is no IPv4 address."""
    try:
        return offset_id(socket.inet_pton(socket.AF_INET, host) + port.to_bytes(4, "big"), offset)
    except OSError:
        return ""
