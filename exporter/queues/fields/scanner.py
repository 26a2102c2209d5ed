"""JSON as it streams by: where its bytes are, in constant memory, whatever is in it."""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from dataclasses import dataclass
from heapq import nlargest

from exporter.queues.fields.kinds import HEAD, form, kind
from exporter.queues.nouns import Contents, Field

_STRUCTURE = re.compile(rb'["{}\[\]:]')
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)

_MARKS = 200_000
"""Structural bytes ({ } [ ] : and strings) up to which the fields are followed: about 0.2 s."""

_DEEP = 24
"""Levels that have a path of their own; what is deeper counts for the last of them."""

_PATHS = 512
"""Paths that are told apart; of more the smallest are dropped."""

_FIELDS = 3
_HALF = 0.5


@dataclass(slots=True)
class _Frame:
    path: str
    array: bool
    start: int
    key: str = ""


class _Sum:
    """All values of one path: their bytes, and of the largest its length and its head."""

    __slots__ = ("bytes", "head", "largest")

    def __init__(self) -> None:
        self.bytes, self.largest, self.head = 0, 0, b""


class Scanner:
    """`feed` it a body in any pieces, then ask for its `contents`. Values of one path ("$.items[*].picture") add up.

    A key that looks like data, such as an order number, is `*` in the path.
    """

    def __init__(self) -> None:
        self._at = 0  # bytes before the current chunk
        self._head = b""
        self._json: bool | None = None
        self._stack: list[_Frame] = []
        self._deeper = 0
        self._in_string = self._escaped = False
        self._text, self._length = b"", 0  # the string that is read, or was read last
        self._pending = False  # … and of which it is not yet known whether it is a key
        self._strings: dict[str, _Sum] = {}
        self._holders: dict[str, tuple[int, bool]] = {}
        self._marks = 0
        self._why = ""

    @property
    def length(self) -> int:
        """Bytes that were fed."""
        return self._at

    def feed(self, chunk: bytes) -> None:
        self._head += chunk[: HEAD - len(self._head)]
        if self._json is None and not BOM_UTF8.startswith(self._head) and (start := _start(self._head)):
            self._json = start in b'{["'
        if self._json is not False and not self._why:
            self._walk(chunk)
        self._at += len(chunk)

    def contents(self) -> Contents:
        """Once all of the body was fed."""
        if not self._json:
            return Contents(form(self._head) if self._head else "empty")
        if not self._why and (self._in_string or self._stack or self._deeper):
            self._why = "the JSON breaks off"
        self._settle()
        while self._stack:
            self._closed(self._at)
        return Contents("JSON", tuple(self._fattest()), self._why)

    def _walk(self, chunk: bytes) -> None:
        at, end = 0, len(chunk)
        while at < end:
            if self._in_string:
                at = self._string(chunk, at)
                continue
            found = _STRUCTURE.search(chunk, at)
            if not found:
                return
            at = found.end()
            self._marks += 1
            if self._marks > _MARKS:
                self._why = f"more than {_MARKS:,} fields and brackets; these are the fattest among the first"
                return
            self._mark(chunk[at - 1], self._at + at - 1)

    def _string(self, chunk: bytes, at: int) -> int:
        """Reads on in a string; where it goes on after the string, or the end of the chunk."""
        start, end = at, len(chunk)
        if self._escaped:
            self._escaped, at = False, at + 1
        close = chunk.find(b'"', at)
        if chunk.find(b"\\", at, close if close >= 0 else end) >= 0:
            found = _IN_STRING.match(chunk, at)
            close = found.end() if found else at
            if close < end and chunk[close] == _BACKSLASH:  # the last byte: what it escapes is in the next chunk
                self._escaped, close = True, -1
            elif close == end:
                close = -1
        stop = close if close >= 0 else end
        if len(self._text) < HEAD:
            self._text += chunk[start : min(stop, start + HEAD - len(self._text))]
        self._length += stop - start
        if close < 0:
            return end
        self._in_string, self._pending = False, True
        return close + 1

    def _mark(self, mark: int, at: int) -> None:
        if mark == _COLON:
            if self._stack and not self._deeper:
                self._stack[-1].key = named(self._text)
            self._pending = False
            return
        self._settle()
        if mark == _QUOTE:
            self._in_string, self._text, self._length = True, b"", 0
        elif mark in b"{[":
            if len(self._stack) < _DEEP:
                self._stack.append(_Frame(self._path(), mark == _BRACKET, at))
            else:
                self._deeper += 1
        elif self._deeper:
            self._deeper -= 1
        elif self._stack:
            self._closed(at + 1)

    def _path(self) -> str:
        """Of the value that comes next."""
        if not self._stack:
            return "$"
        top = self._stack[-1]
        if len(self._stack) == _DEEP:
            return f"{top.path}…"
        return f"{top.path}[*]" if top.array else f"{top.path}.{top.key}"

    def _settle(self) -> None:
        """The string read last was a value: no colon followed it."""
        if not (self._pending or self._in_string):
            return
        self._pending = False
        path = self._path()
        total = self._strings.get(path)
        if total is None:
            if len(self._strings) >= _PATHS:
                kept = nlargest(_PATHS // 2, self._strings.items(), key=lambda each: each[1].bytes)
                self._strings = dict(kept)
            total = self._strings[path] = _Sum()
        total.bytes += self._length
        if self._length >= total.largest:
            total.largest, total.head = self._length, self._text

    def _closed(self, end: int) -> None:
        frame = self._stack.pop()
        if frame.path in self._holders or len(self._holders) < _PATHS:
            known, _ = self._holders.get(frame.path, (0, False))
            self._holders[frame.path] = known + end - frame.start, frame.array

    def _fattest(self) -> list[Field]:
        """The fattest strings, after the smallest object or array that holds half of all where no string does."""
        fattest = nlargest(_FIELDS, self._strings.items(), key=lambda each: each[1].bytes)
        fields = [Field(path, total.bytes, kind(total.head, total.largest)) for path, total in fattest if total.bytes]
        half = self._at * _HALF
        if not fields or fields[0].bytes < half:
            # "$" says nothing, and the elements of an array are the array
            whole = [(size, path) for path, (size, _) in self._holders.items() if size >= half and path[-1] not in "$]"]
            for size, path in sorted(whole)[:1]:
                array = self._holders[path][1]
                fields.insert(0, Field(path, size, "array" if array else "object"))
        return fields[:_FIELDS]


def _start(head: bytes) -> bytes:
    return head.removeprefix(BOM_UTF8).lstrip()[:1]


_QUOTE, _COLON, _BACKSLASH, _BRACKET = b'":\\['

_NAME = re.compile(rb"[A-Za-z_$@][A-Za-z0-9_$-]{0,63}")
_MANY_DIGITS = re.compile(rb"(?:\D*\d){5}")


def named(key: bytes) -> str:
    """A key as it may stand in a path: `*` where it looks like data."""
    return key.decode() if _NAME.fullmatch(key) and not _MANY_DIGITS.match(key) else "*"
