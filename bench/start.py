"""From the start of the process to the first values on /metrics, and the memory it then holds, with two probes."""

import statistics
import time
from collections.abc import Callable, Sequence

from harness import Database, Server, UnavailableError, sidecar, table, workplace
from peers import QUERY_EXPORTER, SQL_EXPORTER, query_exporter, sql_exporter
from shopdata import small

RUNS, SETTLED = 7, 20.0
QUERIES: dict[str, tuple[list[str], str]] = {
    "pending_paid": (
        ["pay_channel"],
        (
            "SELECT o.pay_channel, COUNT(*) AS pending_paid FROM orders o JOIN pay_callback c"
            " ON c.out_trade_no = o.out_trade_no WHERE o.status = 'pending' AND o.created_at > NOW() - INTERVAL 2 HOUR"
            " AND c.trade_state = 'SUCCESS' GROUP BY o.pay_channel"
        ),
    ),
    "negative_stock": (
        ["warehouse_id"],
        "SELECT warehouse_id, SUM(quantity < 0) AS negative_stock FROM inventory GROUP BY warehouse_id",
    ),
}


def started(server: Server, address: str, *metrics: str) -> float:
    """Seconds until every one of these metrics has a value."""
    return max(server.until(f"{address}/metrics", f"\n{name}{{") for name in metrics)


def measure(begin: Callable[[], tuple[Server, str]], metrics: Sequence[str]) -> tuple[list[float], float]:
    """Seconds of each start, and the resident MiB of the last one after it has run for a while."""
    taken = []
    for last in [False] * (RUNS - 1) + [True]:
        server, address = begin()
        with server:
            taken.append(started(server, address, *metrics))
            if last:
                time.sleep(SETTLED)
                memory = server.rss()
    return taken, memory


def main() -> None:
    with workplace() as (folder, stack):
        database = stack.enter_context(Database(folder))
        small(database)
        probes = {"pending_paid": {"every": "1s"}, "negative_stock": {"every": "1s"}}
        ours = ("order_health_pending_paid_orders", "order_health_negative_stock_skus")
        kinds = {
            "order-health": (lambda: sidecar(folder, {"main": database.url("shop")}, probes), ours),
            QUERY_EXPORTER: (lambda: query_exporter(folder, database, QUERIES), tuple(QUERIES)),
            SQL_EXPORTER: (lambda: sql_exporter(folder, database, QUERIES), tuple(f"sql_{name}" for name in QUERIES)),
        }
        rows: list[tuple[object, ...]] = []
        own: tuple[float, float] | None = None
        for name, (begin, metrics) in kinds.items():
            try:
                taken, memory = measure(begin, metrics)
            except UnavailableError as reason:
                rows.append((name, f"left out: {reason}", "", "", ""))
                continue
            middle = statistics.median(taken)
            own = own or (middle, memory)
            rows.append(
                (
                    name,
                    f"{middle:.2f}",
                    f"{max(taken):.2f}",
                    f"{memory:.0f}",
                    f"{own[0] / middle:.2f} / {own[1] / memory:.2f}",
                )
            )
        head = (
            "",
            f"start → first values, s (median of {RUNS})",
            "slowest, s",
            f"resident MiB after {SETTLED:g} s",
            "ours / this: time, memory",
        )
        table("Start and memory, two probes on MariaDB, every 1 s", head, rows)


if __name__ == "__main__":
    main()
