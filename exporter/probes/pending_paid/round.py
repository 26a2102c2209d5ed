"""One run: read what is new, look again at what is known, confirm what seems wrong, remember what stays open."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from exporter.model import Gap
from exporter.probes.pending_paid.judge import PAID, about, distinct, examine, judge
from exporter.probes.pending_paid.look import Look
from exporter.probes.pending_paid.memory import Link, Memory
from exporter.probes.pending_paid.nouns import Issue, Order, Payment, Terms
from exporter.probes.pending_paid.sources import Source
from exporter.shop import Refused
from exporter.shop.stretches import Stretch, gathered

SETTLED = timedelta(minutes=30)
"""An order is looked at by its creation when it is this old: by then its payment has been written, or never is."""

LASTING = frozenset({"pending_paid", "retry_exhausted", "half_written"})
"""Kinds that a repair ends; the others are history, and are told for a while only."""

Book = dict[str, list[Order]]


@dataclass
class Round:
    """Collects as it goes: `memory` for the next run, `gaps`, and whether it saw the `whole` window.

    What may lie in a silent shard is judged by the next run: `undecided` payments, the orders (key, number) of `later`.
    """

    look: Look
    source: Source
    terms: Terms
    memory: Memory
    gaps: list[Gap] = field(default_factory=list)
    whole: bool = True
    undecided: list[Payment] = field(default_factory=list)
    later: set[tuple[str, str]] = field(default_factory=set)

    def issues(self, keep: timedelta, most: int) -> list[Issue]:
        """What is wrong now, confirmed; afterwards `memory` holds the open cases."""
        told = self._told() if "callbacks.trade_no" in self.terms.columns else []
        known = self._known()
        book = self._book({p.trade_no for p in told}, known)
        told = self._decided(told, book)
        told += self._siblings(told, book)
        rows = self._rows(book, known)
        suspects = judge(told, book, self.terms) + self._examined(rows, book)
        issues, told, book, rows = self._confirmed(suspects, told, book, rows, known)
        horizon = self.terms.now - keep
        issues = [issue for issue in distinct(issues) if issue.kind in LASTING or issue.since >= horizon]
        self._remember(issues, told, book, rows, most)
        return issues

    def _asks(self, *kinds: str) -> bool:
        return not self.terms.kinds.isdisjoint(kinds)

    def _told(self) -> list[Payment]:
        """What the source says anew, the payments of open cases that were not returned since, and the undecided."""
        new = self.source.told(self.memory)
        self.memory, self.whole = new.memory, self.whole and new.whole
        found = dict.fromkeys((*new.payments, *self.memory.open, *self.memory.undecided))
        return [p for p in found if p.amount is None or new.returned.get(p.trade_no, -1) < p.amount]

    def _known(self) -> dict[str, Order]:
        """The orders of open cases as they are now, by number: they were confirmed once, and are read by key."""
        links = ((link.key, link.number) for link in self.memory.links)
        known = self.look.orders_now(Order(number, None, key) for key, number in (*links, *self.memory.rows))
        if self.look.shop.silent("orders"):
            self.later |= {row for row in self.memory.rows if row[1] not in known}
        return known

    def _book(self, trade_numbers: Iterable[str], known: Mapping[str, Order]) -> Book:
        if not self.terms.columns >= {"orders.trade_no", "callbacks.trade_no"}:
            return {}
        book: Book = {}
        for link in self.memory.links:
            if link.number in known:
                book.setdefault(link.trade_no, []).append(known[link.number])
        return book | self.look.orders_of({number for number in trade_numbers if number not in book})

    def _decided(self, told: Iterable[Payment], book: Book) -> list[Payment]:
        """Without those whose order was not found while it may lie where nobody answers."""
        open_ = {p.trade_no for p in told if p.trade_no in self.look.unplaced and not book.get(p.trade_no)}
        self.undecided += [p for p in told if p.trade_no in open_]
        return [p for p in told if p.trade_no not in open_]

    def _siblings(self, told: Sequence[Payment], book: Book) -> list[Payment]:
        """The other callbacks of a trade number, whenever they came, where the order does not know this payment."""
        if not self._asks("double_payment"):
            return []
        noted = {(number, o.transaction) for number, orders in book.items() for o in orders}
        unsure = {p.trade_no for p in told if (p.trade_no, p.transaction) not in noted} & set(book)
        found = self._payments_of(unsure - {p.trade_no for p in self.memory.open})
        known = set(told)
        return [p for p in found if p not in known]

    def _payments_of(self, trade_numbers: Collection[str]) -> list[Payment]:
        """Without an index on callbacks' trade numbers the kinds that ask this way are gaps, the others stay."""
        try:
            return self.source.payments_of(trade_numbers)
        except Refused as refused:
            self._give_up(refused, "double_payment", "paid_without_callback")
            return []

    def _give_up(self, refused: Refused, *kinds: str) -> None:
        self.gaps += [Gap(kind, str(refused)) for kind in kinds if kind in self.terms.kinds]
        self.terms = replace(self.terms, kinds=self.terms.kinds - set(kinds))

    def _rows(self, book: Book, known: Mapping[str, Order]) -> list[Order]:
        """Orders to be held against themselves: newly settled, pending with a payment noted, and open cases."""
        if not self._asks("half_written", "time_order", "paid_without_callback"):
            return []
        orders = [order for found in book.values() for order in found]
        try:
            orders += self._settled()
            noted, whole = self.look.pending.with_payment() if self._asks("half_written") else ([], True)
            orders, self.whole = orders + noted, self.whole and whole
        except Refused as refused:
            self._give_up(refused, "half_written", "time_order", "paid_without_callback")
        orders += [known[number] for _, number in self.memory.rows if number in known]
        return list({order.number: order for order in orders}.values())

    def _settled(self) -> list[Order]:
        """By the time of payment where an index allows it and callbacks are asked for, else by creation."""
        by, wait = "created", SETTLED
        if self._asks("paid_without_callback") and self.look.indexed("orders", "paid"):
            by, wait = "paid", self.terms.grace
        until = self.terms.now - wait
        since = min(max(self.memory.examined or self.look.start, self.look.start), until)
        start = Stretch([], since, behind=self.memory.left_behind("examined", self.look.start))
        read = gathered(start, self.look.orders_by(by, since, until, start.behind), self.look.affordable("callbacks"))
        self.whole = self.whole and read.whole and read.until >= until
        self.memory = replace(self.memory.with_behind("examined", read.behind), examined=read.until)
        return [self.look.order(record) for record in read.records]

    def _examined(self, orders: Iterable[Order], book: Book) -> list[Issue]:
        paid = {order.number for found in book.values() for order in found}
        unsure = [o for o in orders if o.number not in paid and o.trade_no and o.state in {*PAID, "pending"}]
        asked, untold = self._asks("paid_without_callback"), set[str]()
        if asked:
            told = {p.trade_no for p in self._payments_of({o.trade_no for o in unsure if o.trade_no})}
            paid |= self.look.named(unsure, told)
            untold = {o.number for o in unsure if o.number not in paid and self.look.untold(o)}
            self.later |= {(o.key, o.number) for o in unsure if o.number in untold}
        callbacks = {
            o.number: o.number in paid or (False if asked and o.number not in untold else None) for o in orders
        }
        return [issue for order in orders for issue in examine(order, self.terms, callbacks[order.number])]

    def _confirmed(
        self,
        suspects: Sequence[Issue],
        told: Sequence[Payment],
        book: Book,
        rows: Sequence[Order],
        known: Mapping[str, Order],
    ) -> tuple[list[Issue], list[Payment], Book, list[Order]]:
        """The same judgement on orders read once more: what a slow commit only made look wrong is gone by now."""
        refs = {issue.ref for issue in suspects}
        told, rows = about(refs, told, book), [order for order in rows if order.number in refs]
        anew = [*rows, *(order for p in told for order in book.get(p.trade_no, ()))]
        unread = [order for order in anew if order.number not in known]
        if not unread and all(book.get(p.trade_no) for p in told):
            return list(suspects), told, book, rows  # all of it was read by key in this run
        now = {**known, **self.look.orders_now(unread)}
        again = self._book({p.trade_no for p in told if not book.get(p.trade_no)}, {})
        for p in told:
            again.setdefault(p.trade_no, [now[o.number] for o in book.get(p.trade_no, ()) if o.number in now])
            if book.get(p.trade_no) and not again[p.trade_no] and self.look.shop.silent("orders"):
                self.look.unplaced.add(p.trade_no)  # it was there a moment ago
        rows = [now[order.number] for order in rows if order.number in now]
        told = self._decided(told, again)
        return judge(told, again, self.terms) + self._examined(rows, again), told, again, rows

    def _remember(
        self, issues: Sequence[Issue], told: Iterable[Payment], book: Book, rows: Iterable[Order], most: int
    ) -> None:
        refs = {issue.ref for issue in issues}
        found = about(refs, told, book)
        links = {Link(p.trade_no, order.key, order.number) for p in found for order in book.get(p.trade_no, ())}
        numbers = [(order.key, order.number) for order in rows if order.number in refs]
        self.memory, full = self.memory.with_open(found, links, [*numbers, *sorted(self.later)], most)
        self.memory, more = self.memory.with_undecided(self.undecided, most)
        self.whole = self.whole and not (full or more)
