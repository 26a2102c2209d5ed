"""Which index serves which question."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from exporter.database.shape import IndexShape
from exporter.ddl.schema import Key

_ORDERED = ("btree", "")


@dataclass(frozen=True, slots=True)
class Need:
    """A question to a table, in lower-case columns: `equal` are compared with single values, of `ranges` one is walked.

    `wanted`: columns that an index must reach to be of use; without any, the first column is enough. `sure`: the
    question is asked for certain, and not only likely.
    """

    table: Key
    equal: frozenset[str]
    ranges: frozenset[str]
    who: str
    wanted: frozenset[str] = frozenset()
    sure: bool = True

    def __str__(self) -> str:
        return ", ".join((*sorted(self.equal & self.wanted or self.equal), *sorted(self.ranges)))


def reach(index: IndexShape, need: Need) -> int:
    """How many leading columns of the index the question can use; 0 when it is of no use."""
    if index.partial or index.kind not in _ORDERED:
        return 0
    used: list[str] = []
    for part in index.parts:
        name = part.column.lower()
        if name in need.ranges:
            used.append(name)
            break
        if name not in need.equal:
            break
        used.append(name)
        if part.prefix:
            break
    return len(used) if need.wanted <= set(used) else 0


def best(indexes: Iterable[IndexShape], need: Need) -> tuple[int, IndexShape | None]:
    """The furthest reach of any index, and that index."""
    found = max(((reach(each, need), each) for each in indexes), key=lambda pair: pair[0], default=(0, None))
    return found if found[0] else (0, None)


def covers(longer: IndexShape, shorter: IndexShape) -> bool:
    """Every question of the shorter index is served by the longer one."""
    if shorter.unique or shorter.kind != longer.kind or longer.partial or shorter.partial:
        return False
    return longer.parts[: len(shorter.parts)] == shorter.parts
