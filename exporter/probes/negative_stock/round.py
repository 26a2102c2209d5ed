"""One run: each question asked, or told why this shop cannot answer it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from exporter.model import Gap, Sample
from exporter.probes.negative_stock import keys, tell
from exporter.probes.negative_stock.locks import Locks
from exporter.probes.negative_stock.memory import Memory
from exporter.probes.negative_stock.stock import Stock
from exporter.shop import Refused, Shop


@dataclass
class Round:
    """Yields as it goes; afterwards `memory` is for the next run, and `whole` says whether nothing was missed."""

    shop: Shop
    now: datetime
    memory: Memory
    whole: bool = True

    def stock(self, count_every: timedelta) -> Iterator[Sample | Gap]:
        if why := self._why_not("negative_stock"):
            yield Gap("negative_stock", why)
        if not self.shop.maps("stock", "sku", "quantity"):
            if not why:
                yield Gap("negative_stock", "映射里没有库存表 / the mapping has no table of stock")
            return
        stock = Stock(self.shop, self.shop.require("stock", "sku", "quantity"))
        unsigned = stock.unsigned("quantity")
        if unsigned and not why:
            name = stock.table.theirs("quantity")
            text = (
                f"{name} 是 UNSIGNED，不会为负，超卖时报错 1690 / {name} is UNSIGNED: overselling is error 1690, not -1"
            )
            yield Gap("negative_stock", text)
        found = stock.faulty(self.memory.walk)
        lowest = stock.lowest(found.rows)
        self.memory = replace(self.memory, walk=found.walk).with_warehouses(
            (*lowest, *(row.warehouse for row in found.rows if row.negative))
        )
        self.whole = self.whole and found.whole
        if not (unsigned or why):
            yield from tell.negative(found.rows, self.memory.warehouses or (tell.ONLY_WAREHOUSE,))
        yield from tell.lowest(lowest)
        if "reserved" in stock.table.c:
            yield from tell.reserved(found.rows)
        yield from self._keys(stock, count_every)

    def _keys(self, stock: Stock, count_every: timedelta) -> Iterator[Sample | Gap]:
        missing = keys.key_missing(stock.table, self.shop.index("stock"))
        yield tell.KEY_MISSING(1 if missing else 0)
        if not missing:
            self.memory = replace(self.memory, counted=None, duplicates=keys.Duplicates(0))
        elif self.memory.counted is None or self.now - self.memory.counted >= count_every:
            try:
                counted = keys.duplicates(self.shop, stock.table, tell.EVIDENCE)
            except Refused as refused:
                yield Gap("stock_duplicate_rows", str(refused))
                return
            self.memory = replace(self.memory, counted=self.now, duplicates=counted)
        yield tell.DUPLICATES(self.memory.duplicates.rows, evidence=self.memory.duplicates.cases)

    def reservations(
        self, age: timedelta, stale_when: Collection[str], look_back: timedelta, seconds: float
    ) -> Iterator[Sample | Gap]:
        why = self._why_not("reservations")
        if not why and not self.shop.maps("reservations", "order", "created"):
            why = "映射里没有预占表 / the mapping has no table of reservations"
        if not why and not self.shop.maps("orders", "status"):
            why = "映射里没有订单状态 / the mapping does not name the status of orders"
        if why:
            yield Gap("stale_reservations", why)
            return
        since = self.memory.read or self.now - age - look_back
        locks = Locks(self.shop, self.now, age, stale_when)
        judged = locks.judged(since, self.memory.stale, seconds, self.memory.behind)
        stale = *(lock.key for lock in judged.stale), *judged.unknown
        self.memory = replace(self.memory, read=judged.read, stale=stale, behind=judged.behind)
        self.memory = self.memory.with_warehouses(lock.warehouse for lock in judged.stale)
        self.whole = self.whole and judged.whole
        yield from tell.stale(judged.stale, self.memory.warehouses or (tell.ONLY_WAREHOUSE,))

    def _why_not(self, check: str) -> str:
        text = next((text for name, text in self.shop.mapping.not_applicable.items() if name == check), None)
        return "" if text is None else text.zh if text.zh == text.en else f"{text.zh} / {text.en}"
