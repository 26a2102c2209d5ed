"""One look at one replica."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from exporter.model import Case, Gap, Metric, Sample
from exporter.probes.replica_lag import status, tell
from exporter.probes.replica_lag.memory import Memory
from exporter.shop import Denied, Shop, ShopError, Unreachable, Unsupported, Who

if TYPE_CHECKING:
    from exporter.probes.replica_lag import ReplicaLag

_PATIENCE = 3
"""Runs that may be left out until the primary is followed no more."""

_ITSELF = "this address is answered by the primary itself: is it the right one, or does a proxy send reads there?"
_ALONE = "the server at this address replicates from nobody"


class Look:
    """`memory` is what is to be remembered afterwards."""

    def __init__(self, settings: ReplicaLag, shop: Shop, now: datetime, memory: Memory) -> None:
        self._settings, self._shop, self._now, self.memory = settings, shop, now, memory
        self._name, self._node = shop.part, shop.replica(shop.part)
        self._trail = shop.trail(settings.sample, idle=_PATIENCE * settings.every)
        self._channels: Sequence[status.Channel] = ()
        self._denied: ShopError | None = None
        self._primary: Who | ShopError | None = None

    def told(self) -> Iterator[Sample | Gap]:
        """Raises a ShopError when the replica does not answer, or may tell nothing at all."""
        if self._node.family != "mysql":
            yield from self._lag(None)
            return
        self._ask_primary()  # first, or what is committed in between would seem older than anything seen there
        me = Who.answers(self._node)
        self._ask_status()
        self.memory = self.memory.met(me.name, self._now)
        yield tell.NODES(len(self.memory.nodes), replica=self._name)
        if why := self._no_replica(me):
            yield tell.IS_REPLICA(0, replica=self._name, evidence=[Case(self._name, note=f"server_id {me.server}")])
            yield from (_gap(metric, why) for metric in (tell.RUNNING, tell.LAG))
            return
        yield from self._threads()
        yield tell.READ_ONLY(me.read_only, replica=self._name)
        yield from self._lag(me)
        yield from self._catching_up()

    def _ask_primary(self) -> None:
        try:
            self._primary = self._trail.primary(self._settings.timeout / 2)
        except ShopError as error:
            self._primary = error

    def _ask_status(self) -> None:
        try:
            self._channels = status.channels(self._node)
        except (Denied, Unsupported) as error:
            self._denied = error

    def _no_replica(self, me: Who) -> str:
        """Why the server cannot be called a replica; empty when it is one, or when that is not known."""
        if isinstance(self._primary, Who) and me.name == self._primary.name:
            return _ITSELF
        return "" if self._channels or self._denied else _ALONE

    def _threads(self) -> Iterator[Sample | Gap]:
        if self._denied:
            yield _gap(tell.RUNNING, str(self._denied))
            return
        still = {
            f"{each.name}/{thread.name}" for each in self._channels for thread in each.threads if not thread.running
        }
        self.memory = self.memory.standing(still, self._now)
        yield tell.IS_REPLICA(1, replica=self._name)
        yield tell.DELAY(self._delay, replica=self._name)
        for channel in self._channels:
            for thread in channel.threads:
                place = "/".join(filter(None, (self._name, channel.name, thread.name)))
                since = self.memory.stopped.get(f"{channel.name}/{thread.name}")
                yield tell.RUNNING(
                    thread.running,
                    replica=self._name,
                    channel=channel.name,
                    thread=thread.name,
                    evidence=[Case(place, since, _state(thread))] if since else (),
                )

    @property
    def _from_primary(self) -> Sequence[status.Channel]:
        """The channels that name our primary as their source; a channel that has never connected names none."""
        source = self._primary.server if isinstance(self._primary, Who) else None
        return [each for each in self._channels if each.source == source]

    @property
    def _delay(self) -> float:
        return max((each.delay for each in self._from_primary or self._channels), default=0)

    def _lag(self, me: Who | None) -> Iterator[Sample | Gap]:
        """By the first method that tells; where none does, why. It is never less than what the replica surely lacks."""
        least, reasons, methods = 0.0, list[str](), self._methods(me)
        for method in methods:
            try:
                seconds, known = self._by(method, me)
            except ShopError as error:
                reasons.append(f"{method}: {error}")
                continue
            if known:
                yield self._told(max(seconds, least), method)
                return
            least = seconds
            reasons.append(
                f"{method}: it lacks what is older than the {seconds:.1f} s for which the primary was followed"
            )
        if least > self._settings.max_lag + self._delay:
            yield self._told(least, "gtid")
        elif self._denied and "status" in methods:
            raise self._denied
        else:
            yield _gap(tell.LAG, "; ".join(reasons))

    def _methods(self, me: Who | None) -> list[str]:
        if me is None:
            return ["heartbeat"]
        wanted = self._settings.method
        listed = [wanted] if wanted != "auto" else ["gtid", "heartbeat", "status"]
        return [each for each in listed if each != "heartbeat" or wanted == each or self._settings.heartbeat]

    def _by(self, method: str, me: Who | None) -> tuple[float, bool]:
        """Seconds, and whether that is all of it; raises a ShopError when the method does not tell now."""
        if method == "heartbeat" or me is None:
            return self._by_heartbeat(), True
        if method == "gtid":
            alone = len(self._channels) == len(self._from_primary) == 1
            behind = self._trail.behind(me, alone=alone)
            return behind.seconds, behind.known
        return self._by_status(me), True

    def _by_heartbeat(self) -> float:
        if self._settings.heartbeat is None:
            raise ShopError("no heartbeat table is configured; write heartbeat: {table: …, zone: UTC}")
        server = self._primary.server if isinstance(self._primary, Who) else None
        return self._settings.heartbeat.behind(self._shop.node(apart="heartbeat"), self._node, server)

    def _by_status(self, me: Who) -> float:
        """Whole seconds, as the replica counts them to its own source.

        Where that is frozen it goes on to say 0, so the primary must have answered; where it is not our primary but
        another one, as GTIDs on both sides show, it says nothing about ours.
        """
        if self._denied:
            raise self._denied
        if not isinstance(self._primary, Who):
            raise self._primary or Unreachable("the primary does not answer")
        if not self._from_primary and self._primary.written and me.applied:
            raise ShopError(f"it replicates from another server than the primary (server_id {self._primary.server})")
        seconds = status.behind(self._from_primary or self._channels)
        if seconds is None:
            raise ShopError("the replica does not know while a thread stands still")
        return seconds

    def _told(self, seconds: float, method: str) -> Sample:
        state = " ".join(_state(thread) for each in self._channels for thread in each.threads)
        case = Case(self._name, note=f"{seconds:.2f} s {state}".strip())
        return tell.LAG(seconds, replica=self._name, method=method, evidence=[case])

    def _catching_up(self) -> Iterator[Sample | Gap]:
        if not self._settings.catch_up:
            return
        try:
            seconds = self._shop.caught_up(self._name, self._settings.catch_up)
        except ShopError as error:
            yield Gap("catch_up", str(error))
            return
        if seconds is None:
            yield Gap("catch_up", f"it did not catch up within {self._settings.catch_up:g} s")
        else:
            yield tell.LAG(seconds, replica=self._name, method="catch_up")


def _gap(metric: Metric, why: str) -> Gap:
    return Gap(metric.name.removeprefix("order_health_"), why)


def _state(thread: status.Thread) -> str:
    """The error's number and never its text, which names the account and the address."""
    return f"{thread.name}={thread.state}" + (f" error={thread.error}" if thread.error else "")
