"""An order system in one SQLite file, as it stood when the incident was found."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SCHEMA = Path(__file__).parents[1] / "presets" / "plain.sql"

PENDING, PAID_YET_PENDING, HEALTHY = 142, 89, 400
"""Pending orders of the last three hours; those of them that are paid; orders on which nothing is wrong."""

SEARCHED = 300_000
"""Rows of the list in which the shop's people look up an order by a phone number; enough to be slow anywhere."""

_SEARCHED = f"""
CREATE TABLE order_search (id INTEGER PRIMARY KEY, order_no TEXT NOT NULL, phone TEXT NOT NULL, receiver TEXT NOT NULL);
INSERT INTO order_search
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SEARCHED})
SELECT i, 'OH' || (20250000000000 + i), '199' || substr('0000000' || (i * 7919 % 100000000), -8), 'buyer ' || i FROM n;
"""
_BEIJING = ZoneInfo("Asia/Shanghai")
_CHANNELS = ("wechat", "wechat", "wechat", "unionpay")
_WAREHOUSES = ("shanghai", "guangzhou", "chengdu")
_OVERSOLD = ("shanghai", "SKU-10023")

Order = tuple[int, str, str, str, str, str, str, str | None, str, str | None, str]
Callback = tuple[int, str, str, str, int, str, str]


def build(file: Path, now: datetime) -> None:
    """Writes the shop: 142 orders pending in 3 hours, 89 of them paid, one SKU sold twice, and a slow search."""
    chance = random.Random(20260123)  # noqa: S311 - the same shop at every start
    orders, callbacks = [], []
    for number in range(HEALTHY + PENDING):
        order, callback = _order(number, now, chance)
        orders.append(order)
        callbacks += [callback] if callback else []
    with closing(sqlite3.connect(file)) as database, database:
        database.executescript(SCHEMA.read_text(encoding="utf-8") + _SEARCHED)
        database.executemany(
            "INSERT INTO orders (id, order_no, out_trade_no, status, amount, currency, pay_channel, transaction_id,"
            " created_at, paid_at, updated_at) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            orders,
        )
        database.executemany("INSERT INTO pay_callback VALUES (?,?,?,?,?,?,?)", callbacks)
        database.executemany(
            "INSERT INTO inventory (id, warehouse_id, sku_id, quantity, reserved) VALUES (?,?,?,?,?)", _stock(chance)
        )
        database.executemany(
            "INSERT INTO inventory_lock VALUES (?,?,?,?,?,?,?)",
            [(1, 1, "SKU-10001", "shanghai", 1, "locked", text(now - timedelta(minutes=1)))],
        )


def _order(number: int, now: datetime, chance: random.Random) -> tuple[Order, Callback | None]:
    """The first are healthy; then those paid yet pending; then those nobody has paid for yet."""
    stuck = HEALTHY <= number < HEALTHY + PAID_YET_PENDING
    unpaid = number >= HEALTHY + PAID_YET_PENDING
    created = now - timedelta(seconds=chance.uniform(5 * 60, 175 * 60))
    paid = created + timedelta(seconds=chance.uniform(5, 90))
    fen, channel = chance.randrange(990, 89900), chance.choice(_CHANNELS)
    order_no, trade_no = f"OH{created.astimezone(_BEIJING):%Y%m%d}{number:06d}", f"P{chance.getrandbits(40):014d}"
    transaction = f"42000{number:012d}"
    settled = not (stuck or unpaid)
    order = (
        number + 1,
        order_no,
        trade_no,
        "paid" if settled else "pending",
        f"{fen / 100:.2f}",
        "CNY",
        channel,
        transaction if settled else None,
        text(created),
        text(paid) if settled else None,
        text(paid if settled else created),
    )
    callback = (number + 1, trade_no, transaction, "SUCCESS", fen, channel, text(paid))
    return order, None if unpaid else callback


def _stock(chance: random.Random) -> Iterator[tuple[int, str, str, int, int]]:
    number = 0
    for warehouse in _WAREHOUSES:
        for sku in (f"SKU-{10001 + each}" for each in range(40)):
            number += 1
            yield number, warehouse, sku, -1 if (warehouse, sku) == _OVERSOLD else chance.randrange(3, 400), 0


def text(at: datetime) -> str:
    """As the shop's columns hold it: Beijing time."""
    return at.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M:%S.%f")
