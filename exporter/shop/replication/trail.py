"""Follows the primary: a light thread that notes its position several times a second, while somebody asks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from exporter.database.deadline import Deadline
from exporter.database.errors import NotApplicable, ShopError, Unreachable
from exporter.shop.node import Node
from exporter.shop.replication.ring import Behind, Ring
from exporter.shop.replication.who import Who
from exporter.shop.run import Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.shop.source import Source

_LOOK_SECONDS = 2.0
_FRESH = 1.0
"""Seconds after which the last look says nothing about now."""


class Trail:
    """Shared by all who ask about the replicas of one primary; `source` is a connection of its own.

    After `idle` seconds without a question the thread ends; the next question starts another, with an empty ring.
    """

    def __init__(self, name: str, source: Callable[[], Source], every: float, idle: float) -> None:
        self._name, self._source, self._every, self._idle = name, source, every, idle
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._asked = 0.0
        self._ring = Ring()
        self._last: Who | None = None
        self._error: ShopError | None = None

    def primary(self, wait: float) -> Who:
        """What it answered a moment ago; waits for the first look only. Raises Unreachable when it is silent."""
        with self._changed:
            self._follow()
            if self._last is None and self._error is None:
                self._changed.wait(min(_FRESH, wait))
            last = self._last
            if last and time.monotonic() - last.at <= max(_FRESH, 3 * self._every):
                return last
            raise Unreachable(f"the primary does not answer{f': {self._error}' if self._error else ''}")

    def behind(self, replica: Who, *, alone: bool) -> Behind:
        """How far the replica was behind when it answered.

        `alone`: it is known to follow one primary only. Raises NotApplicable where positions do not tell, and
        Unreachable when the primary is silent and the replica has all that was seen of it: that is no zero.
        """
        with self._changed:
            marks = self._ring.marks
            if not (self._last and self._last.written and marks):
                raise NotApplicable(f"the primary has no position: {self._last.why if self._last else 'not seen yet'}")
            if replica.applied is None:
                raise NotApplicable(f"the replica has no position: {replica.why}")
            if not replica.applied.comparable(marks[-1].position):
                raise NotApplicable("the replica follows none of the primary's GTID domains")
            for domain, writer in replica.applied.writers.items():
                seen = self._ring.writers(domain)
                if not alone and seen and writer not in seen:
                    raise NotApplicable(f"in GTID domain {domain} another server than the primary wrote last")
            behind = self._ring.behind(replica.applied, replica.at)
            last = self._last.at
        if not behind.most and replica.at - last > max(_FRESH, 3 * self._every):
            raise Unreachable("the primary does not answer, and the replica has all that was seen of it")
        return behind

    def stop(self) -> None:
        self._stop.set()

    def _follow(self) -> None:
        self._asked = time.monotonic()
        if self._thread is None and not self._stop.is_set():
            self._ring, self._last, self._error = Ring(), None, None
            self._thread = threading.Thread(target=self._walk, name=f"positions-{self._name}", daemon=True)
            self._thread.start()

    def _walk(self) -> None:
        due = time.monotonic()
        while not self._stop.wait(due - time.monotonic()):
            self._look()
            due = max(due + self._every, time.monotonic())
            with self._changed:
                if time.monotonic() - self._asked > self._idle:
                    self._thread = None
                    return

    def _look(self) -> None:
        who, error = None, None
        try:
            who = Who.answers(Node("", self._source(), Run(Deadline(_LOOK_SECONDS))))
        except ShopError as fault:
            error = fault
        except Exception as fault:  # noqa: BLE001 - whatever one look meets, the next one may see
            error = ShopError(f"fault while asking the primary: {type(fault).__name__}")
        with self._changed:
            self._error = error
            if who:
                self._note(who)
            self._changed.notify_all()

    def _note(self, who: Who) -> None:
        """Another server behind the same address (a failover) has a trail of its own."""
        if self._last and self._last.name != who.name:
            self._ring = Ring()
        if who.written:
            self._ring.add(who.written, who.at)
        self._last = who
