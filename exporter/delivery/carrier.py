"""Carries one claimed card into the room and settles it by what the room said."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from exporter.delivery import clocks
from exporter.delivery.pace import MINUTE, Pace
from exporter.delivery.post import NoAnswerError
from exporter.delivery.verdict import Verdict, verdict
from exporter.model import Card, Receipt
from exporter.notify import Channel
from exporter.state import OvertakenError, Pending, State, StateFaultError

if TYPE_CHECKING:
    import requests

log = logging.getLogger("exporter.delivery")

LEASE_SECONDS = 30.0  # longer than any one message takes
_STATE_AGAIN_SECONDS = 1.0
_REPEATED = {"zh": "(可能重复) ", "en": "(may be a repeat) "}

Poster = Callable[["requests.Request"], "requests.Response"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every robot is given: the state, the clock, how cards merge, and another way to post than our own."""

    state: State
    now: Callable[[], datetime]
    merge: Callable[[Sequence[Card]], Card]
    post: Poster | None = None
    lease: float = LEASE_SECONDS

    def clock(self) -> float:
        return self.now().timestamp()


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended: the receipt, and the verdict when it was not a yes. `hold` stands in the verdict."""

    at: datetime
    receipt: Receipt
    verdict: Verdict | None = None


class Carrier:
    """Used by one robot's thread. `stopping` ends its insistence on a state that cannot be written.

    `ahead` is by how many seconds our clock is ahead of the room's, None while it has not told the time. Messages are
    signed by the room's clock where ours is far off, so that cards arrive until somebody sets it.
    """

    def __init__(self, around: Surroundings, post: Poster, stopping: threading.Event) -> None:
        self._around, self._post, self._stopping = around, post, stopping
        self._state = around.state
        self._random = random.Random()  # noqa: S311 - it only spreads retries
        self.ahead: float | None = None

    def carry(self, row: Pending, channel: Channel, claimed: float) -> Answer | None:
        """Sends what the room does not have yet of this card; None when the rest is to be sent later.

        `claimed` is when the claim was asked for, of the monotonic clock.
        """
        try:
            messages = written(row, channel, self._time_there())
        except Exception as error:  # noqa: BLE001 - one card that cannot be written holds up no other
            receipt = Receipt(False, f"this card cannot be written for the channel ({type(error).__name__})")
            return self._refused(row, replace(receipt, outcome="unwritable"), row.parts, unsure=False, answered=True)
        for part in range(row.parts, len(messages)):
            if part > row.parts:
                claimed = time.monotonic()
                if not self._may_go_on(row, part, channel):
                    return None
            if self._stood_still(row, part, claimed):
                return None
            try:
                response = self._post(messages[part])
            except NoAnswerError as error:
                return self._refused(row, error.receipt(), part, unsure=error.arrived, answered=False)
            receipt = self._timed(_read(response, channel), response)
            if not receipt.accepted:
                unsure = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
                return self._refused(row, receipt, part, unsure=unsure, answered=True)
        now = self._around.clock()
        self._surely(lambda: self._state.accept(row, now))
        return Answer(_moment(now), Receipt(True, "accepted"))

    def _stood_still(self, row: Pending, part: int, claimed: float) -> bool:
        """Whether this process was paused between the claim and the message: somebody else may be sending it by now."""
        if time.monotonic() - claimed < self._state.stood_still:
            return False
        now = self._around.clock()
        log.warning("channel %s: card %d was not sent: this process stood still", row.channel, row.id)
        self._surely(lambda: self._state.postpone(row, now, now, parts=part))
        return True

    def _time_there(self) -> datetime:
        now = self._around.now()
        return now - timedelta(seconds=self.ahead) if self.ahead and clocks.skewed(self.ahead) else now

    def _timed(self, receipt: Receipt, response: requests.Response) -> Receipt:
        """What the robot itself answered tells its time; a card signed by a wrong clock is signed again at once."""
        if receipt.outcome == "retry" or (ahead := clocks.ahead(response, self._around.now())) is None:
            return receipt
        before, self.ahead = self.ahead, ahead
        if clocks.skewed(ahead) and not clocks.skewed(before):
            log.error("this machine's clock is %s: set it", clocks.said(ahead))
        if receipt.cause != "clock" or not clocks.skewed(ahead):
            return receipt
        detail = f"{receipt.detail}; this machine's clock is {clocks.said(ahead)}"
        if clocks.skewed(ahead - (before or 0.0)):
            return Receipt(False, f"{detail}; signing by the room's clock until it is set", outcome="again")
        return replace(receipt, detail=detail)

    def _may_go_on(self, row: Pending, part: int, channel: Channel) -> bool:
        now = self._around.clock()
        sends = self._state.sends(row.channel, now - MINUTE, now)
        opens = Pace.of(channel).opens(row, sends, now)
        if opens > now:
            self._surely(lambda: self._state.postpone(row, now, opens, parts=part))
            return False
        self._surely(lambda: self._state.extend(row, part, now, self._around.lease))
        return True

    def _refused(self, row: Pending, receipt: Receipt, part: int, *, unsure: bool, answered: bool) -> Answer:
        now = self._around.clock()
        found = verdict(row, receipt, answered=answered, jitter=self._random.random())
        self._surely(lambda: self._settle(row, receipt, found, part, now, unsure=unsure))
        if found.again_in is None and not row.size:
            found = replace(found, result="dead")
        log.warning("channel %s: card %d %s: %s", row.channel, row.id, found.result, receipt.detail)
        return Answer(_moment(now), receipt, found)

    def _settle(self, row: Pending, receipt: Receipt, found: Verdict, part: int, now: float, *, unsure: bool) -> None:
        if found.pause:
            self._state.pause(row.channel, now + found.hold)
        if receipt.outcome == "permanent":
            self._state.refuse(row.channel, receipt.cause, receipt.detail, now)
        if found.again_in is None and row.size:
            self._state.unfold(row.id, now, alone=True)
        elif found.again_in is None:
            self._state.bury(row, now, receipt.detail, found.cause)
        elif found.plain:
            self._state.postpone(row, now, now, receipt.detail, plain=True, parts=0)
        else:
            due = now + found.again_in
            self._state.postpone(row, now, due, receipt.detail, parts=part, unsure=row.unsure or unsure)

    def _surely(self, action: Callable[[], None]) -> None:
        """What the room said must not be forgotten: a card it has would be sent again."""
        while True:
            try:
                return action()
            except OvertakenError:
                raise
            except StateFaultError as fault:
                log.error("%s", fault)  # noqa: TRY400 - the traceback says no more
                if self._stopping.wait(_STATE_AGAIN_SECONDS):
                    raise


def written(row: Pending, channel: Channel, now: datetime) -> tuple[requests.Request, ...]:
    """The messages of this card, marked when the room may have it already."""
    card = replace(row.card, title=_REPEATED[row.card.language] + row.card.title) if row.unsure else row.card
    return channel.plain(card, now) if row.plain else channel.messages(card, now)


def _read(response: requests.Response, channel: Channel) -> Receipt:
    try:
        return channel.receipt(response)
    except Exception as error:  # noqa: BLE001 - whatever a room answers, the card is kept
        detail = f"HTTP {response.status_code}, an answer that cannot be read ({type(error).__name__})"
        return Receipt(False, detail, outcome="retry")


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
