"""Records as they stream by in their batches: offsets, times, keys and sizes, and a value only to whoever wants it."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from exporter.queues.errors import Garbled
from exporter.queues.kafka.inflating import inflated
from exporter.queues.kafka.wire import Stream

_FRONT = struct.Struct(">qiib")
_BACK = struct.Struct(">IhiqqqhiI")
_BEFORE_LENGTH = 12
"""Bytes of a batch that its own length does not count."""

_PRESENT = 2
"""The format of Kafka 0.11 and later; the two before it have no batches."""

_CODEC, _STORE_TIME, _CONTROL = 0x07, 0x08, 0x20

_HELD = 1 << 16
"""Bytes of a record that are held at once: small ones are whole, and of large ones what stands before the value."""


@dataclass(frozen=True, slots=True)
class Batch:
    """`size`: bytes as it is stored. `records` 0: of a format without batches. `store_time`: when the broker stored it,
    rather than when its producer made it.
    """

    first: int
    last: int
    size: int
    records: int = 0
    codec: int = 0
    control: bool = False
    store_time: bool = False
    base: int = 0
    latest: int = 0


@dataclass(slots=True)
class Record:
    """`size`: bytes within its batch, as they are once it is inflated. `at`: milliseconds. `value`: bytes of it, and
    `pieces` the value itself, to be read before the next record or not at all.
    """

    offset: int
    at: int
    size: int
    key: bytes
    value: int
    _head: bytes
    _stream: Stream
    left: int

    def pieces(self) -> Iterator[bytes]:
        yield self._head[: self.value]
        behind = min(self.left, self.value - len(self._head))
        if behind > 0:
            for piece in self._stream.pour(behind):
                self.left -= len(piece)
                yield piece


def batches(stream: Stream, size: int) -> Iterator[tuple[Batch, Stream]]:
    """The batches of `size` bytes, each with its bytes, to be read or not; a last one that is cut off is not told.

    A batch larger than what is asked for comes alone.
    """
    while size >= _FRONT.size + _BACK.size:
        first, length, _, form = _FRONT.unpack(stream.take(_FRONT.size))
        whole = length + _BEFORE_LENGTH
        left = whole - _FRONT.size
        if left < 0:
            raise Garbled(f"a batch claims to be {length} bytes long")
        if whole > size:
            break
        size -= whole
        batch = Batch(first, first, whole)
        if form == _PRESENT:
            if left < _BACK.size:
                raise Garbled(f"a batch claims to be {length} bytes long")
            batch = _batch(first, whole, stream.take(_BACK.size))
            left -= _BACK.size
        inside = stream.pour(left)
        yield batch, Stream(inside)
        for _ in inside:
            pass


def _batch(first: int, whole: int, back: bytes) -> Batch:
    _, attributes, span, base, latest, _, _, _, records = _BACK.unpack(back)
    return Batch(
        first,
        first + span,
        whole,
        records,
        attributes & _CODEC,
        bool(attributes & _CONTROL),
        bool(attributes & _STORE_TIME),
        base,
        latest,
    )


def records(batch: Batch, stored: Stream) -> Iterator[Record]:
    """Of a batch in the present format. Raises Garbled, or Unsupported where its codec is not installed."""
    stream = stored if not batch.codec else Stream(inflated(batch.codec, stored.rest()))
    for _ in range(batch.records):
        record = _record(batch, stream)
        yield record
        if record.left:
            stream.skip(record.left)


def _record(batch: Batch, stream: Stream) -> Record:
    size = stream.varint()
    if size < 0:
        raise Garbled(f"a record claims to be {size} bytes long")
    held = stream.take(min(size, _HELD))
    try:
        late, at = _varint(held, 1)
        place, at = _varint(held, at)
        length, at = _varint(held, at)
        key = held[at : at + max(0, length)]
        at += max(0, length)
        value, at = _varint(held, at)
    except IndexError:  # a key so long that what follows it is not held
        place, key, value, at, late = 0, b"", 0, len(held), 0
    if value > size:
        raise Garbled("a record claims to be shorter than its value")
    moment = batch.latest if batch.store_time else batch.base + late
    head = held[at:] if size > len(held) else held[at : at + max(0, value)]
    return Record(batch.first + place, moment, size, key, max(0, value), head, stream, size - len(held))


def _varint(held: bytes, at: int) -> tuple[int, int]:
    byte = held[at]
    if byte < 0x80:  # noqa: PLR2004 - the last one, and nearly always the only one
        return (byte >> 1) ^ -(byte & 1), at + 1
    value, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = held[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004
            return (value >> 1) ^ -(value & 1), at + 1
        shift += 7
