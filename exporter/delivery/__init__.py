"""The outbox's sender, the only one: pace, digests, retries, receipts."""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from exporter.delivery import figures
from exporter.delivery.carrier import LEASE_SECONDS, Poster, Surroundings
from exporter.delivery.figures import CARDS, DEAD, OLDEST, OUTBOX, REFUSED, SKEW, Found
from exporter.delivery.robot import MAX_AGE_SECONDS, Robot
from exporter.model import Card, DeadLetter, Delivery, Sample
from exporter.notify import Channel
from exporter.state import State, StateFaultError, Waiting

__all__ = ["CARDS", "DEAD", "OLDEST", "OUTBOX", "REFUSED", "SKEW", "Sender"]

log = logging.getLogger(__name__)

_ASK_SECONDS = 30.0  # another process may have written to the same database
_SHOWN = 20  # dead letters on the page


class Sender:
    """Sends what `State.commit` wrote. Every channel has its own thread.

    `merge` makes one card of many that counts every one; `on_change` is called, from any thread, when `samples()`
    differ.
    """

    def __init__(
        self,
        state: State,
        channels: Mapping[str, Channel],
        *,
        now: Callable[[], datetime],
        merge: Callable[[Sequence[Card]], Card],
        post: Poster | None = None,
        on_change: Callable[[], None] = lambda: None,
        lease: float = LEASE_SECONDS,
    ) -> None:
        self._state, self._channels, self._on_change = state, dict(channels), on_change
        self._around = Surroundings(state, now, merge, post, lease)
        self._robots: dict[str, Robot] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._last = Found()
        self._asked_at = -math.inf
        self._lock = threading.Lock()
        self._running = False

    def start(self) -> None:
        self._running = True
        self.wake()

    def wake(self) -> None:
        """Something was committed: it leaves at once, if its robot's pace allows."""
        with self._lock:
            for name in self._channels:
                self._ring(name)
        self._changed()

    def stop(self, seconds: float = 5.0) -> None:
        """Ends after the messages under way, at the latest after `seconds`: the rest stays in the outbox."""
        with self._lock:
            self._running = False
            robots = list(self._robots.values())
            self._robots.clear()
        until = time.monotonic() + seconds
        for robot in robots:
            robot.stop()
        for robot in robots:
            robot.join(max(until - time.monotonic(), 0.0))

    def update(self, channels: Mapping[str, Channel]) -> None:
        """New configuration: every card that waits for a later attempt is due at once."""
        with self._lock:
            self._channels = dict(channels)
            for name in list(self._robots):
                if name in channels:
                    self._robots[name].use(channels[name])
                else:
                    self._robots.pop(name).stop()
        try:
            for name in channels:
                self._state.hurry(name, self._around.clock())
        except StateFaultError as fault:
            log.error("%s", fault)  # noqa: TRY400 - the traceback says no more; the cards leave at their own time
        self.wake()

    def samples(self) -> list[Sample]:
        found = self._found()
        with self._lock:
            skews = {name: robot.ahead for name, robot in self._robots.items()}
            return figures.samples(self._channels, self._counts, found, skews)

    def rooms(self) -> list[Delivery]:
        """Every configured channel, for the status page."""
        found, letters = self._found(), self._letters()
        with self._lock:
            channels, robots = dict(self._channels), dict(self._robots)
        return [_room(name, channel, found, letters, robots.get(name)) for name, channel in channels.items()]

    def _letters(self) -> list[DeadLetter]:
        """The latest ones; none while the state cannot be read, for the page must be there all the more."""
        with contextlib.suppress(StateFaultError):
            return self._state.dead(most=_SHOWN) if self._last.dead else []
        return []

    def _found(self) -> Found:
        """Asked anew when it has changed; while the state cannot be read, what was known last."""
        if time.monotonic() - self._asked_at > _ASK_SECONDS:
            self._asked_at = time.monotonic()  # first, so that a change meanwhile is asked about again
            with contextlib.suppress(StateFaultError):  # the judge tells of it
                self._last = Found(self._state.waiting(), self._state.refusals(), self._state.dead_counts())
                self._give_up(self._last.waiting)
        return self._last

    def _changed(self) -> None:
        self._asked_at = -math.inf
        self._on_change()

    def _wake_one(self, name: str) -> None:
        with self._lock:
            self._ring(name)

    def _ring(self, name: str) -> None:
        if not self._running or name not in self._channels:
            return
        if name in self._robots:
            self._robots[name].wake()
            return
        robot = Robot(name, self._channels[name], self._around, partial(self._tell, name), self._wake_one)
        self._robots[name] = robot
        robot.start()

    def _give_up(self, waiting: Mapping[str, Waiting]) -> None:
        """Cards of channels that are configured no more wait a day for their return."""
        now = self._around.clock()
        for name, each in waiting.items():
            if name not in self._channels and each.oldest < now - MAX_AGE_SECONDS:
                count = self._state.expire(name, now - MAX_AGE_SECONDS, now)
                log.error("channel %s is not configured: %d of its cards were given up after a day", name, count)
                self._tell(name, "dead", count)

    def _tell(self, channel: str, result: str, count: int) -> None:
        with self._lock:
            self._counts[channel, result] += count
        self._changed()


def _room(name: str, channel: Channel, found: Found, letters: Sequence[DeadLetter], robot: Robot | None) -> Delivery:
    last, waiting = robot.last if robot else None, found.waiting.get(name)
    return Delivery(
        name,
        channel.kind,
        waiting=waiting.cards if waiting else 0,
        oldest_waiting=datetime.fromtimestamp(waiting.oldest, UTC) if waiting else None,
        last_receipt=last.at if last else None,
        accepted=last.receipt.accepted if last else None,
        detail=last.receipt.detail if last else "",
        refusal=found.refusals.get(name),
        dead=sum(count for (of, _), count in found.dead.items() if of == name),
        dead_letters=tuple(each.card.title for each in letters if each.channel == name),
        clock_ahead=robot.ahead if robot else None,
    )
