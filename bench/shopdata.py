"""Orders, callbacks and stock of a benchmark shop, made by INSERT … SELECT from MariaDB's sequence engine."""

from harness import Database

DAYS = 90
TAIL = 10_000
"""So many of the youngest orders are made anew at every run: their times are counted back from now."""
AHEAD = 600
"""Seconds for which rows are made in advance, so that new ones come to light while a probe runs."""
STOCK = 200_000
"""Rows of stock in the large shops; 14 of them are below zero."""

_STEP = "{days} * 86400 / {orders}"
# The last two hours hold one unpaid order in 17, and every third of those has its callback: 264 and 89 of 5 million.
_ORDERS = """INSERT INTO orders
  (id, order_no, out_trade_no, status, amount, pay_channel, transaction_id, created_at, paid_at, updated_at)
SELECT seq, CONCAT('SO', LPAD(seq, 12, '0')), CONCAT('OT', LPAD(seq, 12, '0')), status, 128.00, 'wechat',
  IF(status = 'completed', CONCAT('TX', seq), NULL), created,
  IF(status = 'completed', created + INTERVAL 20 SECOND, NULL), created
FROM (SELECT seq, FROM_UNIXTIME({start} + seq * {step}) AS created,
  CASE WHEN {start} + seq * {step} > UNIX_TIMESTAMP() - 7200 AND seq % 17 = 0 THEN 'pending'
       WHEN seq % 500 = 0 THEN 'pending' WHEN seq % 25 = 1 THEN 'closed' ELSE 'completed' END AS status
  FROM seq_{first}_to_{last}) AS made"""
_CALLBACKS = """INSERT INTO pay_callback
  (id, out_trade_no, transaction_id, trade_state, amount_fen, pay_channel, received_at)
SELECT id, out_trade_no, CONCAT('TX', id), 'SUCCESS', 12800, 'wechat', created_at + INTERVAL 20 SECOND
FROM orders WHERE id BETWEEN {first} AND {last} AND (status = 'completed' OR (id % 51 = 0 AND id % 500 <> 0
  AND status = 'pending' AND created_at > NOW() - INTERVAL 2 HOUR))"""
_ZONE = "SET time_zone = '+08:00'"  # the plain preset's: its times are Beijing time
_STOCK = """INSERT INTO inventory (id, warehouse_id, sku_id, quantity)
SELECT seq, CONCAT('W', LPAD(seq % {warehouses}, 5, '0')), CONCAT('SKU', seq), IF(seq % {below} = 0, -1, 10)
FROM seq_1_to_{rows}"""
NEVER = 10**9


def small(
    database: Database, name: str = "shop", *, orders: int = 20_000, warehouses: int = 3, rows: int = 3000
) -> None:
    """A shop of so many orders and stock rows, as a database of this name."""
    database.create(name)
    _fill(database, name, orders, 1)
    database.run(_STOCK.format(warehouses=warehouses, rows=rows, below=NEVER), database=name)


def large(database: Database, orders: int) -> None:
    """Databases `shop` and `bare` (no index on time or quantity) with so many orders; kept, but for the youngest."""
    names = {row[0] for row in database.run("SHOW DATABASES")}
    if "ready" not in names:
        database.create("shop")
        database.run("SET unique_checks = 0", database="shop")
        _fill(database, "shop", orders, 1)
        database.run(_STOCK.format(warehouses=3, rows=STOCK, below=STOCK // 14), database="shop")
        database.create("bare")
        database.run(
            "DROP INDEX orders_status_created ON orders",
            "DROP INDEX orders_paid ON orders",
            "DROP INDEX pay_callback_received ON pay_callback",
            "DROP INDEX inventory_quantity ON inventory",
            "SET unique_checks = 0",
            "INSERT INTO orders SELECT * FROM shop.orders",
            "INSERT INTO pay_callback SELECT * FROM shop.pay_callback",
            "INSERT INTO inventory SELECT * FROM shop.inventory",
            database="bare",
        )
        database.run("CREATE DATABASE ready")
    for name in ("shop", "bare"):
        first = orders - TAIL + 1
        database.run(
            f"DELETE FROM orders WHERE id >= {first}", f"DELETE FROM pay_callback WHERE id >= {first}", database=name
        )
        _fill(database, name, orders, first)
        database.run("ANALYZE TABLE orders, pay_callback, inventory", database=name)


def _fill(database: Database, name: str, orders: int, first: int) -> None:
    """Orders from this id on, up to a little ahead of now, and their callbacks; times are counted from order 1's."""
    step = _STEP.format(days=DAYS, orders=orders)
    (youngest,) = database.run(_ZONE, "SELECT UNIX_TIMESTAMP(MIN(created_at)) FROM orders WHERE id = 1", database=name)[
        0
    ]
    sql = f"SELECT UNIX_TIMESTAMP() - {DAYS} * 86400" if youngest is None else f"SELECT {youngest} - {step}"
    (start,) = database.run(sql)[0]
    (last,) = database.run(f"SELECT FLOOR((UNIX_TIMESTAMP() + {AHEAD} - {start}) / ({step}))")[0]
    for low in range(first, int(last) + 1, 500_000):
        where = {"start": start, "step": f"({step})", "first": low, "last": min(low + 499_999, int(last))}
        database.run(_ZONE, _ORDERS.format(**where), _CALLBACKS.format(**where), database=name)
