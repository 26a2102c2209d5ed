"""Two shops of the plain order system in one MariaDB, and a day on which nothing is wrong."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from tests.probes.plain import literal, schema
from tests.probes.shipping import INDEXES, TABLES
from tests.servers.mariadb import MariaDB

MAIN, GOODS, HOURS = "shop_main", "shop_goods", "shop_hours"
"""Orders, payments, stock; fulfilment and partners; the shop whose orders are counted by the hour."""

PASSWORD = "c4nary-password"
SEARCHED = 400_000
"""Rows of the list in which the shop's people look up an order by a phone number."""

_SEARCH = (
    (
        "CREATE TABLE order_search (id INT PRIMARY KEY, order_no CHAR(16) NOT NULL, phone CHAR(11) NOT NULL,"
        " KEY order_search_phone (phone))"
    ),
    (
        "INSERT INTO order_search SELECT seq, CONCAT('OH', seq), CONCAT('199', LPAD(seq * 7919 % 100000000, 8, '0'))"
        f" FROM seq_1_to_{SEARCHED}"
    ),
)
_INDEXES = [each for each in INDEXES if "delivered" not in each]
_WAREHOUSES = ("A", "B", "C")
_numbers = itertools.count(1)


def build(server: MariaDB, now: datetime) -> None:
    server.database(MAIN, *schema(), *TABLES, *_INDEXES, *_SEARCH)
    server.database(GOODS, *schema(), *TABLES, *_INDEXES)
    server.database(HOURS, *schema())
    server.account(
        "oh", *(f"SELECT ON {name}.*" for name in (MAIN, GOODS, HOURS)), "PROCESS, SLAVE MONITOR ON *.*",
        password=PASSWORD,
    )  # fmt: skip
    for name in (MAIN, GOODS):
        stock = [
            (n, w, f"SKU-{10000 + s}", 500, 0) for n, (w, s) in enumerate(itertools.product(_WAREHOUSES, range(40)), 1)
        ]
        server.fill(name, "INSERT INTO inventory VALUES (%s,%s,%s,%s,%s)", stock)
    insert(
        server,
        MAIN,
        [order("paid", created=now - timedelta(hours=20), paid=now - timedelta(hours=20)) for _ in range(400)],
    )


def order(status: str, *, created: datetime, paid: datetime | None = None, **more: Any) -> dict[str, Any]:
    """A row of `orders` with a number of its own."""
    number = next(_numbers)
    names = {"id": number, "order_no": f"OH{number:08d}", "out_trade_no": f"P{number:010d}", "status": status}
    amount = random.Random(number).randrange(990, 89900) / 100
    paid_by = {"transaction_id": f"42{number:010d}", "paid_at": paid} if paid else {}
    times = {"created_at": created, "updated_at": paid or created}
    return {
        **names,
        "amount": amount,
        "pay_channel": "unionpay" if number % 4 else "wechat",
        **times,
        **paid_by,
        **more,
    }


def callback(paid: dict[str, Any], received: datetime) -> dict[str, Any]:
    """The notice of its payment."""
    shared = {"id": paid["id"], "out_trade_no": paid["out_trade_no"], "transaction_id": f"42{paid['id']:010d}"}
    money = {"amount_fen": round(paid["amount"] * 100), "pay_channel": paid["pay_channel"]}
    return {**shared, **money, "trade_state": "SUCCESS", "received_at": received}


def insert(server: MariaDB, database: str, rows: list[dict[str, Any]], table: str = "orders") -> None:
    """Rows of like or unlike columns, a statement for each kind."""
    for names, alike in itertools.groupby(rows, tuple):
        values = ", ".join(f"({', '.join(map(literal, row.values()))})" for row in alike)
        server.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES {values}", database=database)


def hour(server: MariaDB, now: datetime, pace: int, since: timedelta, until: timedelta) -> None:
    """`pace` orders an hour in the shop of hours between these two times of day, seen from `now`; each paid at once."""
    count = round(pace * ((until - since) / timedelta(hours=1)))
    first = literal(now + since)
    at = f"{first} + INTERVAL ROUND((seq - 0.5) * {3600 / pace!r}) SECOND"
    server.execute(
        "INSERT INTO orders (id, order_no, out_trade_no, status, amount, pay_channel, transaction_id, created_at, paid_at,"
        f" updated_at) SELECT m + seq, CONCAT('H', m + seq), CONCAT('HT', m + seq), 'paid', 100, 'wechat', CONCAT('42', m + seq),"
        f" {at}, {at}, {at} FROM seq_1_to_{count}, (SELECT COALESCE(MAX(id), 0) AS m FROM orders) AS most",
        database=HOURS,
    )


def usual_weeks(server: MariaDB, now: datetime, pace: int) -> Iterator[None]:
    """The same time of day, two hours before `now` to four after, of the eight weeks and six days that are compared."""
    for back in sorted({*range(1, 7), *range(7, 63, 7)}, reverse=True):
        day = timedelta(days=back)
        yield hour(server, now, pace, timedelta(hours=-2) - day, timedelta(hours=4) - day)
