"""Orders that quietly stop: counted every five minutes and held against the same hour of past weeks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from exporter.model import Case, Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.order_rate import tell
from exporter.probes.order_rate.baseline import ENOUGH
from exporter.probes.order_rate.buckets import HOUR, SECONDS, bucket_of, start_of
from exporter.probes.order_rate.days import Except
from exporter.probes.order_rate.look import Look
from exporter.probes.order_rate.memory import Memory
from exporter.probes.order_rate.round import Round
from exporter.probes.order_rate.verdict import OF_CREATED, Bench, Verdict
from exporter.shop import NotApplicable, Shop
from exporter.units import Duration

__all__ = ["OrderRate"]

_EVENTS = ("created", "paid", "shipped")
_JUDGED = ("created", "paid")
"""Goods are shipped in batches: hours without any are usual."""


class OrderRate(Probe):
    """Each finished bucket of five minutes is counted by the server and kept; past weeks are counted once.

    A bucket is counted a grace after its end, and once more when it is an hour old: what was committed late is added.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    READS = ("orders",)

    grace: Annotated[Duration, Field(ge=0, le=3600)] = 120.0
    """How long after the end of five minutes their orders may still be committed."""

    min_ratio: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """Orders below this part of what is usual are an alert …"""

    deviations: Annotated[float, Field(gt=0)] = 4.0
    """… when they are also so many usual deviations below it."""

    least: Annotated[int, Field(ge=1)] = 10
    """Orders that a window must usually have to be judged: a quiet hour is judged over up to six."""

    silence: Annotated[Duration, Field(ge=60)] = 600.0
    """Not a single order for this long is an alert …"""

    max_missed: Annotated[int, Field(ge=1)] = 20
    """… where so many or more would usually have come meanwhile."""

    except_: Annotated[tuple[Except, ...], Field(alias="except")] = ()
    """Days that are like no others: no baseline stands on them, and on them nothing is called too few."""

    def limits(self) -> Mapping[str, float]:
        return {
            "ratio": self.min_ratio,
            "deviations": self.deviations,
            "missed": self.max_missed,
        }

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        if not any(shop.maps("orders", event) for event in _EVENTS):
            raise NotApplicable("the mapping names no time of orders; write orders: {columns: {created: its_name}}")
        mapped = tuple(event for event in _EVENTS if shop.maps("orders", event))
        end = bucket_of(now - timedelta(seconds=self.grace))
        ends = time.monotonic() + self.timeout / 2
        run = Round(Look(shop, now), shop.notes.read(Memory.loads), end, ends, self.silence)
        events = run.count(mapped)
        if "created" in events and shop.maps("orders", "status"):
            run.statuses()
        judged = tuple(event for event in _JUDGED if event in events)
        run.catch_up(events, judged, self._bench(shop, run).ends())
        told = list(self._told(shop, run, events, judged))
        shop.notes.write(run.memory, Memory.dumps, Memory.lasting)
        return [*told, *run.gaps, *_unmapped(shop), *_unpaired(run)]

    def _bench(self, shop: Shop, run: Round) -> Bench:
        return Bench(
            run.memory.ledgers, run.end, shop.zone, lambda day: any(day in days for days in self.except_), self.least
        )

    def _told(self, shop: Shop, run: Round, events: Iterable[str], judged: tuple[str, ...]) -> Iterator[Sample | Gap]:
        bench = self._bench(shop, run)
        currency = shop.require("orders").map.money.currency if shop.maps("orders", "amount") else ""
        for event in events:
            yield from _counted(event, bench, currency)
        for status, count in run.memory.statuses.items():
            yield tell.STATUSES(count, status=status)
        for event in judged:
            if (missed := bench.missed(event, run.look.now, self.silence)) is not None:
                yield tell.MISSED(missed, event=event)
        verdicts = {
            event: verdict
            for event in (*judged, *([OF_CREATED] if judged == _JUDGED else []))
            if (verdict := bench.verdict(event))
        }
        for event, verdict in verdicts.items():
            yield from _judged(event, verdict, start_of(run.end - verdict.length))
        whys = (_why_not(verdict, bench) for event, verdict in verdicts.items() if event in judged)
        if why := next(filter(None, whys), ""):
            yield Gap("order_rate_ratio", why)


def _counted(event: str, bench: Bench, usual: str) -> Iterator[Sample]:
    """`usual`: the currency that starts at 0; "" where orders have no amount."""
    ledger = bench.ledgers[event]
    yield tell.ORDERS(ledger.orders, event=event)
    if usual:
        for currency, (_, amount) in {usual: (0, 0), **ledger.totals}.items():
            yield tell.AMOUNT(amount / 100, event=event, currency=currency)
    if (hour := ledger.history.total(bench.end, HOUR)) is not None:
        yield tell.LAST_HOUR(hour, event=event)
    if ledger.last is not None:
        yield tell.LAST(ledger.last.timestamp(), event=event)


def _judged(event: str, verdict: Verdict, since: datetime) -> Iterator[Sample]:
    yield tell.POINTS(verdict.usual.points, event=event)
    if verdict.hour.points >= ENOUGH:
        yield tell.EXPECTED(verdict.hour.expected, event=event)
    if verdict.judged:
        evidence = [Case(f"{verdict.value:,} / {verdict.usual.expected:,.0f}", since)]
        yield tell.RATIO(verdict.ratio, evidence=evidence, event=event)
        yield tell.DEVIATIONS(verdict.usual.deviations(verdict.value), event=event)
        yield tell.WINDOW(verdict.length * SECONDS, event=event)


def _why_not(verdict: Verdict, bench: Bench) -> str:
    """Why nothing is judged, if so."""
    points = verdict.usual.points
    if points < ENOUGH:
        return f"预热中：基线有 {points} 个时段，需要 {ENOUGH} 个 / warming up: {points} of {ENOUGH} points of the past"
    if bench.touches_excepted(verdict.length):
        return "今天在 except 之列 / today is among the days of `except`"
    if not verdict.judged:
        return "平时订单太少，无法判断 / there are usually too few orders to judge"
    return ""


def _unpaired(run: Round) -> Iterator[Gap]:
    """What cannot be held against each other, because one of both cannot be counted."""
    if why := next((gap.why for gap in run.gaps if gap.check in _JUDGED), ""):
        yield Gap(OF_CREATED, why)


def _unmapped(shop: Shop) -> Iterator[Gap]:
    for event in _EVENTS:
        if not shop.maps("orders", event):
            yield Gap(event, f"映射里没有 orders.{event} / the mapping does not name orders.{event}")
