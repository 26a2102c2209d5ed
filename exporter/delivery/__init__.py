"""The outbox's sender, the only one: pace, digests, retries, receipts."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

from exporter.delivery.carrier import LEASE_SECONDS, Poster, Surroundings
from exporter.delivery.robot import MAX_AGE_SECONDS, Robot
from exporter.model import Card, Delivery, Metric, Sample
from exporter.notify import Channel
from exporter.state import State, Waiting

log = logging.getLogger(__name__)

RESULTS = ("accepted", "merged", "repeated", "retried", "throttled", "refused", "dead")

CARDS = Metric(
    "order_health_cards_total",
    "Cards by what became of them: accepted by the room, merged into a digest, repeated because the room may have "
    "missed them, retried after a passing fault, throttled by the robot, refused by the robot, dead (given up).",
    ("channel", "result"),
    "counter",
)
OUTBOX = Metric("order_health_outbox_cards", "Cards that wait to be accepted by the room.", ("channel",))
OLDEST = Metric(
    "order_health_outbox_oldest_timestamp_seconds",
    "When the oldest waiting card was written, in Unix time; absent when none waits.",
    ("channel",),
)
METRICS = (CARDS, OUTBOX, OLDEST)


class Sender:
    """Sends what `State.commit` wrote. Every channel has its own thread, begun with its first card.

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
        self._lock = threading.Lock()
        self._running = False

    def start(self) -> None:
        self._running = True
        self.wake()

    def wake(self) -> None:
        """Something was committed: it leaves at once, if its robot's pace allows."""
        waiting = self._state.waiting()
        with self._lock:
            for name in waiting:
                self._ring(name)
        self._give_up(waiting)
        self._on_change()

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
        now = self._around.clock()
        for name in self._state.waiting():
            self._state.hurry(name, now)
        self.wake()

    def samples(self) -> list[Sample]:
        waiting = self._state.waiting()
        with self._lock:
            names = sorted({*self._channels, *waiting, *(channel for channel, _ in self._counts)})
            found = [
                CARDS(self._counts[name, result], channel=name, result=result) for name in names for result in RESULTS
            ]
        found += [OUTBOX(waiting[name].cards if name in waiting else 0, channel=name) for name in names]
        return found + [OLDEST(waiting[name].oldest, channel=name) for name in names if name in waiting]

    def rooms(self) -> list[Delivery]:
        """Every configured channel, for the status page."""
        waiting = self._state.waiting()
        with self._lock:
            channels, robots = dict(self._channels), dict(self._robots)
        return [_room(name, channel, waiting.get(name), robots.get(name)) for name, channel in channels.items()]

    def _ring(self, name: str) -> None:
        if not self._running or name not in self._channels:
            return
        if name in self._robots:
            self._robots[name].wake()
            return
        robot = Robot(name, self._channels[name], self._around, partial(self._tell, name))
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
        self._on_change()


def _room(name: str, channel: Channel, waiting: Waiting | None, robot: Robot | None) -> Delivery:
    last = robot.last if robot else None
    return Delivery(
        name,
        channel.kind,
        waiting=waiting.cards if waiting else 0,
        oldest_waiting=datetime.fromtimestamp(waiting.oldest, UTC) if waiting else None,
        last_receipt=last.at if last else None,
        accepted=last.receipt.accepted if last else None,
        detail=last.receipt.detail if last else "",
    )
