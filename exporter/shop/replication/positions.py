"""How far a server's data goes, as its GTIDs say: read, and compared with another's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

Intervals = tuple[tuple[int, int], ...]
"""First and last transaction of each stretch without a hole, in order."""

_INTERVAL = re.compile(r"(\d+)(?:-(\d+))?")


@dataclass(frozen=True, slots=True)
class Position:
    """`streams`: per MariaDB domain, or per MySQL source (and tag), the transactions that are there.

    `writers`: MariaDB names the server that wrote the last one of each domain.
    """

    flavour: Literal["mariadb", "mysql"]
    streams: Mapping[str, Intervals]
    writers: Mapping[str, int] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.streams)

    def comparable(self, primary: Position) -> bool:
        """An empty position says nothing, and a domain that the replica does not follow never arrives there."""
        if self.flavour != primary.flavour or not self or not primary:
            return False
        return self.flavour == "mysql" or not self.streams.keys().isdisjoint(primary.streams)

    def lacks(self, primary: Position) -> bool:
        """Whether the primary has something that is not here; asked only of what is `comparable`."""
        followed = self.streams if self.flavour == "mariadb" else primary.streams
        return any(
            not _within(intervals, self.streams.get(stream, ()))
            for stream, intervals in primary.streams.items()
            if stream in followed
        )

    def awaited(self, primary: Position) -> str:
        """What of the primary's position can arrive here, as its family writes it."""
        if self.flavour == "mariadb":
            shared = [domain for domain in primary.streams if domain in self.streams]
            return ",".join(f"{each}-{primary.writers[each]}-{primary.streams[each][-1][1]}" for each in shared)
        return ",".join(
            ":".join([stream, *(f"{first}-{last}" for first, last in intervals)])
            for stream, intervals in primary.streams.items()
        )


def mariadb(text: str) -> Position:
    """`0-1-860,7-3-12`: domain, server, number of the last transaction."""
    parts = [tuple(map(int, each.split("-"))) for each in text.replace("\n", "").split(",") if each.strip()]
    return Position(
        "mariadb",
        {str(domain): ((1, number),) for domain, _, number in parts},
        {str(domain): server for domain, server, _ in parts},
    )


def mysql(text: str) -> Position:
    """`uuid:1-5:7,uuid:tag:1-3`: intervals per source; a tag begins a stream of its own."""
    streams: dict[str, Intervals] = {}
    for each in filter(None, re.split(r"[\s,]+", text)):
        for stream, intervals in _source(each):
            streams[stream] = (*streams.get(stream, ()), *intervals)
    return Position("mysql", streams)


@lru_cache(maxsize=1024)
def _source(text: str) -> tuple[tuple[str, Intervals], ...]:
    """Of the servers that wrote here once, the text never changes again."""
    uuid, *rest = text.lower().split(":")
    found: dict[str, list[tuple[int, int]]] = {}
    stream = uuid
    for piece in rest:
        if interval := _INTERVAL.fullmatch(piece):
            found.setdefault(stream, []).append((int(interval[1]), int(interval[2] or interval[1])))
        else:
            stream = f"{uuid}:{piece}"
    return tuple((name, tuple(sorted(intervals))) for name, intervals in found.items())


def _within(some: Intervals, these: Intervals) -> bool:
    return all(any(low <= first and last <= high for low, high in these) for first, last in some)
