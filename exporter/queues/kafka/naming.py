"""Which messages are worth naming, and what is told of them: never a byte of a value."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from heapq import heappush, heappushpop
from typing import TYPE_CHECKING

from exporter.queues.fields import Scanner
from exporter.queues.nouns import Contents, Look, Message

if TYPE_CHECKING:
    from exporter.queues.kafka.batches import Batch, Record

_LONGEST_KEY = 80
_PERSON = re.compile(r"(?:\+?86)?1[3-9]\d{9}|.*@.*")
"""A key that is a person's phone number or e-mail address is not told."""

_START = datetime(1970, 1, 1, tzinfo=UTC)


class Naming:
    """The largest of those over the limit, up to `look.named`; where there is none, the largest of all."""

    def __init__(self, topic: str, look: Look) -> None:
        self.oversize = 0
        self._topic, self._look = topic, look
        self._over: list[tuple[int, int, Message]] = []
        self._largest: Message | None = None
        self._told = self._opened = 0

    def see(self, record: Record, partition: int) -> None:
        if record.size > self._look.oversize:
            if len(self._over) < self._look.named or record.size > self._over[0][0]:
                self._keep(self._message(record, partition))
            self.oversize += 1  # after it was read: the time may end meanwhile
        elif not self._over and record.size > (self._largest.size if self._largest else -1):
            self._largest = self._message(record, partition)

    def tell(self, batch: Batch, partition: int, why: str) -> None:
        """A batch of one message, which was not read."""
        self.oversize += 1
        at = _moment(batch.latest)
        place = f"{partition}:{batch.first}"
        self._keep(Message(self._topic, str(partition), place, batch.size, at=at, why=why))

    def messages(self) -> tuple[Message, ...]:
        if self._over:
            return tuple(message for *_, message in sorted(self._over, reverse=True))
        return (self._largest,) if self._largest else ()

    def _keep(self, message: Message) -> None:
        self._told += 1
        entry = (message.size, self._told, message)
        if len(self._over) < self._look.named:
            heappush(self._over, entry)
        else:
            heappushpop(self._over, entry)

    def _message(self, record: Record, partition: int) -> Message:
        contents, why = None, ""
        if record.size <= self._look.oversize or self._opened < self._look.opened:
            contents = _contents(record)
            self._opened += record.size > self._look.oversize
        else:
            why = "没有打开：每次检查只打开有限条 / not opened: one look may open no more"
        return named(self._topic, record, partition, contents, why)


def named(topic: str, record: Record, partition: int, contents: Contents | None = None, why: str = "") -> Message:
    return Message(
        topic=topic,
        partition=str(partition),
        id=f"{partition}:{record.offset}",
        stored=record.size,
        keys=_keys(record.key),
        at=_moment(record.at),
        body=record.value,
        contents=contents,
        why=why,
    )


def _contents(record: Record) -> Contents:
    scanner = Scanner()
    for piece in record.pieces():
        scanner.feed(piece)
    return scanner.contents()


def _keys(key: bytes) -> tuple[str, ...]:
    """A key is any bytes; one that people can read is told."""
    try:
        text = key[: 4 * _LONGEST_KEY].decode()
    except UnicodeDecodeError:
        return ()
    return (text[:_LONGEST_KEY],) if text.isprintable() and text.strip() and not _PERSON.fullmatch(text) else ()


def _moment(milliseconds: int) -> datetime | None:
    try:
        return _START + timedelta(milliseconds=milliseconds) if milliseconds >= 0 else None
    except OverflowError:
        return None
