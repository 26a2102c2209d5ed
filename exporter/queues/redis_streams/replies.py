"""Answers of a Redis server (RESP 2), read in bounded memory: a long value streams by and only its measure is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from exporter.queues.errors import Garbled
from exporter.queues.fields import Scanner
from exporter.queues.nouns import KB, Contents

HELD = 16 * KB
"""Bytes of a value up to which it is handed on as it is."""

START = 4 * KB
"""The first bytes of a longer one, by which it is known again."""

_MOST = 8 * KB * KB
"""Bytes of one answer that are held."""

_ELEMENT = 100
"""What an element costs beside its bytes."""

_DEEP = 8
_LINE = 64 * KB


@dataclass(frozen=True, slots=True)
class Long:
    """A value of more than HELD bytes."""

    length: int
    contents: Contents
    start: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An error of the server: `word` as `NOPERM`, `text` is its own, with keys and accounts in it."""

    word: str
    text: str


Reply = bytes | int | None | Long | Refused | list["Reply"]


class Replies:
    """`receive` gives the next bytes, or raises."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()
        self._held = 0

    def next(self) -> Reply:
        self._held = 0
        return self._reply(0)

    def _reply(self, depth: int) -> Reply:
        line = self._line()
        mark, rest = line[:1], line[1:]
        if mark == b"-":
            text = rest.decode(errors="replace")
            return Refused(text.partition(" ")[0], text)
        if mark == b"+":
            return rest
        if mark not in b":$*" or not rest.removeprefix(b"-").isdigit():
            raise Garbled("what answers there is no Redis server")
        number = int(rest)
        if mark == b":":
            return number
        if number < 0:
            return None
        return self._value(number) if mark == b"$" else self._list(number, depth)

    def _list(self, length: int, depth: int) -> list[Reply]:
        if depth == _DEEP:
            raise Garbled("the server's answer is nested deeper than any that was asked for")
        found: list[Reply] = []
        for _ in range(length):
            self._hold(_ELEMENT)
            found.append(self._reply(depth + 1))
        return found

    def _value(self, length: int) -> bytes | Long:
        if length <= HELD:
            self._hold(length)
            while len(self._buffer) < length + 2:
                self._buffer += self._receive()
            value = bytes(self._buffer[:length])
            del self._buffer[: length + 2]
            return value
        scanner, start, left = Scanner(), b"", length
        while left:
            if not self._buffer:
                self._buffer += self._receive()
            piece = bytes(self._buffer[:left])
            del self._buffer[: len(piece)]
            scanner.feed(piece)
            start += piece[: START - len(start)]
            left -= len(piece)
        self._line()
        return Long(length, scanner.contents(), start)

    def _line(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\r\n", searched)) < 0:
            if len(self._buffer) > _LINE:
                raise Garbled("what answers there is no Redis server")
            searched = max(0, len(self._buffer) - 1)
            self._buffer += self._receive()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    def _hold(self, size: int) -> None:
        self._held += size
        if self._held > _MOST:
            raise Garbled(f"the server's answer is larger than {_MOST // KB // KB} MB, which nothing asked here can be")
