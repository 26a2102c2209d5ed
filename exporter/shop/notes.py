"""A probe's memory between its runs: at hand in the process, written down when that matters."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Kept = TypeVar("Kept")

PACE = 60.0
"""Seconds for which a memory is at hand, and after which progress alone is written down."""


class Notes:
    """`recall` and `remember` reach what survives a restart; to write there costs a flush to disk."""

    def __init__(self, recall: Callable[[], dict[str, Any]], remember: Callable[[dict[str, Any]], None]) -> None:
        self._recall, self._remember = recall, remember
        self._memory: Any = None
        self._read = self._written = -PACE

    def read(self, loads: Callable[[dict[str, Any]], Kept]) -> Kept:
        """What the last run left, read again after a pause: somebody else may have gone on meanwhile."""
        if time.monotonic() - self._read >= PACE:
            self._memory = loads(self._recall())
        memory: Kept = self._memory
        return memory

    def write(self, memory: Kept, dumps: Callable[[Kept], dict[str, Any]], lasting: Callable[[Kept], object]) -> None:
        """Written down when `lasting` part changed; the rest only says how far the probe came, and may be older."""
        now = time.monotonic()
        if now - self._written >= PACE or lasting(memory) != lasting(self._memory):
            self._remember(dumps(memory))
            self._written = now
        self._memory, self._read = memory, now
