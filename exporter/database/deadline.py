"""The end of a run, and who sees to it that nothing outlives it."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True, slots=True)
class Deadline:
    """`total` seconds from now on."""

    total: float
    at: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "at", time.monotonic() + self.total)

    @property
    def left(self) -> float:
        """Seconds that remain; zero when it has passed."""
        return max(0.0, self.at - time.monotonic())


class Bite:
    """`done` is true once the watchdog has severed what it watched."""

    __slots__ = ("at", "done", "sever")

    def __init__(self, at: float, sever: Callable[[], None]) -> None:
        self.at, self.sever, self.done = at, sever, False


class Watchdog:
    """One thread that severs each connection at its deadline; watching costs two locks and no thread switch.

    A read timeout of the driver would not do: it starts anew with every packet.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: set[Bite] = set()
        self._thread: threading.Thread | None = None
        self._wakes_at = float("inf")

    @contextmanager
    def until(self, deadline: Deadline, sever: Callable[[], None]) -> Iterator[Bite]:
        """`sever` is called from the watchdog's thread, and must not block: all wait for it."""
        bite = Bite(deadline.at, sever)
        with self._changed:
            self._watched.add(bite)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="shop-watchdog", daemon=True)
                self._thread.start()
            elif bite.at < self._wakes_at:
                self._changed.notify()
        try:
            yield bite
        finally:
            with self._changed:
                self._watched.discard(bite)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for bite in [each for each in self._watched if each.at <= now]:
                    self._watched.remove(bite)
                    bite.done = True
                    bite.sever()
                idle = not self._watched
                self._wakes_at = min((each.at for each in self._watched), default=now + _IDLE)
                if not self._changed.wait(self._wakes_at - now) and idle and not self._watched:
                    self._thread = None
                    return


_IDLE = 60.0
"""Seconds without a statement after which the thread ends."""

WATCHDOG = Watchdog()
"""One for all databases: a hundred of them do not need a hundred threads that sleep."""
