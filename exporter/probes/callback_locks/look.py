"""One run: the locks that are followed asked anew, and a part of the keys gone through for further ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from exporter.model import Sample
from exporter.probes.callback_locks import tell
from exporter.probes.callback_locks.memory import Memory
from exporter.probes.callback_locks.pattern import Pattern
from exporter.probes.callback_locks.tell import Lock

if TYPE_CHECKING:
    from exporter.probes.callback_locks import CallbackLocks
    from exporter.shop import BoundQueue

FOLLOWED = 1_000
"""Locks that are asked for in every run."""


class Look:
    """`memory` is what the next run needs, once `told` was read to its end."""

    def __init__(self, settings: CallbackLocks, now: datetime, memory: Memory) -> None:
        self._settings, self._now, self.memory = settings, now, memory
        self._pattern = Pattern.read(settings.pattern)

    def told(self, redis: BoundQueue) -> Iterator[Sample]:
        before = self.memory
        followed = redis.alive(tuple(before.locks))
        walk = redis.lasting(self._pattern.glob, self._settings.max_left, before.mark, self._settings.keys)
        found = {key.name: key.left for key in (*walk.keys, *followed) if self._suspect(key.name, key.left)}
        since = {name: before.locks.get(name, self._now) for name in found}
        kept = sorted(found, key=lambda name: (since[name], name))[:FOLLOWED]
        began = before.began or self._now
        lasted = (self._now - began).total_seconds()
        self.memory = Memory(
            {name: since[name] for name in kept},
            walk.mark,
            None if walk.ended else began,
            lasted if walk.ended else before.round,
        )
        yield from tell.locks(self._stuck((name, found[name]) for name in kept))
        yield tell.COVERAGE(walk.share)
        yield tell.ROUND(max(0.0, lasted, self.memory.round))
        yield tell.TRUNCATED(1 if len(found) >= FOLLOWED else 0)

    def _suspect(self, name: str, left: float | None) -> bool:
        return self._pattern.number(name) is not None and (left is None or left > self._settings.max_left)

    def _stuck(self, found: Iterable[tuple[str, float | None]]) -> Iterator[Lock]:
        """A lock that was just taken may get its expiry a moment later, or be released without ever having one."""
        lifetime = timedelta(seconds=self._settings.lifetime)
        for name, left in found:
            since = self.memory.locks[name]
            if left is not None or self._now - since >= lifetime:
                yield Lock(self._pattern.number(name) or "", left, since)
