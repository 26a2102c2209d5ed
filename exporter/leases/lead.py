"""The loop that takes the lead, holds it and gives it up, in a thread of its own."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from exporter.leases.metrics import CHANGES, LEADER, REACHABLE
from exporter.model import Sample
from exporter.queues import QueueError
from exporter.state import State, StateFaultError

if TYPE_CHECKING:
    from exporter.leases.lease import Lease
    from exporter.leases.terms import Terms

log = logging.getLogger(__name__)

_RENEWED = 3
"""So often within its length the lead is renewed."""

_ASK = 1.0
"""How often who stands by asks, in seconds."""

_GOODBYE = 4.0


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether this sidecar leads, who does, and whether the Redis of the leases answered the last time."""

    leads: bool
    leader: str
    reachable: bool
    epoch: int = 0


class Trouble:
    """One line when something begins to fail, and one when it is over."""

    def __init__(self) -> None:
        self.text = ""

    def told(self, text: str) -> None:
        """`text` is empty while nothing is wrong."""
        if text and not self.text:
            log.error("%s", text)
        elif self.text and not text:
            log.info("over: %s", self.text)
        self.text = text


class Lead:
    """`begin` is called when this sidecar, by the name of `name()`, has the lead, `end` when it has it no more.

    `begin` may raise StateFaultError: then somebody else may try. The thread outlives every fault.
    """

    def __init__(
        self, state: State, terms: Terms, name: Callable[[], str], begin: Callable[[], None], end: Callable[[], None]
    ) -> None:
        self._state, self._terms, self._name, self._begin, self._end = state, terms, name, begin, end
        self._nonce = secrets.token_hex(4)
        self._lease: Lease | None = None
        self._state_trouble, self._lease_trouble = Trouble(), Trouble()
        self._standing = Standing(False, "", reachable=True)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lead", daemon=True)

    @property
    def standing(self) -> Standing:
        return self._standing

    def samples(self) -> list[Sample]:
        standing = self._standing
        changes = [CHANGES(standing.epoch)] if standing.leads else []
        return [LEADER(standing.leads), REACHABLE(standing.reachable), *changes]

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Gives the lead up, so that another need not wait; what was begun ends first."""
        self._stopping.set()
        self._thread.join(_GOODBYE)

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._look()
            self._stopping.wait(self._terms.length / _RENEWED if self._standing.leads else _ASK)
        if self._standing.leads:
            self._give_up()

    def _look(self) -> None:
        """The state comes first: who cannot reach it is of no use as a leader, and must not keep the lease."""
        try:
            if self._standing.leads:
                stays, reachable = self._state.hold(self._terms.length), self._leased() is not None
            else:
                stays, reachable = self._taken()
            self._note(stays, reachable)
        except StateFaultError as fault:
            self._state_trouble.told(str(fault))
        except Exception:
            log.exception("who leads could not be found out; going on")
        else:
            self._state_trouble.told("")

    def _taken(self) -> tuple[bool, bool]:
        """Whether this sidecar has the lead now, and whether Redis answered."""
        leased = self._leased()
        if leased is False:
            return False, True
        try:
            seconds = self._terms.length
            # it has the lead already where the answer was lost the last time
            taken = self._state.lead(self._holder(), seconds) or self._state.hold(seconds)
        except StateFaultError:
            self._released()
            raise
        if not taken:
            self._released()
        return taken, leased is not None

    def _note(self, leads: bool, reachable: bool) -> None:
        before, row = self._standing.leads, self._state.leader()
        leader = row.holder.rpartition(" ")[0] if row.stands else ""
        self._standing = Standing(leads, leader, reachable, row.epoch)
        if leads and not before:
            self._take_up()
        if before and not leads:
            log.warning("%s leads now: this sidecar stands by", leader)
            self._end()

    def _take_up(self) -> None:
        log.info("this sidecar leads now")
        try:
            self._begin()
        except BaseException:
            self._standing = replace(self._standing, leads=False)
            self._give_up()
            raise

    def _give_up(self) -> None:
        self._end()
        try:
            self._state.resign()
        except StateFaultError as fault:
            log.warning("the next leader waits %.0f s: %s", self._terms.length, fault)
        self._released()

    def _leased(self) -> bool | None:
        """Whether the lease is ours; None when Redis cannot tell."""
        try:
            found = self._opened().take()
        except QueueError as error:
            self._lease_trouble.told(f"leases: {error}; the state decides who leads until Redis answers")
            return None
        self._lease_trouble.told("")
        return found

    def _released(self) -> None:
        """Without it the lease ends by itself."""
        if self._lease_trouble.text:
            return
        try:
            self._opened().release()
        except QueueError as error:
            log.debug("the lease was not given back: %s", error)

    def _opened(self) -> Lease:
        """Its key is of the state: who shares the one shares the other, however each writes its address."""
        from exporter.leases.lease import Lease  # noqa: PLC0415 - sockets and TLS, where there are leases

        if self._lease is None:
            key = hashlib.sha256(b"lease" + self._state.key()).hexdigest()[:16]
            self._lease = Lease(self._terms, f"order-health:{key}", self._holder(), self._terms.length)
        return self._lease

    def _holder(self) -> str:
        return f"{self._name()} {self._nonce}"
