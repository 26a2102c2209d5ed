"""What is wrong between payments and orders: pure, whichever source the payments come from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from itertools import groupby

from exporter.probes.pending_paid.nouns import Issue, Kind, Order, Payment, Terms

PAID = frozenset({"paid", "shipped", "done"})
LAST_RETRY = timedelta(hours=24, minutes=4)
"""After this WeChat Pay does not call again (Alipay gives up about an hour later)."""
SKEW = timedelta(seconds=5)
STORM, STORM_WITHIN = 3, timedelta(seconds=60)


def judge(payments: Iterable[Payment], orders: Mapping[str, Sequence[Order]], terms: Terms) -> list[Issue]:
    """The issues of payments older than the grace; `orders` are those that each trade number leads to."""
    told = sorted({p for p in payments if p.at < terms.now - terms.grace}, key=_order)
    by_trade: dict[str, list[Payment]] = defaultdict(list)
    by_order: dict[tuple[str, str], tuple[Order, list[Payment]]] = {}
    for payment in told:
        by_trade[payment.trade_no].append(payment)
        for order in orders.get(payment.trade_no, ()):
            by_order.setdefault(_row(order), (order, []))[1].append(payment)
    combined = {_row(order) for found in orders.values() if len(found) > 1 for order in found}
    issues = [i for row, (order, ps) in by_order.items() for i in _of_order(order, ps, terms, row in combined)]
    for trade_no, ps in by_trade.items():
        ref = found[0].number if (found := orders.get(trade_no, ())) else trade_no
        issues += _of_trade(ref, ps, bool(found), terms)
    return distinct(issue for issue in issues if issue.kind in terms.kinds)


def _row(order: Order) -> tuple[str, str]:
    """What tells rows apart, on all shards."""
    return order.key, order.number


def _order(payment: Payment) -> tuple[object, ...]:
    """By time; the rest decides between the same times, so that the order of reading never does."""
    p = payment
    return p.at, p.trade_no, p.transaction or "", str(p.amount), p.currency or "", p.channel or "", p.source


def examine(order: Order, terms: Terms, callbacks: bool | None = None) -> list[Issue]:
    """What an order's row says against itself; `callbacks` is whether a success callback exists (None: unknown)."""
    return distinct(issue for issue in _of_row(order, terms, callbacks) if issue.kind in terms.kinds)


def distinct(issues: Iterable[Issue]) -> list[Issue]:
    """Each kind once for each order, since its first sign; oldest first."""
    unique: dict[tuple[str, str], Issue] = {}
    for issue in sorted(issues, key=lambda i: i.since):
        unique.setdefault((issue.kind, issue.ref), issue)
    return list(unique.values())


def about(refs: Collection[str], payments: Iterable[Payment], orders: Mapping[str, Sequence[Order]]) -> list[Payment]:
    """The payments of these cases, which are named by their orders or by their trade numbers."""
    return [p for p in payments if p.trade_no in refs or any(o.number in refs for o in orders.get(p.trade_no, ()))]


def _of_trade(ref: str, payments: list[Payment], has_order: bool, terms: Terms) -> Iterator[Issue]:
    first = payments[0]
    if not has_order and not any(fnmatchcase(first.trade_no, pattern) for pattern in terms.foreign):
        yield _issue("orphan_callback", ref, first)
    if "callbacks.transaction" in terms.columns:
        yield from (_issue("missing_transaction", ref, p) for p in payments if p.transaction is None)
    for _, same in groupby(sorted(payments, key=lambda p: p.transaction or ""), key=lambda p: p.transaction):
        group = list(same)
        if any(late.at - early.at <= STORM_WITHIN for early, late in zip(group, group[STORM - 1 :], strict=False)):
            yield _issue("callback_storm", ref, group[0])


def _of_order(order: Order, payments: list[Payment], terms: Terms, combined: bool) -> Iterator[Issue]:
    first = payments[0]
    distinct = list({p.transaction or p.trade_no: p for p in payments}.values())
    total = None if any(p.amount is None for p in distinct) else sum(p.amount or 0 for p in distinct)
    if terms.deposits and order.state == "pending" and _less(total, order.amount):
        return
    if order.state == "pending":
        yield _issue("pending_paid", order.number, first, order)
        if terms.now - first.at > LAST_RETRY:
            yield _issue("retry_exhausted", order.number, first, order)
    if order.state == "closed" and not order.payment_known:
        yield _issue("paid_after_close", order.number, first, order)
    split = total is not None and total == order.amount
    if combined or split:
        return
    if len({p.transaction for p in payments} - {None}) > 1:
        yield _issue("double_payment", order.number, payments[-1], order)
    if order.state != "closed" and _differs(order, distinct):
        yield _issue("amount_mismatch", order.number, first, order)


def _less(part: Decimal | int | None, whole: Decimal | int | None) -> bool:
    return part is not None and whole is not None and part < whole


def _differs(order: Order, payments: list[Payment]) -> bool:
    """No payment is the order's amount although all could be; other currencies cannot be compared."""
    comparable = [p.amount for p in payments if not p.currency or not order.currency or p.currency == order.currency]
    if order.amount is None or len(comparable) < len(payments) or None in comparable:
        return False
    return order.amount not in comparable


def _of_row(order: Order, terms: Terms, callbacks: bool | None) -> Iterator[Issue]:
    settled = order.paid or order.updated or order.created or terms.now
    if order.paid and (order.paid > terms.now + SKEW or (order.created and order.paid < order.created - SKEW)):
        yield _of("time_order", order, min(order.paid, terms.now))
    if settled >= terms.now - terms.grace:
        return
    if order.state == "pending" and not callbacks and (order.payment_known or order.paid or order.transaction):
        yield _of("half_written", order, settled)
    if order.state not in PAID or not terms.online(order):
        return
    if order.paid is None and "orders.paid" in terms.columns:
        yield _of("half_written", order, settled)
    known_online = callbacks or "orders.channel" in terms.columns
    if order.transaction is None and known_online and "orders.transaction" in terms.columns:
        yield _of("missing_transaction", order, settled)
    if callbacks is False and order.trade_no:
        yield _of("paid_without_callback", order, settled)


def _of(kind: Kind, order: Order, since: datetime) -> Issue:
    return Issue(kind, order.number, since, order.amount, order.currency, order.channel)


def _issue(kind: Kind, ref: str, payment: Payment, order: Order | None = None) -> Issue:
    amount = payment.amount if payment.amount is not None or order is None else order.amount
    currency = payment.currency or (order.currency if order else None)
    return Issue(kind, ref, payment.at, amount, currency, payment.channel or (order.channel if order else None))
