"""What came into a list since the last look: what waits at its ends, and was not there before."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Collection, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING

from exporter.queues.drawing import Draw, Drawn, spread
from exporter.queues.errors import Garbled
from exporter.queues.nouns import Arrivals, Look, Mark
from exporter.queues.redis_streams import drawing_scripts, scripts
from exporter.queues.redis_streams.bodies import Found, asked
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.entries import BYTES, COUNT, Entry, inside, length, row
from exporter.queues.redis_streams.pace import Sight
from exporter.queues.redis_streams.replies import START, Long
from exporter.queues.redis_streams.streams import LOAD, Seen, milliseconds

if TYPE_CHECKING:
    from exporter.queues.redis_streams.replies import Reply
    from exporter.queues.redis_streams.topic import Topic

_MOST = 16 * BYTES
"""A fat element that waits at one end must not hide the other end; a stream is read on from it instead."""

_SPEED = 300 * BYTES
"""Bytes a second that a server copies for a script, about."""


def arrivals(topic: Topic, mark: Mark | None, look: Look) -> Arrivals:
    """A mark is {"seen": prints of the elements at both ends, "length": of the list, "again": not before, in ms}.

    A list has no ids: what came and went between two looks is not seen, and an element that equals one that waits is
    taken for it.
    """
    (clock,) = topic.all((Read.TIME,))
    now, seen = milliseconds(clock), Seen(topic.key, look)
    match mark or {}:
        case {"again": int(again)} as rested if now < again <= now + _rest(_MOST * 2):
            return seen.arrivals(rested, times=False)
    total, left, right = _ends(topic, min(COUNT, look.first), look.oversize)
    again = now + _rest(sum(each.size for each in (*left, *right)))
    told: Mark = {"seen": [each.id for each in (*left, *right)], "length": total, "again": again}
    match mark:
        case {"seen": list(before), "length": int(known)}:
            new = _new(left, right, frozenset(map(str, before)), hidden=known - len(before))
            seen.add(new)
            return seen.arrivals(told, times=False, skipped=max(0, total - known - len(new)))
    seen.add((*left, *right))
    return seen.arrivals(told, times=False)


def samples(topic: Topic, mark: Mark | None, draw: Draw) -> Drawn:
    """A few of those elements; a mark is as that of `arrivals`."""
    (clock,) = topic.all((Read.TIME,))
    now, found = milliseconds(clock), Found(topic.key, draw)
    match mark or {}:
        case {"again": int(again)} as rested if now < again <= now + _rest(_MOST * 2):
            return found.drawn(rested, 0)
    count = min(COUNT, draw.first)
    total, left, right = _rows(asked(topic, scripts.ELEMENTS, count, sys.maxsize, _MOST))
    new, missed = [*left, *right], 0
    match mark:
        case {"seen": list(before), "length": int(known)}:
            new = _new(left, right, frozenset(map(str, before)), hidden=known - len(before))
            missed = max(0, total - known - len(new))
    [places] = spread([len(new)], draw.count)
    _hand_over(topic, count, [new[place] for place in places], found)
    again = now + _rest(2 * sum(each.size for each in (*left, *right)))
    told: Mark = {"seen": [each.id for each in (*left, *right)], "length": total, "again": again}
    return found.drawn(told, len(new) + missed)


def _hand_over(topic: Topic, count: int, wanted: Sequence[Entry], found: Found) -> None:
    prints = [each.id for each in wanted if each.size <= found.draw.largest]
    told = asked(topic, drawing_scripts.WAITING, count, found.draw.together, _MOST, *prints) if prints else []
    bodies: dict[str, Reply] = {}
    for each in told if isinstance(told, list) else ():
        match each:
            case [bytes(print_), value]:
                bodies[print_.decode()] = value
            case _:
                raise Garbled(_UNREADABLE)
    for entry in wanted:
        found.element(entry.id, entry.size, bodies.get(entry.id))


def _rest(size: int) -> int:
    """Milliseconds until the next look, after one at so many bytes: a fat element that waits is copied each time."""
    return round(1000 * size / _SPEED / LOAD) if size > BYTES else 0


def _new(left: Sequence[Entry], right: Sequence[Entry], before: Collection[str], *, hidden: int) -> list[Entry]:
    """`hidden`: how many were inside, beyond both ends: such as come to an end since then were there before."""
    found = [each for each in (*left, *right) if each.id not in before]
    if hidden <= 0 or len(found) == len(left) + len(right):
        return found
    new_left, new_right = (list(takewhile(lambda each: each.id not in before, end)) for end in (left, right))
    if len(new_left) == len(left):
        return new_right or new_left
    if len(new_right) == len(right):
        return new_left or new_right
    return new_left + new_right


def sight(topic: Topic) -> Sight:
    (clock,) = topic.all((Read.TIME,))
    total, left, right = _ends(topic, COUNT, sys.maxsize)
    return Sight(milliseconds(clock), total, [each.id for each in left], [each.id for each in right])


def _ends(topic: Topic, count: int, oversize: int) -> tuple[int, list[Entry], list[Entry]]:
    """Length of the list, and so many elements from its left and from its right, each from the end on; none twice."""
    told = topic.run(scripts.ELEMENTS, count, oversize, _MOST)
    return _read(topic, count, oversize) if told is None else _rows(told)


def _rows(told: Reply) -> tuple[int, list[Entry], list[Entry]]:
    match told:
        case [int(total), list(left), list(right)]:
            return total, [row(each) for each in left], [row(each) for each in right]
    raise Garbled(_UNREADABLE)


_UNREADABLE = "the server answers the script in a form that cannot be read"


def _read(topic: Topic, count: int, oversize: int) -> tuple[int, list[Entry], list[Entry]]:
    """Without scripts: the elements themselves, one at a time, each measured while it streams by."""
    total = topic.ask(Read.LLEN)
    if not isinstance(total, int):
        raise Garbled("the server tells the length of a list in a form that cannot be read")
    left: list[Entry] = []
    right: list[Entry] = []
    size = 0
    for place in range(min(count, total)):
        for end, index in ((left, place), (right, total - 1 - place)):
            if (end is right and index < count) or size > _MOST:
                continue
            found = topic.ask(Read.LRANGE, index, index)
            if isinstance(found, list) and found:
                end.append(_measured(found[0], oversize))
                size += end[-1].size
    return total, left, right


def _measured(value: Reply, oversize: int) -> Entry:
    size = length(value)
    start = value.start if isinstance(value, Long) else value[:START] if isinstance(value, bytes) else b""
    same = hashlib.sha1(b"%d:%s" % (size, start), usedforsecurity=False).hexdigest()[:12]
    return Entry(same, size, inside(b"", value) if size > oversize else None)
