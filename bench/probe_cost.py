"""What a run of pending_paid costs the shop's database: milliseconds and rows read, on 5 million orders."""

import statistics
import sys
import time

from harness import ROOT, Database, fetch, sidecar, table, values, workplace
from shopdata import large

ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
RUNS = 10
NAIVE = """SELECT COUNT(*) FROM orders o JOIN pay_callback c ON c.out_trade_no = o.out_trade_no
WHERE o.status = 'pending' AND c.trade_state = 'SUCCESS'"""


def rows_read(database: Database) -> int:
    """Rows the server has read so far, for everybody, less what asking costs."""
    counters = database.run("SHOW GLOBAL STATUS LIKE 'Handler_read%'")
    return sum(int(value) for _, value in counters)


def probe(database: Database, name: str) -> tuple[list[float], list[int], float]:
    """Milliseconds and rows of each run while nobody else asks the server, and the orders found."""
    with workplace() as (folder, stack):
        asking = -rows_read(database) + rows_read(database)
        server, address = sidecar(folder, {"main": database.url(name)}, {"pending_paid": {"every": "1s"}})
        stack.enter_context(server)
        server.until(f"{address}/metrics", "\norder_health_pending_paid_orders{", 120)
        taken, rows, seen, before = [], [], 0.0, 0
        while len(rows) < RUNS + 1:
            page = fetch(f"{address}/metrics")
            (run,) = values(page, "order_health_probe_last_success_timestamp_seconds").values()
            if run != seen:
                seen, (seconds,) = run, values(page, "order_health_probe_duration_seconds").values()
                taken.append(seconds * 1000)
                now = rows_read(database)
                rows.append(now - before - asking)
                before = now
            time.sleep(0.02)
        found = sum(values(page, "order_health_pending_paid_orders").values())
    return taken[1:], rows[1:], found


def naive(database: Database, name: str) -> tuple[float, int]:
    """The statement that one would write first, as a peer's config would hold it."""
    before, began = rows_read(database), time.perf_counter()
    database.run(NAIVE, database=name)
    return (time.perf_counter() - began) * 1000, rows_read(database) - before


def main() -> None:
    folder = ROOT / ".cache" / f"orders-{ORDERS}"
    folder.mkdir(parents=True, exist_ok=True)
    with Database(folder, pool="3G") as database:
        large(database, ORDERS)
        rows = []
        for name, words in (("shop", "all indexes"), ("bare", "no time index")):
            plain = naive(database, name)
            taken, read, found = probe(database, name)
            middle = statistics.median(taken)
            rows.append(
                (words, f"{middle:.1f}", f"{max(taken):.1f}", max(read), round(found), f"{plain[0]:.0f}", plain[1])
            )
        head = (
            "orders table",
            "ms (median)",
            "ms (max)",
            "rows read (max)",
            "found",
            "naive join, ms",
            "naive join, rows",
        )
        table(f"pending_paid on {ORDERS:,} orders", head, rows)


if __name__ == "__main__":
    main()
