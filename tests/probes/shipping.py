"""The plain order system with what fulfilment and partners leave in it: times of each step, a log, partner events."""

from datetime import datetime
from pathlib import Path

from exporter.mapping import load
from tests.probes.plain import Plain, ago, on_mariadb, on_sqlite, schema

INDEXES = (
    "CREATE INDEX orders_shipped ON orders (shipped_at)",
    "CREATE INDEX orders_delivered ON orders (delivered_at)",
    "CREATE INDEX partner_event_order ON partner_event (order_no)",
)
TABLES = (
    "ALTER TABLE orders ADD COLUMN fulfillment_start_at DATETIME NULL",
    "ALTER TABLE orders ADD COLUMN shipped_at DATETIME NULL",
    "ALTER TABLE orders ADD COLUMN delivered_at DATETIME NULL",
    "ALTER TABLE orders ADD COLUMN warehouse_id VARCHAR(32) NULL",
    (
        "CREATE TABLE event_log (id BIGINT NOT NULL PRIMARY KEY, order_no VARCHAR(64) NULL, event VARCHAR(64) NULL,"
        " at DATETIME NULL, elapsed VARCHAR(64) NULL, owner VARCHAR(64) NULL)"
    ),
    (
        "CREATE TABLE partner_event (id BIGINT NOT NULL PRIMARY KEY, partner VARCHAR(64) NULL, order_no VARCHAR(64) NULL,"
        " event VARCHAR(64) NULL, received_at DATETIME NULL)"
    ),
)
COLUMNS = {
    "started": "fulfillment_start_at",
    "shipped": "shipped_at",
    "delivered": "delivered_at",
    "warehouse": "warehouse_id",
}
MAPPED = {
    "preset": "plain",
    "orders": {"columns": COLUMNS},
    "events": {
        "table": "event_log",
        "columns": {"order": "order_no", "event": "event", "at": "at", "elapsed": "elapsed", "owner": "owner"},
    },
    "partner_events": {
        "table": "partner_event",
        "columns": {"partner": "partner", "order": "order_no", "event": "event", "received": "received_at"},
    },
}


def furnished(shop: Plain, indexes: tuple[str, ...] = INDEXES, **differs: object) -> Plain:
    shop.sql([*TABLES, *indexes])
    shop.mapping = load({**MAPPED, **differs})
    return shop


def on_lite(folder: Path, indexes: tuple[str, ...] = INDEXES, **differs: object) -> Plain:
    return furnished(on_sqlite(folder), indexes, **differs)


def on_maria(server, name: str, indexes: tuple[str, ...] = INDEXES, **differs: object) -> Plain:
    return furnished(on_mariadb(server, name), indexes, **differs)


def on_postgres(server, name: str, indexes: tuple[str, ...] = INDEXES) -> Plain:
    def sql(statements) -> None:
        server.execute(*(each.replace("DATETIME", "TIMESTAMP") for each in statements), database=name)

    server.database(name)
    sql(schema())
    return furnished(Plain(server.url(name), sql), indexes)


def shipped(shop: Plain, number: str, at: datetime | None, **values: object) -> int:
    """Created and paid 20 hours ago, started 4 hours later, unless said otherwise."""
    times = {"created_at": ago(hours=20), "paid_at": ago(hours=20), "fulfillment_start_at": ago(hours=16)}
    return shop.order(number, "shipped", **{**times, "shipped_at": at, "warehouse_id": "A", **values})


def waiting(shop: Plain, number: str, paid: datetime, **values: object) -> int:
    return shop.order(number, "paid", **{"created_at": paid, "paid_at": paid, "warehouse_id": "A", **values})


def event(shop: Plain, order: str | None = "N1", kind: str | None = "delayed", **values: object) -> int:
    return shop.insert("event_log", order_no=order, event=kind, **values)


def told_by(shop: Plain, partner: str | None, order: str | None, kind: str | None, at: datetime | None) -> int:
    return shop.insert("partner_event", partner=partner, order_no=order, event=kind, received_at=at)
