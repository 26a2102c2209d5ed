"""Judges after every reading, and goes on judging whatever happens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from exporter.state import StateFaultError

log = logging.getLogger(__name__)

_REST = 4.0
"""Rests this many times as long as a round took: many shops cost a fifth of one processor, not all of it."""


class Sittings:
    """`sit` is called when there is news, and every `every()` seconds at the latest: time alone makes alerts due."""

    def __init__(self, sit: Callable[[], None], every: Callable[[], float]) -> None:
        self._sit, self._every = sit, every
        self._news, self._stopping = threading.Event(), threading.Event()
        self._fault = ""

    def start(self) -> None:
        threading.Thread(target=self._run, name="judge", daemon=True).start()

    def news(self) -> None:
        self._news.set()

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._news.wait(self._every())
            self._news.clear()
            began = time.monotonic()
            if not self._stopping.is_set():
                self._round()
            self._stopping.wait((time.monotonic() - began) * _REST)

    def _round(self) -> None:
        """One line when judging begins to fail or goes on again, none while nothing changes."""
        try:
            self._sit()
        except Exception as error:
            fault = str(error) if isinstance(error, StateFaultError) else repr(error)
            if fault != self._fault:
                log.error("not judged, alerts keep their state: %s", fault, exc_info=fault != str(error))  # noqa: TRY400
            self._fault = fault
        else:
            if self._fault:
                log.info("judged again")
            self._fault = ""
