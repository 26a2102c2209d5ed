"""The metrics of `pending_paid`, and issues written as samples of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from exporter.model import Case, Metric, Sample
from exporter.probes.pending_paid.nouns import KINDS, Issue

EVIDENCE = 200
"""Cases that a sample carries at most: pages list them, cards name the first."""

AGES = (("under_5m", 300), ("under_30m", 1800), ("under_2h", 7200), ("under_24h", 86400))
OLDEST_AGE = "over_24h"
UNKNOWN = "unknown"

ORDERS = Metric(
    "order_health_pending_paid_orders",
    "Orders whose payment callback says paid while the order is still pending, by the age of the payment.",
    ("pay_channel", "age"),
)
OLDEST = Metric(
    "order_health_pending_paid_oldest_timestamp_seconds",
    "When the longest waiting of these orders was paid; absent while there is none.",
)
AMOUNT = Metric(
    "order_health_pending_paid_amount",
    "Money paid for orders that are still pending, in major units, as far as amounts are recorded.",
    ("currency",),
)
ANOMALIES = Metric(
    "order_health_payment_anomalies",
    "Orders or payments that contradict each other, by kind; kinds that the shop's tables cannot show are absent.",
    ("kind",),
)
PENDING = Metric(
    "order_health_pending_orders",
    "Orders created within the probe's window that are pending, paid or not.",
)
TRUNCATED = Metric(
    "order_health_pending_paid_truncated",
    "1 while the probe could not look at everything in its window or keep every open case: the counts are too low.",
)
REFUSED = Metric(
    "order_health_bill_files_refused",
    "Files in the folder of bills that are damaged, cut or no merchant's bill; absent without such a folder.",
)
NEWEST = Metric(
    "order_health_bill_newest_timestamp_seconds",
    "When the latest payment in the bills was made: payments since then have been held against no order.",
)
METRICS = (ORDERS, OLDEST, AMOUNT, ANOMALIES, PENDING, TRUNCATED, REFUSED, NEWEST)
ANOMALY_KINDS = tuple(kind for kind in KINDS if kind != "pending_paid")


def age(since: datetime, now: datetime) -> str:
    waited = (now - since).total_seconds()
    return next((name for name, limit in AGES if waited < limit), OLDEST_AGE)


def pending(
    issues: Iterable[Issue], channels: Collection[str], currencies: Collection[str], now: datetime
) -> Iterator[Sample]:
    """Every known channel in every age, and every known currency, at 0 or more."""
    stuck = [issue for issue in issues if issue.kind == "pending_paid"]
    cells: dict[tuple[str, str], list[Issue]] = {
        (channel, name): [] for channel in channels for name in (*dict(AGES), OLDEST_AGE)
    }
    money: dict[str, list[Issue]] = {currency: [] for currency in currencies}
    for issue in stuck:
        cells.setdefault((issue.channel or UNKNOWN, age(issue.since, now)), []).append(issue)
        if issue.amount is not None:
            money.setdefault(issue.currency or UNKNOWN, []).append(issue)
    for (channel, name), found in cells.items():
        yield ORDERS(len(found), evidence=cases(found), pay_channel=channel, age=name)
    for currency, found in money.items():
        yield AMOUNT(float(sum(major(issue.amount) for issue in found)), evidence=cases(found), currency=currency)
    if stuck:
        yield OLDEST(min(issue.since for issue in stuck).timestamp(), evidence=cases(stuck))


def anomalies(issues: Iterable[Issue], kinds: Collection[str]) -> Iterator[Sample]:
    by_kind: dict[str, list[Issue]] = defaultdict(list)
    for issue in issues:
        by_kind[issue.kind].append(issue)
    for kind in ANOMALY_KINDS:
        if kind in kinds:
            yield ANOMALIES(len(by_kind[kind]), evidence=cases(by_kind[kind]), kind=kind)


def cases(issues: Iterable[Issue]) -> list[Case]:
    """The oldest first: those are the customers who have waited longest."""
    first = sorted(issues, key=lambda issue: (issue.since, issue.ref))[:EVIDENCE]
    return [Case(issue.ref, issue.since, _note(issue)) for issue in first]


def major(amount: Decimal | int | None) -> Decimal:
    return Decimal(amount or 0) / 100


def _note(issue: Issue) -> str:
    if issue.amount is None:
        return ""
    text = f"{major(issue.amount):,.2f}"
    return f"¥{text}" if issue.currency in {"CNY", None} else f"{text} {issue.currency}"
