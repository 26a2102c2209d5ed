"""What the shop says now of the payments that the probe found, and of their orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from exporter.mapping.shards import Shard
from exporter.repair.nouns import Payment
from exporter.repair.words import Wording
from exporter.shop import Record, Refused, Shop, Table

_SETTLED = frozenset(("paid", "shipped", "done"))

Link = tuple[str, str, str]
"""A trade number, the key of an order that it led to, and the order's number."""


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

    def cases(self, payments: Sequence[Payment], links: Iterable[Link]) -> list[Case]:
        """Orders that are settled by now are left out."""
        found, later = self._payments(payments)
        rows = self._orders(links)
        cases = [Case(tuple(each)) for trade_no, each in found.items() if not rows[trade_no]]
        payers: dict[tuple[Shard, str], list[str]] = defaultdict(list)
        for trade_no in found:
            for shard, record in rows[trade_no]:
                payers[shard, str(record["key"])].append(trade_no)
        for (shard, key), trade_nos in payers.items():
            record = next(each for place, each in rows[trade_nos[0]] if (place, str(each["key"])) == (shard, key))
            told = sorted((p for number in trade_nos for p in found[number]), key=lambda p: (p.at, p.trade_no))
            many = max(len(rows[number]) for number in trade_nos)
            states = tuple(dict.fromkeys(state for number in trade_nos for state in later.get(number, ())))
            cases.append(self._case(told, shard, record, many, states))
        self.notes += [self.say("silent", shard=shard) for shard in self.shop.silent("orders")]
        return [case for case in cases if case.state not in _SETTLED]

    def _orders(self, links: Iterable[Link]) -> dict[str, list[tuple[Shard, Record]]]:
        """By trade number. Shards may use the same keys, so the number of the order counts as well."""
        wanted: dict[tuple[str, str], list[str]] = defaultdict(list)
        for trade_no, key, number in links:
            wanted[key, number].append(trade_no)
        found: dict[str, list[tuple[Shard, Record]]] = defaultdict(list)
        for shard, record in self.shop.located("orders", "key", {key for key, _ in wanted}):
            for trade_no in wanted.get((str(record["key"]), str(record["number"])), ()):
                found[trade_no].append((shard, record))
        return found

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
