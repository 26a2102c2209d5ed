"""One Alertmanager: its own thread, so that one that hangs holds up no other, and judging least of all."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.delivery.post import NoAnswerError, Post
from exporter.delivery.verdict import back_off
from exporter.model import AlertKey, Receipt
from exporter.notify.alertmanager import Alertmanager, Posting, place

log = logging.getLogger("exporter.delivery")

_TOGETHER = 250
"""Alerts in one request."""

_LIVES = 4
"""What fires ends by itself when it was not said again for so many times as long as it should be."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a channel's alerts are posted: rules are judged `every` so many seconds, `source` is a page to open."""

    outlet: Alertmanager
    every: float
    source: str
    external: Mapping[str, str] = field(default_factory=dict)


Picture = Mapping[AlertKey, Posting]
"""Everything that fires, or was over a short while ago."""


class Peer:
    """`show`, `use` and `stop` may be called from any thread. It knows the newest picture only: nothing piles up."""

    def __init__(
        self, url: str, way: Way, *, now: Callable[[], datetime], on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.url, self.way = url, way
        self.counts: Counter[str] = Counter()
        self.last: tuple[datetime, Receipt] | None = None
        self._now, self._on_change = now, on_change
        self._picture: Picture = {}
        self._said: dict[AlertKey, tuple[datetime | None, float]] = {}
        self._failures = 0
        self._again_at = 0.0
        self._bell = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def show(self, picture: Picture) -> None:
        with self._bell:
            self._picture = picture
            if picture and self._thread is None and not self._stopping:
                self._thread = threading.Thread(target=self._run, name=f"alertmanager-{place(self.url)}", daemon=True)
                self._thread.start()
            self._bell.notify()

    def use(self, way: Way) -> None:
        """All is said again: labels and address may be others now."""
        with self._bell:
            if way != self.way:
                self.way = way
                self._said.clear()
            self._again_at = 0.0
            self._bell.notify()

    def stop(self) -> None:
        with self._bell:
            self._stopping = True
            self._bell.notify()

    def join(self, seconds: float) -> None:
        if self._thread:
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping:
            way, post = self.way, Post(self.way.outlet.ca_file)
            try:
                while way == self.way and (due := self._awaited()):
                    self._say(due, way, post)
            except Exception as error:  # noqa: BLE001 - it never stops; the text may hold the address
                log.error("%s: %s while posting alerts; going on", place(self.url), type(error).__name__)  # noqa: TRY400
                self._failed(Receipt(False, type(error).__name__, outcome="retry"), 0)
            finally:
                post.close()

    def _awaited(self) -> dict[AlertKey, Posting]:
        """What is to be said, as soon as there is something; nothing when it stops."""
        with self._bell:
            while not self._stopping:
                clock = time.monotonic()
                if due := self._due(clock):
                    return due
                self._bell.wait(self._rest(clock))
        return {}

    def _due(self, clock: float) -> dict[AlertKey, Posting]:
        """What it does not know yet, or was not told for so long."""
        self._said = {key: each for key, each in self._said.items() if key in self._picture}
        if clock < self._again_at:
            return {}
        return {key: each for key, each in self._picture.items() if self._is_due(key, each, clock)}

    def _is_due(self, key: AlertKey, posting: Posting, clock: float) -> bool:
        ends, at = self._said.get(key, (None, -1e9))
        return ends != posting.ends or clock - at >= self.way.outlet.resend

    def _rest(self, clock: float) -> float | None:
        if clock < self._again_at:
            return self._again_at - clock
        times = [at for _, at in self._said.values()]
        return max(min(times) + self.way.outlet.resend - clock, 0.05) if times else None

    def _say(self, due: Mapping[AlertKey, Posting], way: Way, post: Post) -> None:
        for part in _parts(list(due.items())):
            life = timedelta(seconds=_LIVES * max(way.every, way.outlet.resend))
            postings = [posting for _, posting in part]
            request = way.outlet.request(self.url, postings, until=self._now() + life, source=way.source)
            try:
                receipt = way.outlet.receipt(post(request))
            except NoAnswerError as error:
                receipt = error.receipt()
            if receipt.outcome == "retry":
                return self._failed(receipt, len(part))
            self._settled(receipt, part)
        return None

    def _settled(self, receipt: Receipt, part: Sequence[tuple[AlertKey, Posting]]) -> None:
        """Taken, or refused for good: what is refused is said again no sooner than what was taken."""
        if not receipt.accepted:
            log.error("Alertmanager %s refuses alerts: %s", place(self.url), receipt.detail)
        elif self._failures:
            log.info("Alertmanager %s takes alerts again", place(self.url))
        self._failures = 0
        clock = time.monotonic()
        with self._bell:
            self._said.update({key: (posting.ends, clock) for key, posting in part})
        self._note(receipt, "accepted" if receipt.accepted else "refused", len(part))

    def _failed(self, receipt: Receipt, count: int) -> None:
        if not self._failures:
            log.warning("Alertmanager %s: %s; trying again", place(self.url), receipt.detail)
        pause = min(back_off(self._failures, 0.5), self.way.outlet.resend)
        self._failures += 1
        with self._bell:
            self._again_at = time.monotonic() + pause
        self._note(receipt, "retried", count)

    def _note(self, receipt: Receipt, result: str, count: int) -> None:
        self.counts[result] += count
        self.last = self._now(), receipt
        self._on_change()


def _parts(due: Sequence[tuple[AlertKey, Posting]]) -> Iterator[Sequence[tuple[AlertKey, Posting]]]:
    for start in range(0, len(due), _TOGETHER):
        yield due[start : start + _TOGETHER]
