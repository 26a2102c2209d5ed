"""Orders, callbacks and the bill of one day held against each other: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.reconcile.nouns import SETTLED, Day, Difference, Fen, Order, Paid, total
from exporter.reconcile.spill import Rows, key_of


@dataclass(frozen=True, slots=True)
class Terms:
    """Which sides there are; `offline`: payment channels (casefolded) whose orders stand in no bill."""

    day: Day
    bill: bool = True
    callbacks: bool = True
    offline: frozenset[str] = frozenset()


def odd(settled: Rows, sides: Sequence[Rows]) -> set[str]:
    """The keys that need a second look: all but one settled order with one payment of the same amount on each side.

    Sets of whole cores (key, amount, currency) decide it at once for nearly all rows.
    """
    ours = set(settled.cores)
    found = set[str]()
    for side in sides:
        theirs = set(side.cores)
        found |= set(map(key_of, ours ^ theirs))
        found |= repeated(side, theirs)
    return found | repeated(settled, ours)


def repeated(rows: Rows, distinct: Collection[str]) -> set[str]:
    """The keys of cores that stand there twice; `distinct` are all cores once."""
    if len(distinct) == len(rows.cores):
        return set()
    return {key_of(core) for core, count in Counter(rows.cores).items() if count > 1}


def judge(
    key: str, orders: Sequence[Order], callbacks: Sequence[Paid] | None, bill: Sequence[Paid], terms: Terms
) -> Iterator[Difference]:
    """The differences of one key; `orders` and `callbacks` are of whatever day. None: callbacks cannot be known."""
    paid, told = [row for row in bill if not row.back], [row for row in callbacks or () if not row.back]
    back = [row for row in bill or callbacks or () if row.back]
    claims = paid if terms.bill else told
    order = orders[0] if orders else None
    about = _about(key, order, paid, told)
    if back:
        yield about("refunded", bill=_sum(back), callback=None)
    if not claims:
        yield from _unclaimed(order, told, about, terms)
        return
    if order is None:
        yield about("no_order")
    else:
        returned = _sum(back) or 0
        yield from _against(orders, claims, returned, about, terms)
    if len({row.transaction for row in claims}) > 1 and not _in_parts(orders, claims):
        yield about("paid_twice", note=f"{len(claims)} payments")
    if terms.bill and terms.callbacks:
        if not told and callbacks is not None:
            yield about("no_callback")
        elif {row.amount for row in told} - {None} - {row.amount for row in paid}:
            yield about("amount_callback", order=paid[0].amount, bill=None)


About = Callable[..., Difference]


def _about(key: str, order: Order | None, paid: Sequence[Paid], told: Sequence[Paid]) -> About:
    """Makes differences of this key."""
    first = next(iter((*paid, *told)), None)
    known: dict[str, Any] = {
        "number": order.number if order else key,
        "order": order.amount if order else None,
        "bill": _sum(paid),
        "callback": told[0].amount if told else None,
        "state": order.state if order else "",
        "at": first.at if first else (order.paid if order else None),
    }
    return lambda kind, **more: Difference(kind=kind, **{**known, **more})


def _unclaimed(order: Order | None, told: Sequence[Paid], about: About, terms: Terms) -> Iterator[Difference]:
    """No payment in the bill (or, without a bill, no callback)."""
    day = terms.day
    elsewhere = order is not None and order.paid is not None and not day.has(order.paid)
    if told and terms.bill and not elsewhere:
        yield about("callback_not_in_bill")
    if order is None or not terms.bill or told:
        return
    online = order.amount != 0 and order.channel.casefold() not in terms.offline
    if order.state in SETTLED and online and day.has(order.paid):
        yield about("not_in_bill")


def _against(
    orders: Sequence[Order], claims: Sequence[Paid], returned: Fen, about: About, terms: Terms
) -> Iterator[Difference]:
    order, claimed = orders[0], _sum(claims)
    whole = returned is not None and claimed is not None and returned >= claimed > 0
    if order.state == "pending" and not whole:
        yield about("paid_pending")
    if order.state == "closed" and order.paid is None and not whole:
        yield about("paid_closed")
    if {row.currency for row in claims} - {"", order.currency} and order.currency:
        said = ", ".join(sorted({row.currency for row in claims}))
        yield about("currency", note=f"{order.currency} / {said}")
    elif _differs(orders, claims):
        only = {"callback": None} if terms.bill else {"bill": None}
        yield about("amount_bill" if terms.bill else "amount_callback", **only)


def _differs(orders: Sequence[Order], claims: Sequence[Paid]) -> bool:
    """Neither a single payment nor all together are what the order, or the orders paid at once, cost."""
    amounts = [row.amount for row in claims]
    if None in amounts or any(order.amount is None for order in orders):
        return False
    wanted = {orders[0].amount, total(order.amount for order in orders)}
    return not wanted & {*amounts, total(amounts)}


def _in_parts(orders: Sequence[Order], claims: Sequence[Paid]) -> bool:
    return bool(orders) and _sum(claims) == total(order.amount for order in orders)


def _sum(rows: Iterable[Paid]) -> Fen:
    return total(row.amount for row in rows)
