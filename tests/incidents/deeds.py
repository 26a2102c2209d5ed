"""What is done to the shop in each incident, and how it is put right; what is made returns what the card must name."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.incidents import shop
from tests.incidents.fault import Place

PENDING, PAID = 142, 89
_MB = 1024**2
_NOT_REPLICATED = "SET sql_log_bin = 0"
"""A replica that rebuilds a table is behind for seconds: that is another incident's figure."""


def _now() -> datetime:
    return datetime.now(UTC)


def repaired(place: Place, kind: str, name: str, database: str, *more: str) -> str:
    """Writes the plan by the command and runs it by the client; what the client printed."""
    plan = place.ground.folder / f"{kind}.sql"
    words = ["repair", kind, "--config.file", str(place.sidecar.file), "--shop", name, "--output", str(plan), *more]
    subprocess.run([sys.executable, "-m", "exporter", *words], check=True, capture_output=True, timeout=60)
    return place.ground.apply(Path(plan), database)


# --- 1: paid, yet pending


def stuck(place: Place) -> tuple[str, ...]:
    """142 pending orders of three hours; for 89 the callback comes, late, and the status is rolled back."""
    now, primary = _now(), place.ground.pair.primary
    pauses = [timedelta(minutes=175 - 170 * number / PENDING) for number in range(PENDING)]
    orders = [shop.order("pending", created=now - pause) for pause in pauses]
    paid = [(row, now - timedelta(seconds=1)) for row in orders[:PAID]]
    shop.insert(primary, shop.MAIN, [shop.callback(row, at) for row, at in paid], "pay_callback")
    shop.insert(primary, shop.MAIN, orders)
    return "|".join(row["order_no"] for row, _ in paid), "|".join(f"{row['amount']:.2f}" for row, _ in paid)


def pay(place: Place) -> None:
    repaired(place, "pending_paid", "main", shop.MAIN)


def lock_forever(place: Place) -> tuple[str, ...]:
    keys = [f"P-stuck-{number}" for number in range(3)]
    for key in keys:
        place.ground.locks.set(f"pay_callback_{key}", "1")
    return tuple(keys)


def unlock(place: Place) -> None:
    place.ground.locks.delete(*(f"pay_callback_P-stuck-{number}" for number in range(3)))


# --- 2: oversold


def transfer_half(place: Place) -> tuple[str, ...]:
    """Stock is taken from A, B fails, and nothing is given back: -1 in A."""
    place.ground.sql("UPDATE inventory SET quantity = -1 WHERE warehouse_id = 'A' AND sku_id = 'SKU-10039'")
    return ("SKU-10039", "-1")


def give_back(place: Place) -> None:
    place.ground.sql("UPDATE inventory SET quantity = quantity + 1 WHERE warehouse_id = 'A' AND sku_id = 'SKU-10039'")


def hold(place: Place) -> tuple[str, ...]:
    """Four reservations of orders that nobody will pay for."""
    made, primary = _now(), place.ground.pair.primary
    orders = [shop.order("pending", created=made) for _ in range(4)]
    shop.insert(primary, shop.MAIN, orders)
    goods = {"warehouse_id": "B", "sku_id": "SKU-10030", "quantity": 1, "status": "locked", "created_at": made}
    place.ground.sql("UPDATE inventory SET reserved = 4 WHERE warehouse_id = 'B' AND sku_id = 'SKU-10030'")
    shop.insert(
        primary, shop.MAIN, [{"id": row["id"], "order_id": row["id"], **goods} for row in orders], "inventory_lock"
    )
    return ("SKU-10030",)


def let_go(place: Place) -> None:
    repaired(place, "reservations", "main", shop.MAIN)


# --- 3: the export disagrees


def lag(place: Place) -> tuple[str, ...]:
    place.ground.pair.wire.delay = 0.8
    return ()


def catch_up(place: Place) -> None:
    place.ground.pair.wire.delay = 0.0


# --- 4: fulfilment time


def ship(place: Place, count: int, started: int) -> list[str]:
    """Orders shipped now, 18 hours after they were paid; `started` of them know when work on them began."""
    now = _now()
    rows = []
    for number in range(count):
        paid = now - timedelta(hours=18, seconds=number)
        start = now - timedelta(hours=2, minutes=18) if number < started else None
        more = {"fulfillment_start_at": start, "shipped_at": now, "warehouse_id": "A"}
        rows.append(shop.order("shipped", created=paid, paid=paid, **more))
    shop.insert(place.ground.pair.primary, shop.GOODS, rows)
    picked = [
        {"id": row["id"], "order_no": row["order_no"], "event": "picked", "at": now - timedelta(hours=3)}
        for row in rows[started:]
    ]
    if picked:
        shop.insert(place.ground.pair.primary, shop.GOODS, picked, "event_log")
    return [row["order_no"] for row in rows[started:]]


def start_missing(place: Place) -> tuple[str, ...]:
    return (ship(place, 50, 6)[-1],)


def starts_written(place: Place) -> None:
    """The plan fills the starts from the shop's own log; what was counted stays counted until new orders outweigh it."""
    assert "44" in repaired(place, "fulfilment_start", "goods", shop.GOODS, "--event", "picked")
    ship(place, 250, 250)


def delayed(place: Place) -> tuple[str, ...]:
    row = {
        "id": 10_000_000,
        "order_no": "OH-LATE-1",
        "event": "shipment_delayed",
        "at": _now(),
        "elapsed": 65880,
        "owner": "team-a",
    }
    shop.insert(place.ground.pair.primary, shop.GOODS, [row], "event_log")
    return ("OH-LATE-1", "18:18:00", "team-a")


# --- 5: search


def lose_index(place: Place) -> tuple[str, ...]:
    place.ground.sql(_NOT_REPLICATED, "ALTER TABLE order_search DROP INDEX order_search_phone")
    return ()


def index(place: Place) -> None:
    place.ground.sql(_NOT_REPLICATED, "CREATE INDEX order_search_phone ON order_search (phone)")


# --- 6: orders vanish


def picture(place: Place) -> tuple[str, ...]:
    """12 MB of Base64 in a field of one order's message."""
    image = base64.b64encode(b"\xff\xd8\xff\xe0" + os.urandom(9 * _MB - 4)).decode()
    items = [{"sku": "SKU-1"}, {"sku": "SKU-2", "picture": image}]
    place.ground.send(json.dumps({"order_no": "OH-PICTURE", "items": items}).encode())
    return ("Base64", "picture", "12 MB")


# --- 7: partners, schema


def twice(place: Place) -> tuple[str, ...]:
    """A carrier says "signed" a second time, for an order that it has told of before."""
    [(known,)] = place.ground.sql("SELECT order_no FROM partner_event ORDER BY id LIMIT 1", database=shop.GOODS)
    pushed = {"partner": "sf", "order_no": known, "event": "signed", "received_at": _now()}
    shop.insert(place.ground.pair.primary, shop.GOODS, [{"id": 20_000_000, **pushed}], "partner_event")
    return (known, "signed")


def drop_column(place: Place) -> tuple[str, ...]:
    place.ground.sql("ALTER TABLE inventory DROP COLUMN reserved", database=shop.GOODS)
    return ("reserved",)


def column_back(place: Place) -> None:
    place.ground.sql("ALTER TABLE inventory ADD COLUMN reserved INTEGER NOT NULL DEFAULT 0", database=shop.GOODS)


def nothing(_: Place) -> None:
    """What happened cannot be undone: it is told for as long as the settings say."""
