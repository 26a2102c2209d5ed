"""How long /metrics takes with 1,000 and 10,000 series for four keep-alive clients, beside the peers."""

import re
import subprocess
import time
from pathlib import Path

from harness import Database, Server, UnavailableError, command, fetch, sidecar, table, workplace
from peers import QUERY_EXPORTER, SQL_EXPORTER, query_exporter, sql_exporter
from shopdata import small

SIZES = (1000, 10_000)
CLIENTS, SECONDS = 4, 5
_UNIT = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def hammer(address: str) -> dict[str, float]:
    """p50 and p99 in milliseconds and requests a second, as wrk saw them."""
    argv = [
        command("wrk"),
        "-t1",
        f"-c{CLIENTS}",
        f"-d{SECONDS}s",
        "--timeout",
        "10s",
        "--latency",
        f"{address}/metrics",
    ]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = {}
    for share in ("50", "99"):
        number, unit = re.search(rf"\b{share}%\s+([\d.]+)(us|ms|s|m)\b", said).groups()
        found[share] = float(number) * _UNIT[unit]
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{address} answered with errors\n{said}")
    return {**found, "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1])}


def lines(page: str) -> int:
    return sum(1 for line in page.splitlines() if line and not line.startswith("#"))


def ours(folder: Path, database: Database, size: int) -> tuple[Server, str]:
    """A thousand series a shop: every warehouse has its lowest quantity, and the first 200 have their count."""
    small(database, warehouses=800, rows=800)
    shops = {f"shop{number}": database.url("shop") for number in range(size // 1000)}
    return sidecar(folder, shops, {"negative_stock": {"every": "5s"}})


def theirs(folder: Path, database: Database, size: int, kind: str) -> tuple[Server, str]:
    """One series a warehouse, of twice the warehouses."""
    small(database, warehouses=size, rows=size)
    sql = "SELECT warehouse_id, SUM(quantity < 0) AS negative_stock FROM inventory GROUP BY warehouse_id"
    begin = query_exporter if kind == QUERY_EXPORTER else sql_exporter
    return begin(folder, database, {"negative_stock": (["warehouse_id"], sql)}, every=5)


def measure(kind: str, size: int) -> tuple[object, ...]:
    """One row of the table."""
    with workplace() as (folder, stack):
        database = stack.enter_context(Database(folder))
        try:
            server, address = (
                ours(folder, database, size) if kind == "order-health" else theirs(folder, database, size, kind)
            )
        except UnavailableError as reason:
            return kind, size, f"left out: {reason}", "", "", ""
        with server:
            server.until(f"{address}/metrics", "negative_stock")
            while lines(page := fetch(f"{address}/metrics", 20)) < size:
                if time.perf_counter() - server.began > 60:
                    raise RuntimeError(f"{kind} shows {lines(page)} series, not {size}")
                time.sleep(0.2)
            seen = hammer(address)
        return kind, lines(page), len(page) // 1024, seen["50"], seen["99"], round(seen["rate"])


def main() -> None:
    for size in SIZES:
        rows, best = [], 0.0
        for kind in ("order-health", QUERY_EXPORTER, SQL_EXPORTER):
            row = measure(kind, size)
            if isinstance(row[3], float):
                best = best or row[3]
                row = (*row[:3], f"{row[3]:.2f}", f"{row[4]:.2f}", row[5], f"{row[3] / best:.0f}×")
            rows.append(row)
        head = ("", "series", "KiB", "p50, ms", "p99, ms", "requests/s", "p50 against ours")
        table(f"/metrics with {size:,} series, {CLIENTS} keep-alive clients, {SECONDS} s", head, rows)


if __name__ == "__main__":
    main()
