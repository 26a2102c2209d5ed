"""RabbitMQ asked for sizes, delays and samples."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from exporter.queues import Arrivals, Deadline, Delay, Draw, Drawn, Look, Mark, Missing, Queue, Unsupported
from exporter.queues.rabbitmq import arrivals, samples
from exporter.queues.rabbitmq.api import Api
from exporter.queues.rabbitmq.arrivals import SETTLED, Ledger, Seen, missed
from exporter.queues.rabbitmq.bindings import Binding, bindings
from exporter.queues.rabbitmq.delays import Pace, delay
from exporter.queues.rabbitmq.figures import figures, published
from exporter.queues.rabbitmq.tap import Taps

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from exporter.queues.rabbitmq import RabbitMQ

_NO_TAP = (
    "RabbitMQ tells the size of a message to nobody who does not take it; with tap: 32MB beside the queue's url it "
    "keeps a copy of the newest for order-health (docs/queues.md)"
)


class RabbitQueue(Queue):
    """A topic is a queue of the virtual host."""

    def __init__(self, broker: RabbitMQ) -> None:
        self._api = Api(broker)
        self._taps = self._sampled = None
        if broker.tap:
            self._taps = Taps(broker, arrivals.MOST, broker.tap)
            self._sampled = Taps(broker, samples.MOST, min(broker.tap, samples.LARGEST))
        self._ledgers: dict[str, Ledger] = {}
        self._paces: dict[str, Pace] = {}

    def arrivals(self, topic: str, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
        taps = self._opened(self._taps)
        wanted, watched = self._watched(taps, topic, deadline)
        name = taps.name(topic)
        own = self._own(taps, topic, name, deadline) if name else None
        seen = Seen(topic, look)
        with taps.at(topic, wanted, deadline) as tap:
            ledger = self._ledger(topic, tap.name)
            waiting = tap.waiting(deadline)
            settled = time.monotonic() - tap.since > SETTLED
            unseen = ledger.unseen(watched, own if name == tap.name else None, waiting, settled=settled)
            seen.read(tap, waiting, deadline)
            ledger.taken += seen.tally.count
        told: Mark = {"tap": tap.name, "published": arrivals.published(mark, tap, watched, seen.tally.count)}
        return seen.arrivals(told, {**missed(mark, tap, watched), **unseen})

    def samples(self, topic: str, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
        taps = self._opened(self._sampled)
        wanted, _ = self._watched(taps, topic, deadline)
        with taps.at(topic, wanted, deadline) as tap:
            return samples.drawn(topic, tap, mark, draw, deadline)

    def delays(self, topic: str, groups: Collection[str], now: datetime, deadline: Deadline) -> Sequence[Delay]:
        pace = self._paces.setdefault(topic, Pace())
        told = delay(topic, figures(self._api, topic, deadline), pace, now)
        return [replace(told, group=group) for group in groups or ("",)]

    def close(self) -> None:
        self._api.close()
        for taps in (self._taps, self._sampled):
            if taps:
                taps.close()

    @staticmethod
    def _opened(taps: Taps | None) -> Taps:
        if taps is None:
            raise Unsupported(_NO_TAP)
        return taps

    def _watched(self, taps: Taps, topic: str, deadline: Deadline) -> tuple[frozenset[Binding], int | None]:
        """What leads to the queue of the shop, and how many messages did."""
        try:
            told = figures(self._api, topic, deadline)  # first: an unknown queue is told to have no bindings
            return bindings(self._api, topic, deadline), told.published
        except (Missing, Unsupported):
            taps.end(topic, deadline)
            raise

    def _own(self, taps: Taps, topic: str, name: str, deadline: Deadline) -> int | None:
        """What our own queue was given; where it has expired, or somebody deleted it, another one is made."""
        try:
            return published(self._api, name, deadline)
        except Missing:
            taps.end(topic, deadline)
            return None

    def _ledger(self, topic: str, tap: str) -> Ledger:
        """A new one for a new tap."""
        known = self._ledgers.get(topic)
        if known is None or known.tap != tap:
            known = self._ledgers[topic] = Ledger(tap)
        return known
