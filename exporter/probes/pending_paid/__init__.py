"""Paid, yet pending: payment callbacks say that an order was paid, and the order does not."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.pending_paid import scope, tell
from exporter.probes.pending_paid.look import Look
from exporter.probes.pending_paid.memory import Memory
from exporter.probes.pending_paid.nouns import KINDS, Issue, Kind, Terms
from exporter.probes.pending_paid.round import Round
from exporter.probes.pending_paid.sources import Bills, CallbackTable, Source
from exporter.shop import Refused, Shop
from exporter.units import Duration

__all__ = ["PendingPaid"]


class PendingPaid(Probe):
    """Driven by callbacks: those of the window lead to orders, and what seems wrong is read again before it counts.

    A callback is read when it is older than the grace, and the last stretch of grace is read again for what was
    committed late; a part of the older ones is looked at anew in each run. Open cases are kept in the probe's
    memory and read by key in every run, so that none heals by growing older than the window.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    READS = ("orders", "callbacks")

    grace: Annotated[Duration, Field(ge=0)] = 120.0
    """How long a payment may be in flight before its order must say paid."""

    window: Annotated[Duration, Field(gt=0)] = 3 * 3600.0
    """How far back callbacks are read; an open case is followed longer than that, until it is repaired."""

    keep: Annotated[int, Field(ge=1)] = 1000
    """So many open cases are followed, the oldest; more make `order_health_pending_paid_truncated` 1."""

    keep_anomalies: Annotated[Duration, Field(gt=0)] = 24 * 3600.0
    """How long an anomaly is told that no repair can end, such as a double payment (its refund does not show)."""

    max_orders: Annotated[int, Field(ge=0)] = 0
    """More paid yet pending orders than this are an alert."""

    max_anomalies: Annotated[int, Field(ge=0)] = 0
    """More anomalies of one kind than this are an alert."""

    max_wait: Annotated[Duration, Field(gt=0)] = 1800.0
    """A paid order that waits longer than this is an alert of its own."""

    channels: tuple[str, ...] = ()
    """Payment channels that start at 0 (raw values); others join when they are first seen."""

    offline: tuple[str, ...] = ("balance", "wallet", "yue", "offline", "cod", "cash", "giftcard")
    """Channels without online payment: their paid orders need neither a callback nor a transaction."""

    foreign: tuple[str, ...] = ()
    """Patterns of trade numbers that belong to other businesses on the same merchant account, as `RC*`."""

    deposits: bool = False
    """Orders are paid in two parts: a pending order of which a part is paid waits for the rest and is no fault."""

    skip: tuple[Kind, ...] = ()
    """Kinds not to look for."""

    @field_validator("offline")
    @classmethod
    def _folded(cls, channels: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(channel.casefold() for channel in channels)

    bills: Bills | None = None
    """Merchants' bills in a folder instead of a table of callbacks, for shops that keep none."""

    max_bill_age: Annotated[Duration, Field(gt=0)] = 48 * 3600.0
    """Where bills are read: the latest payment in them may be this old, then the next bill is missed."""

    def limits(self) -> Mapping[str, float]:
        limits = {"orders": self.max_orders, "anomalies": self.max_anomalies, "oldest": self.max_wait}
        return {**limits, "bill_age": self.max_bill_age} if self.bills else limits

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        gaps = list(scope.gaps(shop, self.skip, self.bills is not None))
        kinds = frozenset(KINDS) - {gap.check for gap in gaps}
        start = now - timedelta(seconds=self.window)
        look = Look(shop, start, now, ends=time.monotonic() + self.timeout / 2)
        memory = shop.notes.read(Memory.loads).with_channels(self.channels)
        terms = Terms(
            now=now,
            grace=timedelta(seconds=self.grace),
            kinds=kinds,
            columns=scope.columns(shop, self.bills is not None),
            offline=frozenset(self.offline),
            foreign=self.foreign,
            deposits=self.deposits,
        )
        run = Round(look, self._source(look, terms), terms, memory)
        late = self.max_bill_age if self.bills else 0.0  # so old is a payment when it is first told of
        issues = run.issues(timedelta(seconds=self.keep_anomalies + late), self.keep)
        strange = list(look.statuses.gaps())
        samples = list(self._samples(issues, run, shop))
        shop.notes.write(run.memory, Memory.dumps, Memory.lasting)
        return [*samples, *gaps, *strange, *run.gaps]

    def _source(self, look: Look, terms: Terms) -> Source:
        if self.bills:
            from exporter.probes.pending_paid.folder import BillFolder  # noqa: PLC0415 - most shops read no files

            return BillFolder(self.bills, terms.now, terms.grace, look.ends)
        return CallbackTable(look, terms.grace)

    def _samples(self, issues: Collection[Issue], run: Round, shop: Shop) -> Iterable[Sample]:
        kinds, now = run.terms.kinds, run.terms.now
        if "pending_paid" in kinds:
            currencies = run.source.currencies()
            yield from tell.pending(issues, run.memory.channels or (tell.UNKNOWN,), currencies, now)
        yield from run.source.samples(run.memory)
        yield from tell.anomalies(issues, kinds)
        if shop.maps("orders", "status", "created"):
            try:
                yield tell.PENDING(run.look.pending.count())
            except Refused as refused:
                run.gaps.append(Gap("pending_orders", str(refused)))
        if kinds:
            yield tell.TRUNCATED(0 if run.whole else 1)
