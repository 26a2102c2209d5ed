"""Keys that live longer than they should, found by walking through all keys a bounded part at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled
from exporter.queues.nouns import Key, Mark, Walk
from exporter.queues.redis_streams.commands import Read
from exporter.queues.redis_streams.refusals import MOVING, refusal
from exporter.queues.redis_streams.replies import Refused, Reply

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from exporter.database.deadline import Deadline
    from exporter.queues.redis_streams.places import Places
    from exporter.queues.redis_streams.server import Server

_COUNT = 500
"""Keys that one SCAN goes through: well below a millisecond of the server's."""

_RESERVED = 0.3
"""Of the run's time, after which the walk goes on in the next run."""

_START, _DONE = "0", "done"
_GONE, _ENDLESS = -2, -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Keys like `pattern` without an expiry, or one more than `beyond` seconds away, among about `most`."""

    pattern: str
    beyond: float
    most: int


def lasting(places: Places, wanted: Wanted, mark: Mark | None, deadline: Deadline) -> Walk:
    """A mark is {name of a master: its cursor, or "done" until the others are}."""
    return places.again(lambda: _walked(places.masters(deadline), wanted, mark, deadline))


def _walked(masters: Mapping[str, Server], wanted: Wanted, mark: Mark | None, deadline: Deadline) -> Walk:
    began = {name: str((mark or {}).get(name, _START)) for name in masters}
    cursors, found = dict(began), list[Key]()
    looked = total = 0
    for name, server in masters.items():
        size = server.one(Read.DBSIZE, deadline=deadline)
        total += size if isinstance(size, int) else 0
        quota = wanted.most / len(masters)
        while cursors[name] != _DONE and quota > 0 and deadline.left > _RESERVED * deadline.total:
            cursor, keys = _scanned(server, cursors[name], wanted.pattern, deadline)
            cursors[name] = _DONE if cursor == _START else cursor
            quota, looked = quota - _COUNT, looked + _COUNT
            told = zip(keys, _lives(server, keys, deadline), strict=True)
            found += [key for key in _keys(told) if key.left is None or key.left > wanted.beyond]
    ended = all(cursor == _DONE for cursor in cursors.values())
    whole = ended and all(cursor == _START for cursor in began.values())
    share = 1.0 if whole or not total else min(1.0, looked / total)
    return Walk({} if ended else cursors, share, ended, tuple(found))


def alive(places: Places, names: Collection[str], deadline: Deadline) -> Sequence[Key]:
    """Those of the keys that are there; raises rather than miss one that is just being moved."""
    return places.again(lambda: _alive(places, names, deadline))


def _alive(places: Places, names: Collection[str], deadline: Deadline) -> list[Key]:
    there: dict[Server, list[bytes]] = {}
    for name in names:
        there.setdefault(places.of(name, deadline), []).append(name.encode())
    found = list[Key]()
    for server, keys in there.items():
        told = _lives(server, keys, deadline)
        for key, left in zip(keys, told, strict=True):
            (again,) = places.ask(key.decode(), (Read.PTTL, key), deadline=deadline) if _moving(left) else (left,)
            found += _keys([(key, again)])
    return found


def _scanned(server: Server, cursor: str, pattern: str, deadline: Deadline) -> tuple[str, list[bytes]]:
    told = server.one(Read.SCAN, cursor, "MATCH", pattern, "COUNT", _COUNT, deadline=deadline)
    match told:
        case [bytes(next_), list(keys)]:
            return next_.decode(), [key for key in keys if isinstance(key, bytes)]
    raise Garbled("the server answers SCAN in a form that cannot be read")


def _lives(server: Server, keys: Collection[bytes], deadline: Deadline) -> list[Reply]:
    told = server.ask([(Read.PTTL, key) for key in keys], deadline) if keys else []
    for each in told:
        if isinstance(each, Refused) and not _moving(each):
            raise refusal(each, Read.PTTL.acl)
    return told


def _moving(told: Reply) -> bool:
    return isinstance(told, Refused) and told.word in MOVING


def _keys(told: Iterable[tuple[bytes, Reply]]) -> Iterator[Key]:
    for key, left in told:
        if isinstance(left, int) and left != _GONE:
            yield Key(key.decode("utf-8", "replace"), None if left == _ENDLESS else left / 1000)
