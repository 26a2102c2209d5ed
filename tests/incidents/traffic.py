"""A healthy hour of the shop, as fast as one wants it: every order paid, shipped, told of, and consumed."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

from tests.incidents import shop
from tests.incidents.ground import Ground

AN_HOUR = 2300
"""Orders that the article's shop takes in one."""

_TURN, _MOST = 0.25, 100.0
"""Seconds between two turns, and orders that one of them sells at the most."""


class Traffic:
    """Runs beside everything else from `start()` to `stop()`: `pace` orders a second; `orders` counts what it has sold."""

    def __init__(self, ground: Ground, pace: float) -> None:
        self._ground, self.pace, self.orders = ground, pace, 0
        self._stop, self.consuming = threading.Event(), threading.Event()
        self.consuming.set()
        self._thread = threading.Thread(target=self._run, name="healthy traffic", daemon=True)
        self.fault: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises what ended the traffic before."""
        self._stop.set()
        self._thread.join(30)
        if self.fault:
            raise self.fault

    def _run(self) -> None:
        before, due = time.monotonic(), 0.0
        try:
            while not self._stop.wait(_TURN):
                now = time.monotonic()
                before, due = now, min(due + (now - before) * self.pace, _MOST)
                if due >= 1:
                    self._sell(int(due))
                    due -= int(due)
        except BaseException as error:
            self.fault = error

    def _sell(self, count: int) -> None:
        now, primary = datetime.now(UTC), self._ground.pair.primary
        sold = [shop.order("pending", created=now) for _ in range(count)]
        keys = ", ".join(str(row["id"]) for row in sold)
        for row in sold[:5]:
            self._ground.locks.set(f"pay_callback_{row['out_trade_no']}", "1", ex=10)
        shop.insert(primary, shop.MAIN, sold)
        shop.insert(primary, shop.MAIN, [shop.callback(row, now) for row in sold], "pay_callback")
        self._ground.sql(
            f"UPDATE orders SET status = 'paid', paid_at = created_at, transaction_id = CONCAT('42', LPAD(id, 10, '0'))"
            f" WHERE id IN ({keys}) AND status = 'pending'",
            f"UPDATE inventory SET quantity = quantity - 1 WHERE id = {1 + sold[0]['id'] % 120} AND quantity > 1",
        )
        self._ground.send(
            *(json.dumps({"order_no": row["order_no"], "items": [{"sku": "SKU-10001"}]}).encode() for row in sold[:8])
        )
        if self.consuming.is_set():
            self._ground.consume()
        pushed = {"partner": "sf", "event": "signed", "received_at": now}
        shop.insert(
            primary,
            shop.GOODS,
            [{"id": row["id"], **pushed, "order_no": row["order_no"]} for row in sold[:3]],
            "partner_event",
        )
        shipped = shop.order("shipped", created=now - timedelta(hours=20), paid=now - timedelta(hours=20))
        steps = {"fulfillment_start_at": now - timedelta(hours=2), "shipped_at": now, "warehouse_id": "A"}
        shop.insert(primary, shop.MAIN, [{**shipped, **steps}])
        self.orders += count
