"""The shop's orders and callbacks as rows to be held against others, whole columns at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import compress
from typing import Any, ClassVar, NamedTuple

from exporter.reconcile.leads import Leads
from exporter.reconcile.nouns import SETTLED, Day, Fen, Order, Paid, known_sum
from exporter.reconcile.slices import SECONDS, Slices
from exporter.reconcile.spill import MARK, Rows, cores, read_core
from exporter.sheets import Kept
from exporter.shop import Record, Shop, ShopError, Table, decoding

Columns = list[list[str]]


class Batch(NamedTuple):
    """Some rows, what they are found by, and the sum of their amounts."""

    keys: list[str]
    rows: Rows
    money: Fen

    def only(self, chosen: Sequence[bool]) -> tuple[list[str], Rows]:
        """The keys and rows for which it is true."""
        kept = Rows(list(compress(self.rows.cores, chosen)), list(compress(self.rows.rests, chosen)))
        return list(compress(self.keys, chosen)), kept

    def under(self, keys: list[str]) -> Batch:
        """The same rows under other keys."""
        amounts = (core.partition(MARK)[2] for core in self.rows.cores)
        return Batch(keys, Rows(list(map(MARK.join, zip(keys, amounts, strict=True))), self.rows.rests), self.money)


class Reader:
    """Turns the texts of a table into our values."""

    WORDS: ClassVar[tuple[str, ...]]

    def __init__(self, shop: Shop, table: Table, match: Mapping[str, Collection[Any]]) -> None:
        self.table = table
        self._shop = shop
        self._slices = Slices(shop, table, self.WORDS, match)
        self.currency = table.map.money.currency
        self._currencies = Kept(lambda text: text or self.currency)
        self._amounts = Kept(lambda text: decoding.minor(text, table.map.money.unit) if text else None)
        self._caseless = table.fold("A", "trade_no") == "a"
        self._empty = frozenset(each.casefold() for each in map(str, table.map.empty)) - {""}

    def columns(self, texts: list[str]) -> Columns:
        width, cells = len(self.WORDS), MARK.join(texts).split(MARK)
        if len(cells) != width * len(texts):
            text = f"a row of {self.table.name} holds the control character U+001F or U+001E in one of its texts"
            raise ShopError(text)
        return [cells[place::width] for place in range(width)]

    def keys(self, numbers: Iterable[str]) -> list[str]:
        """In the form in which they are compared; "" where there is none."""
        found = map(str.strip, numbers)
        keys = list(map(str.casefold, found)) if self._caseless else list(found)
        return [key if key not in self._empty else "" for key in keys] if self._empty & set(keys) else keys

    def cores(self, keys: list[str], amounts: Iterable[str], currencies: Iterable[str]) -> tuple[list[str], Fen]:
        """And the sum of the amounts that are known."""
        fen = [self._amounts[text] for text in amounts]
        return cores(keys, fen, map(self._currencies.__getitem__, currencies)), known_sum(fen)

    def moment(self, word: str, text: str) -> float | None:
        at: datetime | None = self.table.value(word, text) if text else None
        return at.timestamp() if at else None


class Orders(Reader):
    """Orders; the rest of a row is its text as it was read."""

    WORDS = ("number", "trade_no", "status", "amount", "currency", "channel", "created", "paid")

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop, shop.require("orders", "number"), {})
        self._settled = Kept(lambda text: self._state(text) in SETTLED)
        self.has_trade_no = "trade_no" in self.table.c
        self.one_number = self.table.map.columns.get("trade_no") in {None, self.table.map.columns["number"]}

    def of_day(self, day: Day, by: str) -> Iterator[tuple[Batch, list[bool], list[str]]]:
        """Orders whose time `by` lies in the day, which of them are settled, and their numbers as keys.

        The batch's keys are the numbers that payments name.
        """
        self.table.when(day.start, by)  # raises NotApplicable
        for texts in self._slices.of_day(day, by):
            number, trade, status, amount, currency, *_ = self.columns(texts)
            numbers = self.keys(number)
            keys = numbers if self.one_number else self.keys(trade)
            found, money = self.cores(keys, amount, currency)
            yield Batch(keys, Rows(found, texts), money), [self._settled[text] for text in status], numbers

    def whole(self, row: tuple[str, str]) -> Order:
        core, text = row
        key, amount, currency = read_core(core)
        number, _, status, _, _, channel, created, paid = text.split(MARK)
        moments = self.moment("paid", paid), self.moment("created", created)
        return Order(key, amount, currency, number.strip(), self._state(status), *moments, channel)

    def found(self, by: str, values: Collection[str]) -> dict[str, list[Order]]:
        """Orders of any day whose number (or trade number) is one of these, by that number as it is compared."""
        records = self._shop.bounded("reconcile", SECONDS).lookup("orders", by, values) if values else []
        found: dict[str, list[Order]] = {}
        for record in records:
            key = self.keys([str(record[by])])[0]
            found.setdefault(key, []).append(self._order(key, record))
        return found

    def _order(self, key: str, record: Record) -> Order:
        paid, created = (at.timestamp() if (at := record.get(word)) else None for word in ("paid", "created"))
        state = self.table.status_kind(record.get("status")) or ""
        currency = self._currencies[record.get("currency") or ""]
        number, channel = str(record["number"] or ""), record.get("channel") or ""
        return Order(key, record.get("amount"), currency, number, state, paid, created, channel)

    def _state(self, text: str) -> str:
        return self.table.status_kind(decoding.raw(text)) or ""


class Callbacks(Reader):
    """Success callbacks; the rest of a row is its text as it was read."""

    WORDS = ("trade_no", "transaction", "amount", "currency", "received")

    def __init__(self, shop: Shop, leads: Leads) -> None:
        table = shop.require("callbacks", "trade_no", "received")
        super().__init__(shop, table, table.map.success)
        self.leads = leads

    def of_day(self, day: Day) -> Iterator[Batch]:
        """By the number that leads to orders."""
        for texts in self._slices.of_day(day, "received"):
            number, _, amount, currency, _ = self.columns(texts)
            keys, amounts, (currencies, rests) = self.leads.spread(number, amount, "", currency, texts)
            found, money = self.cores(keys, amounts, currencies)
            yield Batch(keys, Rows(found, list(rests)), money)

    def whole(self, row: tuple[str, str]) -> Paid:
        core, text = row
        _, transaction, _, _, received = text.split(MARK)
        return Paid(*read_core(core), transaction.strip(), self.moment("received", received) or 0.0, back=False)

    def found(self, values: Collection[str]) -> dict[str, list[Paid]]:
        """Success callbacks of these numbers, whenever they came."""
        asked = self._shop.bounded("reconcile", SECONDS)
        found: dict[str, list[Paid]] = {}
        for record in asked.lookup("callbacks", "trade_no", values, match=self.table.map.success) if values else ():
            [key], at = self.leads.keys([str(record["trade_no"])]), record.get("received")
            currency, transaction = self._currencies[record.get("currency") or ""], record.get("transaction") or ""
            paid = Paid(key, record.get("amount"), currency, transaction, at.timestamp() if at else 0.0, back=False)
            found.setdefault(key, []).append(paid)
        return found
