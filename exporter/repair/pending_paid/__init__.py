"""Orders that were paid and are still pending: set to paid, each only while it is as it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from exporter.repair.nouns import Doubt, Draft, Payment, Step
from exporter.repair.pen import Pen
from exporter.repair.pending_paid.told import Case, Link, Told
from exporter.repair.words import Wording
from exporter.shop import Record, Shop, ShopError, Table

PROBE = "pending_paid"
_SKEW = timedelta(seconds=5)


def doubt(case: Case, say: Wording) -> str:
    """Why a person must decide; empty where the order is as good as paid."""
    order, payment = case.order, case.payment
    if order is None:
        return say("no_order")
    if case.state != "pending":
        return say("closed") if case.state == "closed" else say("strange", status=repr(order.get("status")))
    if case.orders > 1:
        return say("combined", count=case.orders)
    if (count := len({p.transaction or p.trade_no for p in case.payments})) > 1:
        return say("two_payments", count=count)
    if case.later:
        return say("later", states=", ".join(case.later))
    return next(_mismatches(order, payment, say), "")


def _mismatches(order: Record, payment: Payment, say: Wording) -> Iterator[str]:
    currency = order.get("currency")
    if payment.amount is None or order.get("amount") is None:
        yield say("unknown_amount")
    elif payment.currency and currency and payment.currency != currency:
        yield say("currency", paid=payment.currency, order=currency)
    elif payment.amount != order["amount"]:
        amounts = (say.money(payment.amount, payment.currency), say.money(order["amount"], currency))
        yield say("differs", paid=amounts[0], order=amounts[1])
    if order.get("transaction") and order["transaction"] != payment.transaction:
        yield say("other_transaction", transaction=order["transaction"])
    if payment.transaction is None and "transaction" in order:
        yield say("no_transaction")
    if order.get("created") and payment.at < order["created"] - _SKEW:
        yield say("too_early")


def draft(shop: Shop, say: Wording, payments: Sequence[Payment], links: Iterable[Link]) -> Draft:
    """The plan for what the probe found: `payments` of open cases, `links` lead to their orders."""
    orders = shop.require("orders", "number", "status")
    told = Told(shop, say)
    steps, doubts = list[Step](), list[Doubt]()
    for case in told.cases(payments, links):
        why, evidence = doubt(case, say), _evidence(case, say)
        if not why and case.shard and case.order:
            try:
                steps.append(_step(Pen.of(shop, orders.on(case.shard)), case.order, case.payment, evidence))
            except ShopError as error:
                why = say("cannot", why=error)
        if why:
            doubts.append(Doubt(evidence, why, case.payment.at))
    notes = [say("after"), *told.notes, *_several(orders, say)] if steps else told.notes
    return Draft(tuple(steps), tuple(doubts), tuple(notes))


def _step(pen: Pen, order: Record, payment: Payment, evidence: str) -> Step:
    question = pen.question("still_pending", pen.among("status", pen.table.statuses("pending")))
    sql, key = statement(pen, order, payment), pen.value("key", order["key"])
    return Step(pen.table.at.database or "", evidence, sql, payment.at, key, question)


def statement(pen: Pen, order: Record, payment: Payment) -> str:
    """Sets what says that the order is paid, as far as it says nothing yet; the rest of the row is the guard."""
    table = pen.table
    written = {"status": pen.value("status", table.statuses("paid")[0])}
    guards = [pen.is_("key", order["key"]), pen.is_("number", order["number"]), pen.is_("status", order["status"])]
    if "paid" in table.c and order["paid"] is None:
        written["paid"] = pen.moment("paid", payment.at)
        guards.append(pen.unset("paid"))
    if "transaction" in table.c and payment.transaction:
        if order["transaction"] is None:
            written["transaction"] = pen.value("transaction", payment.transaction)
            guards.append(pen.unset("transaction"))
        else:
            guards.append(pen.is_("transaction", order["transaction"]))
    if flags := table.map.success.get("paid_flag"):
        written["paid_flag"] = pen.value("paid_flag", flags[0])
    sets = ", ".join(dict.fromkeys(f"{pen.column(word)} = {value}" for word, value in written.items()))
    where = " AND ".join([*guards, *pen.costs(order.get("amount")), *pen.only()])
    counted = "\nSET @changed = @changed + ROW_COUNT();" if pen.family == "mysql" else ""
    return f"UPDATE {pen.name}\nSET {sets}\nWHERE {where};{counted}"


def _evidence(case: Case, say: Wording) -> str:
    payment = case.payment
    return say(
        "order",
        number=case.order["number"] if case.order else "?",
        amount=say.money(payment.amount, payment.currency),
        at=say.clock(payment.at),
        transaction=payment.transaction or "?",
        trade_no=payment.trade_no,
        source=say("bill" if payment.source == "bill" else "callbacks"),
    )


def _several(orders: Table, say: Wording) -> Iterator[str]:
    values = orders.statuses("paid")
    if len(values) > 1:
        yield say("several", values=", ".join(map(str, values)), first=values[0])
