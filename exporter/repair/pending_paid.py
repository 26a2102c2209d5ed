"""Orders that were paid and are still pending: set to paid, each only while it is as it was seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from exporter.mapping.shards import Shard
from exporter.repair.nouns import Doubt, Draft, Payment, Step
from exporter.repair.pen import Pen
from exporter.repair.words import Wording
from exporter.shop import Record, Refused, Shop, ShopError, Table

PROBE = "pending_paid"
_SKEW = timedelta(seconds=5)
_SETTLED = frozenset(("paid", "shipped", "done"))


@dataclass(frozen=True, slots=True)
class Case:
    """An order with all its payments, oldest first; `later` are states of other callbacks since the first of them.

    `order` is None where there is none; `orders`: how many one payment stands for.
    """

    payments: tuple[Payment, ...]
    order: Record | None = None
    shard: Shard | None = None
    state: str | None = None
    orders: int = 1
    later: tuple[str, ...] = ()

    @property
    def payment(self) -> Payment:
        return self.payments[0]


@dataclass
class Told:
    """What the shop says now of the payments that the probe found, and of their orders."""

    shop: Shop
    say: Wording
    notes: list[str] = field(default_factory=list)

    def cases(self, payments: Sequence[Payment], links: Iterable[tuple[str, str]]) -> list[Case]:
        """`links`: trade number and key of an order. Orders that are settled by now are left out."""
        found, later = self._payments(payments)
        keys: dict[str, set[str]] = defaultdict(set)
        for trade_no, key in links:
            keys[trade_no].add(key)
        rows: dict[str, list[tuple[Shard, Record]]] = defaultdict(list)
        for shard, record in self.shop.located("orders", "key", {key for each in keys.values() for key in each}):
            rows[str(record["key"])].append((shard, record))
        cases = [Case(tuple(each)) for trade_no, each in found.items() if not any(rows[key] for key in keys[trade_no])]
        by_key: dict[str, list[str]] = defaultdict(list)
        for trade_no in found:
            for key in keys[trade_no]:
                by_key[key].append(trade_no)
        for key, trade_nos in by_key.items():
            told = sorted((p for number in trade_nos for p in found[number]), key=lambda p: (p.at, p.trade_no))
            many = max(len(keys[number]) for number in trade_nos)
            states = tuple(dict.fromkeys(state for number in trade_nos for state in later.get(number, ())))
            cases += [self._case(told, place, record, many, states) for place, record in rows[key]]
        self.notes += [self.say("silent", shard=shard) for shard in self.shop.silent("orders")]
        return [case for case in cases if case.state not in _SETTLED]

    def _case(
        self, payments: Sequence[Payment], shard: Shard, order: Record, many: int, later: tuple[str, ...]
    ) -> Case:
        state = self.shop.require("orders").status_kind(order.get("status"))
        return Case(tuple(payments), order, shard, state, many, later)

    def _payments(self, known: Sequence[Payment]) -> tuple[dict[str, list[Payment]], dict[str, list[str]]]:
        """By trade number: success callbacks, whenever they came, and the states of others after the first of them."""
        found: dict[str, list[Payment]] = defaultdict(list)
        for each in known:
            found[each.trade_no].append(each)
        later: dict[str, list[str]] = {}
        if not self.shop.maps("callbacks", "trade_no", "received"):
            return found, later
        table = self.shop.require("callbacks")
        try:
            rows = self.shop.lookup("callbacks", "trade_no", set(found))
        except Refused as refused:
            self.notes.append(self.say("unasked", why=refused))
            return found, later
        for trade_no, mine in _by_trade(table, found, rows).items():
            dated = [(row, payment) for row in mine if (payment := _payment(table, row, trade_no))]
            success = [payment for row, payment in dated if _succeeds(table, row)]
            first = min((payment.at for payment in (*success, *found[trade_no])), default=None)
            found[trade_no] = list(dict.fromkeys((*success, *found[trade_no])))
            others = (row for row, payment in dated if not _succeeds(table, row) and first and payment.at >= first)
            later[trade_no] = [str(row.get("state") or "?") for row in others]
        return found, later


def _by_trade(table: Table, wanted: Iterable[str], rows: Iterable[Record]) -> dict[str, list[Record]]:
    names = {table.fold(number, "trade_no"): number for number in wanted}
    found: dict[str, list[Record]] = {number: [] for number in names.values()}
    for row in rows:
        found[names[table.fold(str(row["trade_no"]), "trade_no")]].append(row)
    return found


def _payment(table: Table, row: Record, trade_no: str) -> Payment | None:
    if row["received"] is None:
        return None
    currency = row.get("currency") or table.map.money.currency
    told = row["received"], row.get("transaction"), row.get("amount"), currency, row.get("channel")
    return Payment(trade_no, *told)


def _succeeds(table: Table, row: Record) -> bool:
    return all(str(row.get(word)) in map(str, values) for word, values in table.map.success.items())


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


def draft(shop: Shop, say: Wording, payments: Sequence[Payment], links: Iterable[tuple[str, str]]) -> Draft:
    """The plan for what the probe found: `payments` of open cases, `links` as (trade number, key of its order)."""
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
