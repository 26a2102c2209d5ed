"""One robot and everything that waits for it: its own thread, so that one that hangs holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from exporter.delivery.carrier import Answer, Carrier, Surroundings, written
from exporter.delivery.pace import MINUTE, Pace
from exporter.delivery.post import Post
from exporter.delivery.verdict import LONGEST_PAUSE
from exporter.notify import Channel
from exporter.state import Pending, StateFaultError

log = logging.getLogger("exporter.delivery")

MAX_AGE_SECONDS = 86400.0
_TIDY_SECONDS = 3600.0
_AGAIN_SECONDS = 2.0
_SPILL_SECONDS = 5.0  # a shorter wait is not worth another room
_LONGEST_SLEEP = 60.0  # a clock that was set back is noticed after so long

Tell = Callable[[str, int], None]
"""Called with a result and how many cards it concerns."""


class Robot:
    """`wake`, `use` and `stop` may be called from any thread; everything else happens in the robot's own.

    `ring` wakes another robot by its channel's name.
    """

    def __init__(
        self, name: str, channel: Channel, around: Surroundings, tell: Tell, ring: Callable[[str], None]
    ) -> None:
        self.channel = channel
        self.last: Answer | None = None
        self._name, self._around, self._tell, self._state = name, around, tell, around.state
        self._ring = ring
        self._bell = threading.Condition()
        self._stopping = threading.Event()
        self._rung = False
        self._hold = self._tidied = 0.0
        self._refuses = False
        self._own_post = Post()
        self._carrier = Carrier(around, around.post or self._own_post, self._stopping)
        self._thread = threading.Thread(target=self._run, name=f"robot-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        with self._bell:
            self._rung = True
            self._bell.notify()

    def use(self, channel: Channel) -> None:
        """From the next attempt on; whatever held the former robot back is over."""
        changed = channel != self.channel
        self.channel, self._hold = channel, 0.0
        if changed:
            try:
                self._state.pause(self._name, 0.0)
                self._state.relent(self._name)
            except StateFaultError as fault:
                log.error("%s", fault)  # noqa: TRY400 - the traceback says no more; the pause ends by itself
        self.wake()

    def stop(self) -> None:
        """It ends after the message that is under way."""
        self._stopping.set()
        self.wake()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._rung = False
            try:
                at = self._step(self._around.clock())
            except StateFaultError as fault:
                log.error("%s", fault)  # noqa: TRY400 - the traceback says no more
                at = self._around.clock() + _AGAIN_SECONDS
            except Exception as error:  # noqa: BLE001 - a robot never stops; the text may hold the address
                log.error("channel %s: %s while sending; going on", self._name, type(error).__name__)  # noqa: TRY400
                at = self._around.clock() + _AGAIN_SECONDS
            self._sleep(at)
        self._own_post.close()

    def _sleep(self, at: float | None) -> None:
        with self._bell:
            if not self._rung:
                seconds = _LONGEST_SLEEP if at is None else min(at - self._around.clock(), _LONGEST_SLEEP)
                self._bell.wait(max(seconds, 0.0))

    def _step(self, now: float) -> float | None:
        """Sends at most one card; when to look again, None for not before something new comes."""
        self._hold = min(self._hold, now + LONGEST_PAUSE)  # the clock may have been set back
        quiet = max(self._hold, self._state.paused(self._name, now))
        if quiet > now:
            return self._spill(now, quiet)
        due = self._state.due(self._name, now)
        if not due:
            self._tidy(now)
            return self._state.next_due(self._name)
        if due[0].at < now - MAX_AGE_SECONDS:
            self._expire(now)
            return now
        sends = self._state.sends(self._name, now - MINUTE, now)
        choice = Pace.of(self.channel).choose(due, sends, now, self._weigh)
        if not choice.rows:
            return self._spill(now, choice.at)
        row, claimed = self._together(choice.rows, now), time.monotonic()
        if row and self._state.claim(row, now, self._around.lease):
            self._send(row, claimed)
        return now

    def _spill(self, now: float, until: float) -> float:
        """What would have to wait until then goes to the overflow, where there is one; when to look again."""
        other = self.channel.overflow
        if other and until - now > _SPILL_SECONDS and (count := self._state.hand_over(self._name, other, now)):
            log.warning("channel %s cannot send for %.0f s: %d cards go to %s", self._name, until - now, count, other)
            self._tell("overflowed", count)
            self._ring(other)
        return until

    @property
    def ahead(self) -> float | None:
        """By how many seconds our clock is ahead of the room's; None while that is not known."""
        return self._carrier.ahead

    def _send(self, row: Pending, claimed: float) -> None:
        answer = self._carrier.carry(row, self.channel, claimed)
        if row.unsure:
            self._tell("repeated", 1)
        if answer is None:
            return
        self.last = answer
        if answer.verdict is None:
            self._tell("accepted", row.size or 1)
            if row.attempts or self._refuses:  # the robot is well again
                self._refuses = False
                self._state.hurry(self._name, answer.at.timestamp())
            return
        self._tell(answer.verdict.result, row.size or 1)
        self._hold = answer.at.timestamp() + answer.verdict.hold
        if answer.receipt.outcome == "permanent":
            self._refuses = True
            self._spill(answer.at.timestamp(), answer.at.timestamp() + (answer.verdict.again_in or 0.0))

    def _together(self, rows: Sequence[Pending], now: float) -> Pending | None:
        """The row itself, or the digest that now stands for all of them."""
        if len(rows) == 1:
            return rows[0]
        try:
            card = self._around.merge(self._state.originals(rows))
        except StateFaultError:
            raise
        except Exception as error:  # noqa: BLE001 - then they go one by one
            log.error("channel %s: no digest (%s)", self._name, type(error).__name__)  # noqa: TRY400
            return rows[0]
        digest = self._state.merge(rows, card, now)
        if digest:
            self._tell("merged", sum(not row.size for row in rows))
        return digest

    def _weigh(self, row: Pending) -> int:
        try:
            return len(written(row, self.channel, self._around.now()))
        except Exception:  # noqa: BLE001 - the attempt itself will say what is wrong with it
            return 1

    def _expire(self, now: float) -> None:
        if count := self._state.expire(self._name, now - MAX_AGE_SECONDS, now):
            log.error("channel %s: %d cards could not be delivered within a day: given up", self._name, count)
            self._tell("dead", count)

    def _tidy(self, now: float) -> None:
        if now - self._tidied > _TIDY_SECONDS:
            self._tidied = now
            self._state.tidy(now)
