"""Snappy as Kafka's clients write it, inflated while it streams by: Java's in blocks of 32 KB, others' in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from exporter.queues.errors import Garbled
from exporter.queues.kafka.wire import Stream

_JAVA = b"\x82SNAPPY\0"
_JAVA_HEAD = 16

_WINDOW = 1 << 16
"""Bytes back that a copy reaches: every encoder works on fragments of 64 KB."""

_LENGTHS = 60
"""Literals from this length on have it behind them, in one to four bytes."""


def unsnapped(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Raises Garbled."""
    source = _Counted(pieces)
    head = source.peek(_JAVA_HEAD)
    if not head.startswith(_JAVA):
        yield from _block(Stream(source))
        return
    stream = Stream(source)
    stream.skip(_JAVA_HEAD)
    while source.more(stream):
        yield from _block(Stream(stream.pour(stream.i32())))


class _Counted:
    """Pieces, of which the first bytes may be looked at before they are read."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._first = iter(pieces), b""

    def peek(self, count: int) -> bytes:
        for piece in self._pieces:
            self._first += piece
            if len(self._first) >= count:
                break
        return self._first[:count]

    def more(self, stream: Stream) -> bool:
        """Something is left to read."""
        if not stream.waiting:
            self._first = self._first or next(self._pieces, b"")
        return bool(stream.waiting or self._first)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            piece, self._first = self._first or next(self._pieces, b""), b""
            if not piece:
                return
            yield piece


def _block(stream: Stream) -> Iterator[bytes]:
    left = stream.uvarint()
    window = bytearray()
    while left > 0:
        fresh = len(window)
        while left > 0 and len(window) - fresh < _WINDOW:
            before = len(window)
            _element(stream, window)
            left -= len(window) - before
        if left < 0:
            raise Garbled("a batch says that it is snappy, and is longer than it says")
        yield bytes(window[fresh:])
        del window[: max(0, len(window) - _WINDOW)]


def _element(stream: Stream, window: bytearray) -> None:
    """A literal, or a copy of what came before."""
    tag = stream.take(1)[0]
    kind, more = tag & 3, tag >> 2
    if kind == 0:
        length = more + 1 if more < _LENGTHS else _little(stream, more - _LENGTHS + 1) + 1
        window += stream.take(length)
        return
    if kind == 1:
        length, back = 4 + (more & 7), more >> 3 << 8 | stream.take(1)[0]
    else:
        length, back = more + 1, _little(stream, 2 if kind == 2 else 4)  # noqa: PLR2004 - 2 and 3: offsets of 2 and 4
    start = len(window) - back
    if not 0 < back <= len(window):
        raise Garbled("a batch says that it is snappy, and copies what never came")
    if back >= length:
        window += window[start : start + length]
    else:
        window += (bytes(window[start:]) * (length // back + 1))[:length]


def _little(stream: Stream, count: int) -> int:
    return int.from_bytes(stream.take(count), "little")
