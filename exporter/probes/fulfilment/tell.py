"""The metrics of `fulfilment`, and what is known written as samples of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta

from exporter.model import Case, Metric, Sample
from exporter.probes.fulfilment import durations
from exporter.probes.fulfilment.events import Noticed
from exporter.probes.fulfilment.late import ONLY_WAREHOUSE, OTHER, UNKNOWN, Open
from exporter.probes.fulfilment.ledger import SLOW, START_MISSING, Ledger, Seen
from exporter.shop import Record

EVIDENCE = 200
"""Cases that a sample carries at most: pages list them, cards name the first."""

_QUANTILES = (0.5, 0.9, 0.99)

SECONDS = Metric(
    "order_health_fulfilment_seconds",
    "How long orders took from one step to another, as percentiles of the window; beyond seven days it reads seven.",
    ("step", "quantile"),
)
ORDERS = Metric(
    "order_health_fulfilment_orders",
    "Orders of the window whose time for this step is known.",
    ("step",),
)
START_SHARE = Metric(
    "order_health_fulfilment_start_missing_ratio",
    "Share of the orders shipped within the window of which nobody wrote down when their fulfilment began.",
)
LATE = Metric(
    "order_health_fulfilment_late_orders",
    "Orders that are paid and not shipped although their promise is over, by warehouse and how far they are.",
    ("warehouse", "stage"),
)
OLDEST = Metric(
    "order_health_fulfilment_oldest_timestamp_seconds",
    "When the longest waiting of these orders was paid; absent while there is none.",
)
FAULTS = Metric(
    "order_health_fulfilment_faults",
    "Orders of the window whose times cannot be right, by kind; kinds that cannot be looked for are absent.",
    ("kind",),
)
TRUNCATED = Metric(
    "order_health_fulfilment_truncated",
    "1 while the probe has not read all of its window, or has found more late orders than it follows.",
)
EVENTS = Metric(
    "order_health_order_events",
    "New rows of the shop's log of order events, of the configured kinds, by the look that noticed them.",
    ("event", "level", "noticed"),
)
METRICS = (SECONDS, ORDERS, START_SHARE, LATE, OLDEST, FAULTS, TRUNCATED, EVENTS)

FUTURE = "shipped_in_future"


def steps(ledger: Ledger, known: Iterable[str]) -> Iterator[Sample]:
    """`known`: the steps of which both ends are mapped."""
    for step in known:
        counts = ledger.counts(step)
        yield ORDERS(sum(counts), step=step)
        cases = [_case(seen) for seen in ledger.cases.get(SLOW, ())] if step == "paid_to_shipped" else []
        for share in _QUANTILES:
            if (seconds := durations.quantile(counts, share)) is not None:
                yield SECONDS(seconds, evidence=cases, step=step, quantile=f"{share:g}")


def start_missing(ledger: Ledger) -> Iterator[Sample]:
    """None while no order was shipped: a share of nothing is not 0."""
    if ledger.shipped:
        cases = [Case(seen.number, seen.since) for seen in ledger.cases.get(START_MISSING, ())]
        yield START_SHARE(ledger.kind(START_MISSING) / ledger.shipped, evidence=cases)


def faults(ledger: Ledger, kinds: Iterable[str]) -> Iterator[Sample]:
    for kind in kinds:
        cases = [_case(seen) for seen in reversed(ledger.cases.get(kind, []))]
        yield FAULTS(ledger.kind(kind), evidence=cases, kind=kind)


def future(records: Collection[Record]) -> Sample:
    cases = [Case(str(record.get("number") or "?"), None, f"{_clock(record['shipped'])}Z") for record in records]
    return FAULTS(len(records), evidence=cases, kind=FUTURE)


def late(orders: Collection[Open], warehouses: Collection[str], *, stages: bool) -> Iterator[Sample]:
    """Every known warehouse, at 0 or more; the longest waiting first."""
    known = ("not_started", "started") if stages else (UNKNOWN,)
    found: dict[tuple[str, str], list[Open]] = {(w, s): [] for w in warehouses or (ONLY_WAREHOUSE,) for s in known}
    for order in orders:
        where = order.warehouse if order.warehouse in warehouses else OTHER
        found.setdefault((where, order.stage), []).append(order)
    for (warehouse, stage), each in found.items():
        cases = [Case(order.number, order.since) for order in each[:EVIDENCE]]
        yield LATE(len(each), evidence=cases, warehouse=warehouse, stage=stage)
    if orders:
        yield OLDEST(min(order.since for order in orders).timestamp())


def events(noticed: Iterable[Noticed]) -> Iterator[Sample]:
    """One for each look and kind that brought new rows; none where nothing did: an event has no 0 to come back to."""
    for each in noticed:
        at = f"{each.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        yield EVENTS(each.count, evidence=each.cases, event=each.event, level=each.level, noticed=at)


def _case(seen: Seen) -> Case:
    return Case(seen.number, seen.since, f"{timedelta(seconds=round(seen.seconds))}" if seen.seconds else "")


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%m-%d %H:%M}"
