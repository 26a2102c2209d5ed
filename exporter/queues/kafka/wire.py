"""The questions that Kafka can be asked here, and the fields that questions and answers are made of."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import TypeVar

from exporter.queues.errors import Garbled

T = TypeVar("T")


class Read(IntEnum):
    """Every request there is a number for. None of them produces, joins, commits, creates or deletes.

    FindCoordinator is not among them: it creates the topic of the offsets where there is none yet.
    """

    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    OFFSET_FETCH = 9
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    DESCRIBE_CONFIGS = 32
    SASL_AUTHENTICATE = 36
    DESCRIBE_CONSUMER_GROUPS = 69


SPOKEN: Mapping[Read, tuple[int, ...]] = {
    Read.FETCH: (10,),
    Read.LIST_OFFSETS: (2,),
    Read.METADATA: (12, 5),
    Read.OFFSET_FETCH: (3,),
    Read.DESCRIBE_GROUPS: (0,),
    Read.LIST_GROUPS: (0,),
    Read.SASL_HANDSHAKE: (1,),
    Read.API_VERSIONS: (0,),
    Read.DESCRIBE_CONFIGS: (1,),
    Read.SASL_AUTHENTICATE: (0,),
    Read.DESCRIBE_CONSUMER_GROUPS: (0,),
}
"""Versions of each, the preferred one first."""

_FLEXIBLE = {(Read.METADATA, 12), (Read.DESCRIBE_CONSUMER_GROUPS, 0)}
"""Those with compact lengths and tagged fields."""

_CLIENT = b"order-health"

_LONGEST = 1 << 20
"""Bytes of one field that is held; records are longer, and stream by."""

_VARINT = 10


def flexible(read: Read, version: int) -> bool:
    return (read, version) in _FLEXIBLE


def request(read: Read, version: int, number: int, fields: bytes) -> bytes:
    head = struct.pack(">hhi", read, version, number) + string(_CLIENT.decode())
    body = head + (b"\0" if flexible(read, version) else b"") + fields
    return struct.pack(">i", len(body)) + body


def string(text: str) -> bytes:
    raw = text.encode()
    return struct.pack(">h", len(raw)) + raw


def compact(text: str) -> bytes:
    raw = text.encode()
    return uvarint(len(raw) + 1) + raw


def data(raw: bytes) -> bytes:
    return struct.pack(">i", len(raw)) + raw


def array(items: Iterable[bytes]) -> bytes:
    held = list(items)
    return struct.pack(">i", len(held)) + b"".join(held)


def uvarint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:  # noqa: PLR2004 - seven bits a byte
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)


class Stream:
    """Bytes as they come in, read field by field; raises Garbled where they end too early."""

    def __init__(self, pieces: Iterable[bytes], *, compact: bool = False) -> None:
        self._pieces, self._piece, self._at = iter(pieces), b"", 0
        self._compact = compact

    def take(self, count: int) -> bytes:
        end = self._at + count
        if count >= 0 and end <= len(self._piece):
            taken, self._at = self._piece[self._at : end], end
            return taken
        if not 0 <= count <= _LONGEST:
            raise Garbled(f"a field of the answer claims to be {count:,} bytes long")
        return b"".join(self.pour(count))

    def pour(self, count: int) -> Iterator[bytes]:
        """So many bytes, in pieces."""
        while count > 0:
            if self._at == len(self._piece):
                self._piece, self._at = next(self._pieces, b""), 0
                if not self._piece:
                    raise Garbled("the answer ends before it is whole")
            part = self._piece[self._at : self._at + count]
            self._at += len(part)
            count -= len(part)
            yield part

    @property
    def waiting(self) -> bool:
        """Something was received that nobody has taken."""
        return self._at < len(self._piece)

    def rest(self) -> Iterator[bytes]:
        """All that is left, in pieces."""
        if self.waiting:
            yield self._piece[self._at :]
        self._piece, self._at = b"", 0
        yield from self._pieces

    def skip(self, count: int) -> None:
        for _ in self.pour(count):
            pass

    def i8(self) -> int:
        return int.from_bytes(self.take(1), "big", signed=True)

    def i16(self) -> int:
        return int.from_bytes(self.take(2), "big", signed=True)

    def i32(self) -> int:
        return int.from_bytes(self.take(4), "big", signed=True)

    def i64(self) -> int:
        return int.from_bytes(self.take(8), "big", signed=True)

    def uvarint(self) -> int:
        value = 0
        for shift in range(0, 7 * _VARINT, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:  # noqa: PLR2004 - the last one
                return value
        raise Garbled("a number of the answer does not end")

    def varint(self) -> int:
        value = self.uvarint()
        return (value >> 1) ^ -(value & 1)

    def text(self) -> str:
        """A null is ""."""
        length = self.uvarint() - 1 if self._compact else self.i16()
        return self.take(max(0, length)).decode(errors="replace")

    def data(self) -> bytes:
        return self.take(max(0, self.i32()))

    def count(self) -> int:
        """Of the items of an array; a null has none."""
        length = self.uvarint() - 1 if self._compact else self.i32()
        if length > _LONGEST:
            raise Garbled(f"a list of the answer claims to have {length:,} items")
        return max(0, length)

    def array(self, item: Callable[[Stream], T]) -> list[T]:
        return [item(self) for _ in range(self.count())]

    def tags(self) -> None:
        """The end of a structure: fields that older readers pass over."""
        if self._compact:
            for _ in range(self.uvarint()):
                self.uvarint()
                self.skip(self.uvarint())
