"""A probe's memory between its runs: at hand in the process, written down when that matters."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy.engine import URL, make_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


_PLACE = "place"

Kept = TypeVar("Kept")

PACE = 60.0
"""Seconds for which a memory is at hand, and after which progress alone is written down."""


class Memory(Protocol):
    """What a probe remembers between runs, by shop and probe; `state.State` keeps it."""

    def recall(self, shop: str, probe: str) -> dict[str, Any]: ...
    def remember(self, shop: str, probe: str, memory: dict[str, Any]) -> None: ...


class AtHome:
    """A memory that knows which databases it is of: a name that comes to lead elsewhere begins with none."""

    def __init__(self, memory: Memory, addresses: Iterable[str | URL]) -> None:
        urls = map(make_url, addresses)
        places = sorted(f"{url.get_backend_name()}://{url.host}:{url.port}/{url.database}" for url in urls)
        self._memory, self._place = memory, hashlib.sha256("|".join(places).encode()).hexdigest()[:16]

    def recall(self, shop: str, probe: str) -> dict[str, Any]:
        kept = self._memory.recall(shop, probe)
        place = kept.get(_PLACE, self._place)
        return {name: each for name, each in kept.items() if name != _PLACE} if place == self._place else {}

    def remember(self, shop: str, probe: str, memory: dict[str, Any]) -> None:
        self._memory.remember(shop, probe, {**memory, _PLACE: self._place})


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
