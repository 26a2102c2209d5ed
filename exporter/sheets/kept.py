"""Values worked out once for each text: in a column most come again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

MOST = 100_000
"""So many are kept: a day has 86,400 seconds, and prices are fewer."""


class Kept(dict[str, Value]):
    """`kept[text]` is `work(text)`; what `work` raises is raised."""

    def __init__(self, work: Callable[[str], Value]) -> None:
        super().__init__()
        self._work = work

    def __missing__(self, text: str) -> Value:
        found = self._work(text)
        if len(self) < MOST:
            self[text] = found
        return found
