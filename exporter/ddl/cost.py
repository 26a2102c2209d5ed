"""The ways in which a server changes a table, from the cheapest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Way = Literal["instant", "nocopy", "rebuild", "copy", "unknown"]
_RANK = {"instant": 0, "nocopy": 1, "rebuild": 2, "copy": 3, "unknown": 4}


@dataclass(frozen=True, slots=True)
class Cost:
    """`writes`: whether others may write to the table meanwhile."""

    way: Way
    writes: bool = True
    why: str = ""

    @property
    def rank(self) -> tuple[int, bool]:
        return _RANK[self.way], not self.writes

    def refuses(self, algorithm: str, lock: str) -> bool:
        """Whether the server will refuse to do it as the statement asks."""
        most = {"INSTANT": 0, "NOCOPY": 1, "INPLACE": 2}.get(algorithm)
        if self.way == "unknown":
            return False
        return (most is not None and _RANK[self.way] > most) or (lock == "NONE" and not self.writes)


AT_ONCE, NO_COPY, REBUILD = Cost("instant"), Cost("nocopy"), Cost("rebuild")


def copy(why: str) -> Cost:
    return Cost("copy", writes=False, why=why)


def unknown(why: str) -> Cost:
    return Cost("unknown", why=why)
