"""One page of a stream or the ends of a list: sizes, and what the fat ones are made of; with scripts or without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled
from exporter.queues.fields import Scanner, form, kind, named
from exporter.queues.nouns import KB, Contents, Field
from exporter.queues.redis_streams import scripts
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.ids import Id
from exporter.queues.redis_streams.replies import Long, Reply

if TYPE_CHECKING:
    from exporter.queues.redis_streams.topic import Topic

COUNT = 200
"""Messages that are looked at in one call: the server does nothing else meanwhile."""

BYTES = KB * KB
"""Bytes after which a call ends: fat ones cost the server time, and one alone may be 12 MB."""

_HALF = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """`id`: of a stream's entry, or the print of a list's element. `contents` of those over the limit only."""

    id: str
    size: int
    contents: Contents | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """`ended`: there is nothing beyond."""

    entries: Sequence[Entry]
    ended: bool


def page(topic: Topic, start: Id, count: int, oversize: int, *, newest_first: bool = False) -> Page:
    """Entries of a stream from `start` on, it included; or back from it."""
    count = min(count, COUNT)
    told = topic.run(scripts.ENTRIES, str(start), int(newest_first), count, oversize, BYTES)
    match told:
        case None:
            return _read(topic, start, count, oversize, newest_first=newest_first)
        case [int(ended), list(rows)]:
            return Page([row(each) for each in rows], bool(ended))
    raise Garbled("the server answers the script in a form that cannot be read")


def row(told: Reply) -> Entry:
    """Of a script's answer."""
    match told:
        case [bytes(id_), int(size)]:
            return Entry(id_.decode(), size)
        case [bytes(id_), int(size), bytes(name), int(length), bytes(head), *longest]:
            return Entry(id_.decode(), size, _contents(name, _whole(name, length, head), head, longest))
    raise Garbled("the server answers the script in a form that cannot be read")


def _contents(name: bytes, outer: Field, head: bytes, longest: Sequence[Reply]) -> Contents:
    """`longest`: the longest string in it, if it is JSON. `name` is empty for a list's element, a body of its own."""
    match longest:
        case [int(size), bytes(start), list(path)] if size > 0:
            steps = [_step(each) for each in path if isinstance(each, bytes)]
            inner = Field(_path(name) + "".join(steps), size, kind(start, size))
            fields = (inner, outer) if size >= _HALF * outer.bytes else (outer, inner)
            return Contents("fields" if name else "JSON", fields)
    return Contents("fields" if name else form(head), (outer,))


def _step(step: bytes) -> str:
    return "[*]" if step == b"[*]" else f".{named(step[1:])}"


def _whole(name: bytes, length: int, head: bytes) -> Field:
    found = kind(head, length)
    return Field(_path(name), length, form(head) if found == "text" else found)


def _path(name: bytes) -> str:
    return f"$.{named(name)}" if name else "$"


def _read(topic: Topic, start: Id, count: int, oversize: int, *, newest_first: bool) -> Page:
    """Without scripts: the entries themselves, one at a time, each measured while it streams by."""
    found: list[Entry] = []
    size = 0
    while len(found) < count and size <= BYTES:
        read, end = (Read.XREVRANGE, "-") if newest_first else (Read.XRANGE, "+")
        told = topic.ask(read, str(start), end, "COUNT", 1)
        match told:
            case []:
                return Page(found, ended=True)
            case [[bytes(id_), list(fields)]]:
                entry = _measured(id_.decode(), fields, oversize)
            case _:
                raise Garbled("the server answers XRANGE in a form that cannot be read")
        found.append(entry)
        size += entry.size
        at = Id.read(id_)
        if newest_first and at == Id(0, 0):
            return Page(found, ended=True)
        start = at.before() if newest_first else at.next()
    return Page(found, ended=False)


def _measured(id_: str, fields: Sequence[Reply], oversize: int) -> Entry:
    lengths = [length(each) for each in fields]
    if (size := sum(lengths)) <= oversize:
        return Entry(id_, size)
    fat = max(range(1, len(fields), 2), key=lengths.__getitem__)
    name = fields[fat - 1]
    return Entry(id_, size, inside(name if isinstance(name, bytes) else b"*", fields[fat]))


def length(value: Reply) -> int:
    if isinstance(value, Long):
        return value.length
    if isinstance(value, bytes):
        return len(value)
    raise Garbled("the server answers with something that is no message")


def inside(name: bytes, value: Reply) -> Contents:
    """What a value is made of that was read whole; `name` as in `_contents`."""
    if isinstance(value, Long):
        size, found = value.length, value.contents
    else:
        scanner = Scanner()
        scanner.feed(value if isinstance(value, bytes) else b"")
        size, found = scanner.length, scanner.contents()
    path = _path(name)
    if found.form != "JSON":
        return Contents("fields" if name else found.form, (Field(path, size, found.form),))
    fields = tuple(Field(path + field.path[1:], field.bytes, field.kind) for field in found.fields)
    return Contents("fields" if name else "JSON", fields, found.why)
