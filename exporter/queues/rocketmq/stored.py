"""A message as a broker stores it, read from its first byte to its last without ever being held."""

from __future__ import annotations

import contextlib
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import TYPE_CHECKING

from exporter import masking
from exporter.queues.errors import Garbled
from exporter.queues.fields import Scanner
from exporter.queues.nouns import Contents
from exporter.queues.rocketmq.inflating import CannotInflateError, inflated
from exporter.queues.rocketmq.link import PIECE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.database.deadline import Deadline
    from exporter.queues.rocketmq.link import Body

_MAGIC = {0xDAA320A7: 1, 0xDAA320AB: 2}
"""Magic number → bytes of the topic's length."""

_COMPRESSED, _PRODUCER_V6, _BROKER_V6 = 0x1, 0x10, 0x20

_LARGEST_BODY = 64 << 20
"""Bytes up to which a body is inflated: a few KB can stand for gigabytes."""

_KEYS = 5
_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Stored:
    """`body` and `contents` None: not known, `why` says why. `data`: the body, where it was to be kept and is whole."""

    id: str
    at: datetime | None
    producer: str
    keys: tuple[str, ...]
    body: int | None
    contents: Contents | None
    why: str = ""
    data: bytes | None = field(default=None, repr=False)


def read(body: Body, offset: int, size: int, deadline: Deadline, *, keep: int = 0) -> Stored:
    """The message that was asked for by its offset in the commit log; raises Garbled where it is another one.

    A body of up to `keep` bytes is kept.
    """
    total, magic, _, _, _, _, physical, flags, _born = struct.unpack(">IIIIIqqIq", body.take(48))
    if magic not in _MAGIC or physical != offset or total != size:
        raise Garbled("the broker sends another message than the one that was asked for")
    producer = body.take(20 if flags & _PRODUCER_V6 else 8)
    (stored_at,) = struct.unpack(">q", body.take(8))
    broker = body.take(20 if flags & _BROKER_V6 else 8)
    *_, length = struct.unpack(">IqI", body.take(16))
    kept = _Kept(keep)
    known, contents, why = _contents(_Part(body, length), flags, kept, deadline)
    topic = int.from_bytes(body.take(_MAGIC[magic]), "big")
    body.take(topic)
    properties = body.take(int.from_bytes(body.take(2), "big"))
    return Stored(
        id=offset_id(broker, offset),
        at=_time(stored_at),
        producer=str(ip_address(producer[:-4])),
        keys=_keys(properties),
        body=known,
        contents=contents,
        why=why,
        data=kept.whole() if known is not None and not why else None,
    )


def offset_id(broker: bytes, offset: int) -> str:
    """`broker`: its address as it is stored, then 4 bytes of port. It is the msgId that mqadmin takes."""
    return (broker + offset.to_bytes(8, "big")).hex().upper()


class _Part:
    """The bytes of a body alone, read like a file; what is left of them is passed over by `skip`."""

    def __init__(self, body: Body, length: int) -> None:
        self._body, self.left = body, length

    def read(self, size: int = -1) -> bytes:
        size = min(self.left, PIECE if size < 0 else size)
        self.left -= size
        return self._body.take(size)

    def skip(self) -> None:
        while self.left:
            self.read()


class _Kept:
    """What a body is made of, as long as it is not more than `most` bytes."""

    def __init__(self, most: int) -> None:
        self._left, self._pieces = most, list[bytes]()

    def add(self, piece: bytes) -> None:
        self._left -= len(piece)
        if self._left >= 0:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def whole(self) -> bytes | None:
        return b"".join(self._pieces) if self._left >= 0 else None


def _contents(part: _Part, flags: int, kept: _Kept, deadline: Deadline) -> tuple[int | None, Contents | None, str]:
    scanner, why = Scanner(), ""
    pieces = inflated(part, flags >> 8 & 7) if flags & _COMPRESSED else _plain(part)
    try:
        for piece in pieces:
            scanner.feed(piece)
            kept.add(piece)
            if scanner.length > _LARGEST_BODY or deadline.left < _TO_DRAIN:
                why = "it is inflated to this size at the least; its end was not read"
                break
    except CannotInflateError as error:
        return None, None, str(error)
    finally:
        part.skip()
    return scanner.length, scanner.contents(), why


_TO_DRAIN = 0.2
"""Seconds that are kept for taking the rest of a message."""


def _plain(part: _Part) -> Iterator[bytes]:
    while part.left:
        yield part.read()


def _keys(properties: bytes) -> tuple[str, ...]:
    """The business keys (an order number), which producers separate by blanks; a phone number among them is hidden."""
    for each in properties.split(b"\x02"):
        name, _, value = each.partition(b"\x01")
        if name == b"KEYS":
            keys = value.decode(errors="replace").split()[:_KEYS]
            return tuple(masking.value(key[:_KEY_LENGTH]) for key in keys)
    return ()


def _time(milliseconds: int) -> datetime | None:
    with contextlib.suppress(ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    return None
