"""The last errors of each probe, also after it has recovered: for its page, in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from exporter.model import Name, Reading

KEPT = 5
LONGEST = 500
"""Errors of one probe that are kept, and characters of each: 3 KB at the most."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that runs ended with one after another, `times` in all."""

    text: str
    first: datetime
    last: datetime
    times: int = 1


class Failures:
    """Fed with every reading; any thread may ask."""

    def __init__(self) -> None:
        self._kept: dict[Name, tuple[Failure, ...]] = {}
        self._failing: set[Name] = set()
        self._lock = threading.Lock()

    def note(self, reading: Reading) -> None:
        with self._lock:
            name, error = reading.name, reading.error
            if error is None:
                self._failing.discard(name)
                return
            text, before = error[:LONGEST], self._kept.get(name, ())
            if name in self._failing and before[0].text == text:
                latest = replace(before[0], last=reading.at, times=before[0].times + 1)
                self._kept[name] = (latest, *before[1:])
            else:
                self._kept[name] = (Failure(text, reading.at, reading.at), *before)[:KEPT]
            self._failing.add(name)

    def only(self, names: Iterable[Name]) -> None:
        """Forgets what is watched no more."""
        wanted = set(names)
        with self._lock:
            self._kept = {name: kept for name, kept in self._kept.items() if name in wanted}
            self._failing &= wanted

    def of(self, name: Name) -> tuple[Failure, ...]:
        """The latest first."""
        return self._kept.get(name, ())
