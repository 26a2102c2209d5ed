"""A day's rows of the shop, however many: read in slices of time, each a statement of its own with its own deadline.

Every row comes as one text, for a driver in Python spends most of its time on the types of single columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from functools import reduce
from typing import Any, ClassVar

import sqlalchemy

from exporter.reconcile.leads import Leads
from exporter.reconcile.nouns import Day, Fen, Order, Paid
from exporter.shop import Record, Shop, ShopError, Table, decoding

SLICE = 20_000
"""So many rows are read at once."""

_SHORTEST, _FIRST = timedelta(seconds=1), timedelta(minutes=10)
_SECONDS = 30.0
"""For one slice."""
_MARK = "\x1f"
_REMEMBERED = 50_000

Row = tuple[Any, ...]


def slices(
    shop: Shop, table: Table, words: tuple[str, ...], *, by: str, day: Day, match: Mapping[str, Collection[Any]]
) -> Iterator[list[str]]:
    """Rows as texts: these columns with marks between them, "" where one is not set or not mapped."""
    since, step, most = day.start, _FIRST, SLICE
    statement = packed(table, words).where(*table.only(match))
    while since < day.end:
        until = min(since + step, day.end)
        asked = shop.bounded("reconcile", _SECONDS)
        rows = asked.rows(statement, word=table.word, cap=most + 1, during=(by, since, until))
        if len(rows) > most:
            if step <= _SHORTEST:
                most *= 4  # an import: a second with more rows than a slice
            step = max(step / 4, _SHORTEST)
            continue
        yield [row[0] for row in rows]
        since = until
        if len(rows) < most // 4:
            step *= 2


def packed(table: Table, words: tuple[str, ...]) -> sqlalchemy.Select[Any]:
    """SELECT of these columns as one text, the marks between them included."""
    parts: list[Any] = []
    for word in words:
        mapped = word in table.c
        text = sqlalchemy.func.coalesce(sqlalchemy.cast(table.c[word], sqlalchemy.String), "") if mapped else None
        parts += [_MARK, *([text] if mapped else [])]
    first, *rest = [sqlalchemy.literal(part) if isinstance(part, str) else part for part in parts[1:]]
    return sqlalchemy.select(reduce(lambda left, right: left.concat(right), rest, first))


class Reader:
    """Turns the texts of a table into our values; what comes again is not worked out again."""

    WORDS: ClassVar[tuple[str, ...]]

    def __init__(self, table: Table) -> None:
        self.table = table
        self.currency = table.map.money.currency
        self._amounts: dict[str, Fen] = {"": None}
        self._empty = frozenset(map(str, table.map.empty)) | {""}
        self._caseless = table.fold("A", "trade_no") == "a"

    def cells(self, text: str) -> list[str]:
        cells = text.split(_MARK)
        if len(cells) != len(self.WORDS):
            raise ShopError(f"a row of {self.table.name} holds the control character U+001F in one of its texts")
        return cells

    def amount(self, text: str) -> Fen:
        try:
            return self._amounts[text]
        except KeyError:
            amount = decoding.minor(text, self.table.map.money.unit)
            if len(self._amounts) < _REMEMBERED:
                self._amounts[text] = amount
            return amount

    def key(self, text: str) -> str:
        text = text.strip()
        if text in self._empty:
            return ""
        return text.casefold() if self._caseless else text

    def moment(self, word: str, text: str) -> float | None:
        at: datetime | None = self.table.value(word, text) if text else None
        return at.timestamp() if at else None


class Orders(Reader):
    """The orders whose time `by` lies in the day, as tuples in the form of `Order`, times still as they are stored."""

    WORDS = ("number", "trade_no", "status", "amount", "currency", "channel", "created", "paid")

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop.require("orders", "number"))
        self._shop = shop
        self._states: dict[str, str] = {}
        self.has_trade_no = "trade_no" in self.table.c
        self.one_number = self.table.map.columns.get("trade_no") in {None, self.table.map.columns["number"]}

    def of_day(self, day: Day, by: str) -> Iterator[list[Row]]:
        """The first of each tuple is the number that payments name."""
        self.table.when(day.start, by)  # raises NotApplicable
        for texts in slices(self._shop, self.table, self.WORDS, by=by, day=day, match={}):
            yield list(map(self._row, texts))

    def _row(self, text: str) -> Row:
        number, trade, status, amount, currency, channel, created, paid = self.cells(text)
        state = self._states.get(status)
        if state is None:
            state = self._states[status] = self.table.status_kind(decoding.raw(status)) or ""
        key = self.key(number if self.one_number else trade)
        amount_fen = self._amounts[amount] if amount in self._amounts else self.amount(amount)
        return key, amount_fen, currency or self.currency, number, state, paid, created, channel

    def whole(self, row: Row) -> Order:
        """A tuple of `of_day` with its times read."""
        key, amount, currency, number, state, paid, created, channel = row
        moments = self.moment("paid", paid), self.moment("created", created)
        return Order(key, amount, currency, number, state, *moments, channel)

    def found(self, by: str, values: Collection[str]) -> dict[str, list[Order]]:
        """Orders of any day whose number (or trade number) is one of these, by that number as it is compared."""
        records = self._shop.bounded("reconcile", _SECONDS).lookup("orders", by, values) if values else []
        found: dict[str, list[Order]] = {}
        for record in records:
            found.setdefault(self.key(str(record[by])), []).append(self._order(record))
        return found

    def _order(self, record: Record) -> Order:
        paid, created = (at.timestamp() if (at := record.get(word)) else None for word in ("paid", "created"))
        number = str(record["number"] or "")
        key = self.key(number if self.one_number else str(record.get("trade_no") or ""))
        state = self.table.status_kind(record.get("status")) or ""
        currency = record.get("currency") or self.currency
        return Order(key, record.get("amount"), currency, number, state, paid, created, record.get("channel") or "")


class Callbacks(Reader):
    """The success callbacks of the day, as tuples in the form of `Paid`."""

    WORDS = ("trade_no", "transaction", "amount", "currency", "received")

    def __init__(self, shop: Shop, leads: Leads) -> None:
        super().__init__(shop.require("callbacks", "trade_no", "received"))
        self._shop, self.leads = shop, leads

    def of_day(self, day: Day) -> Iterator[list[Row]]:
        """The first of each tuple is the number that leads to orders."""
        success = self.table.map.success
        for texts in slices(self._shop, self.table, self.WORDS, by="received", day=day, match=success):
            yield self.leads.applied([row for row in map(self._row, texts) if row[0]])

    def _row(self, text: str) -> Row:
        number, transaction, amount, currency, received = self.cells(text)
        key = self.leads.key(number)
        return key, self.amount(amount), currency or self.currency, transaction.strip(), received, False

    def whole(self, row: Row) -> Paid:
        key, amount, currency, transaction, received, back = row
        return Paid(key, amount, currency, transaction, self.moment("received", received) or 0.0, back)

    def found(self, values: Collection[str]) -> dict[str, list[Paid]]:
        """Success callbacks of these numbers, whenever they came."""
        asked = self._shop.bounded("reconcile", _SECONDS)
        found: dict[str, list[Paid]] = {}
        for record in asked.lookup("callbacks", "trade_no", values, match=self.table.map.success) if values else ():
            key, at = self.leads.key(str(record["trade_no"])), record.get("received")
            currency, transaction = record.get("currency") or self.currency, record.get("transaction") or ""
            paid = Paid(key, record.get("amount"), currency, transaction, at.timestamp() if at else 0.0, False)
            found.setdefault(key, []).append(paid)
        return found
