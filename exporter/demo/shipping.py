"""What fulfilment left in the demo's shop: few orders with a start, some late, and a carrier that says it twice."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from exporter.demo.shop import HEALTHY, PENDING, text

SHIPPED, STARTED, LATE = 40, 5, 7
"""Orders shipped within a day, those of them whose start somebody wrote down, and paid orders beyond their promise."""

_AFTER = 5.0
"""Seconds until the event and the repeated push come: the probes have seen by then where their tables end."""

_TABLES = """
ALTER TABLE orders ADD COLUMN fulfillment_start_at DATETIME NULL;
ALTER TABLE orders ADD COLUMN shipped_at DATETIME NULL;
ALTER TABLE orders ADD COLUMN warehouse_id VARCHAR(32) NULL;
CREATE INDEX orders_shipped ON orders (shipped_at);
CREATE TABLE event_log (
  id INTEGER PRIMARY KEY, order_no VARCHAR(32) NOT NULL, event VARCHAR(40) NOT NULL, at DATETIME NOT NULL,
  elapsed INTEGER NOT NULL, owner VARCHAR(32) NOT NULL
);
CREATE TABLE partner_event (
  id INTEGER PRIMARY KEY, partner VARCHAR(32) NOT NULL, order_no VARCHAR(32) NOT NULL, event VARCHAR(32) NOT NULL,
  received_at DATETIME NOT NULL
);
CREATE INDEX partner_event_order ON partner_event (order_no);
"""
_ORDER = (
    "INSERT INTO orders (id, order_no, out_trade_no, status, amount, currency, pay_channel, transaction_id, created_at,"
    " paid_at, updated_at, fulfillment_start_at, shipped_at, warehouse_id) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
)

MAPPING = """\
{preset: plain, orders: {columns: {started: fulfillment_start_at, shipped: shipped_at, warehouse: warehouse_id}},
      events: {table: event_log, columns: {order: order_no, event: event, at: at, elapsed: elapsed, owner: owner}},
      partner_events: {table: partner_event,
        columns: {partner: partner, order: order_no, event: event, received: received_at}}}"""


def build(file: Path, now: datetime) -> None:
    """Adds to the shop of `shop.build`: 18 hours from payment to shipment, of which somebody measured 2.3."""
    chance = random.Random(20260124)  # noqa: S311 - the same shop at every start
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(_TABLES)
        database.executemany(_ORDER, _orders(now, chance))
        database.execute(_PUSH, ("sf", _number(SHIPPED - 1), "signed", text(now - timedelta(hours=2))))


_PUSH = "INSERT INTO partner_event (partner, order_no, event, received_at) VALUES (?,?,?,?)"
_EVENT = "INSERT INTO event_log (order_no, event, at, elapsed, owner) VALUES (?,?,?,?,?)"


class Happenings:
    """What happens while the demo is watched; `now` is the clock."""

    def __init__(self, file: Path, now: Callable[[], datetime]) -> None:
        self._file, self._now = file, now
        self._timer = threading.Timer(_AFTER, self._happen)
        self._timer.daemon = True

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.cancel()

    def _happen(self) -> None:
        at = text(self._now())
        with closing(sqlite3.connect(self._file, timeout=10)) as database, database:
            database.execute(_EVENT, (_number(SHIPPED), "late_shipment", at, 18 * 3600 + 18 * 60, "team-7"))
            database.executemany(_PUSH, [("sf", _number(0), "signed", at)] * 2)


def _orders(now: datetime, chance: random.Random) -> Iterator[tuple[object, ...]]:
    for place in range(SHIPPED + LATE):
        late = place >= SHIPPED
        shipped = now - timedelta(hours=chance.uniform(1, 20))
        paid = now - timedelta(hours=chance.uniform(50, 70)) if late else shipped - timedelta(hours=chance.gauss(18, 2))
        started = shipped - timedelta(hours=2.3) if place < STARTED else None
        number = HEALTHY + PENDING + place + 1
        yield (
            number,
            _number(place),
            f"F{number:014d}",
            "paid" if late else "shipped",
            "128.00",
            "CNY",
            "wechat",
            f"43000{number:012d}",
            text(paid - timedelta(minutes=1)),
            text(paid),
            text(paid),
            text(started) if started else None,
            None if late else text(shipped),
            chance.choice(("shanghai", "guangzhou")),
        )


def _number(place: int) -> str:
    return f"OH-F{place:06d}"
