"""What a queue answers; frozen, without a byte of any payload."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

KB = 1024

BOUNDS = (10 * KB, 50 * KB, 256 * KB, KB * KB, 4 * KB * KB)
"""Upper bounds in bytes, inclusive, of the buckets of a tally; what is larger is in none of them."""

Mark = Mapping[str, Any]
"""How far one looked at a topic: small, made of JSON values, understood by the adapter alone."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Sizes of many messages in bytes. `buckets` run along BOUNDS and, unlike Prometheus', do not add up."""

    count: int = 0
    sum: int = 0
    buckets: tuple[int, ...] = (0,) * len(BOUNDS)
    largest: int = 0

    @classmethod
    def of(cls, sizes: Iterable[int]) -> Tally:
        count = total = largest = 0
        buckets = [0] * (len(BOUNDS) + 1)
        for size in sizes:
            count, total, largest = count + 1, total + size, max(largest, size)
            buckets[bisect_left(BOUNDS, size)] += 1
        return cls(count, total, tuple(buckets[:-1]), largest)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.count + other.count,
            self.sum + other.sum,
            tuple(mine + others for mine, others in zip(self.buckets, other.buckets, strict=True)),
            max(self.largest, other.largest),
        )


@dataclass(frozen=True, slots=True)
class Field:
    """Where the bytes of a body are: `path` as `$.items[*].picture`, "$" for all of it.

    `kind` says what the value looks like: "Base64 JPEG", "Base64", "hex", "text", "object", "array" …
    """

    path: str
    bytes: int
    kind: str


@dataclass(frozen=True, slots=True)
class Contents:
    """What a body is made of. `form`: "JSON", or what else it looks like; `fields`: the fattest first.

    `why` says what kept the fields from being known; they are then those found until there.
    """

    form: str
    fields: tuple[Field, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that is named. `partition`: as the broker names it ("broker-a/3"), "" where a topic has no parts.

    `id`: by which the broker's own tools find it; `keys`: the business keys that its producer gave it; `at`: when it
    was stored, by the broker's clock; `producer`: the machine that sent it. `stored`: bytes as the broker keeps them.
    `body`: bytes of the body as a consumer gets it, None where that is not known: `why` says why.
    """

    topic: str
    partition: str
    id: str
    stored: int
    keys: tuple[str, ...] = ()
    at: datetime | None = None
    body: int | None = None
    contents: Contents | None = None
    producer: str = ""
    why: str = ""

    @property
    def size(self) -> int:
        """The larger of what is known: a consumer must hold the body, the broker what it stores."""
        return max(self.stored, self.body or 0)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at the arrivals of a topic may cost, and what is worth naming.

    `oversize`: bytes; a message with more is named, up to `named` of them. `first`: messages per partition, the newest,
    that are looked at where there is no mark yet. `messages`: sizes at the most; of more arrivals the newest are looked
    at. `opened` and `opened_bytes`: bodies that are read, and their stored bytes in all; a message stored larger than
    `largest_opened` is never read, only told.
    """

    oversize: int
    named: int = 5
    first: int = 200
    messages: int = 100_000
    opened: int = 20
    opened_bytes: int = 32 * KB * KB
    largest_opened: int = 24 * KB * KB


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came into a topic since the last mark.

    `arrived`: how many; `stored`: their sizes as the broker keeps them, of so many as were looked at. `bodies`: the
    sizes of the bodies that were read: a compressed one is larger than it is stored. `oversize`: how many of those
    looked at are over the limit, stored or as a body. `largest`: the messages worth naming, the largest first: those
    over the limit, and the largest of all. `unseen`: reason → how many were not looked at ("expired", "over the
    budget"). `mark`: to be handed in next time.
    """

    mark: Mark
    arrived: int = 0
    stored: Tally = Tally()
    bodies: Tally = Tally()
    oversize: int = 0
    largest: tuple[Message, ...] = ()
    unseen: Mapping[str, int] = field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """Looked at / arrived; 1 where nothing arrived."""
        return self.stored.count / self.arrived if self.arrived else 1.0


@dataclass(frozen=True, slots=True)
class Delay:
    """How far a group is behind on a topic.

    `seconds`: age, by the broker's clock, of the oldest message that it has not consumed; 0 when there is none; None
    where nobody can tell, and `why` says why. `estimated`: worked out from rates rather than from a message's own time.
    `backlog`: messages that it has not consumed. `consumers`: of the group, online now. `consumed`: a count that grows
    when the group consumes and stands still when it does not. None: this broker does not tell.
    """

    topic: str
    group: str
    seconds: float | None
    backlog: int | None = None
    consumers: int | None = None
    consumed: int | None = None
    estimated: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a cache; `left`: seconds until it expires, None where it never does."""

    name: str
    left: float | None


@dataclass(frozen=True, slots=True)
class Walk:
    """A part of a walk through all keys. `share`: of all keys, how many were looked at; `ended`: the round is complete.

    `keys`: what was found; `mark`: to be handed in next time.
    """

    mark: Mark
    share: float
    ended: bool
    keys: tuple[Key, ...] = ()
