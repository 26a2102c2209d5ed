"""What a run of each probe costs, and a cycle of all, on 5 million orders and 200,000 rows of stock."""

import os
import statistics
import sys
import time
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from harness import ROOT, Database, fetch, sidecar, table, values, workplace, written
from probes import PROBES as TOGETHER
from shopdata import STOCK, large

from exporter.commands import opened
from exporter.config import load
from exporter.probes import known
from exporter.reading import read

ORDERS = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
RUNS = 30
SETTLING = 3
"""First runs that are left out: the first reads the whole window, the next two what it left."""
CYCLES, EVERY = 12, 30
"""A cycle stands for so many seconds: probes are told that it is that much later, and find what came in between."""
SHOPS = {"shop": "all indexes", "bare": "no index on time or quantity"}
PROBES = {"pending_paid": "order_health_pending_paid_orders", "negative_stock": "order_health_negative_stock_truncated"}
NAIVE = {
    "pending_paid": "SELECT COUNT(*) FROM orders o JOIN pay_callback c ON c.out_trade_no = o.out_trade_no"
    " WHERE o.status = 'pending' AND c.trade_state = 'SUCCESS'",
    "negative_stock": "SELECT COUNT(*) FROM inventory WHERE quantity < 0",
}


@dataclass
class Cost:
    """Of one probe on one shop; `rows` are of the run that read most, `cpu` is the whole process', both per run."""

    milliseconds: list[float]
    rows: int
    cpu: float
    found: float


class Counter:
    """Rows that the server has read for everybody but this one connection's own question."""

    def __init__(self, database: Database) -> None:
        self._cursor = database.connect().cursor()
        self._own = -self._asked() + self._asked()

    def since_last(self) -> int:
        before, self._last = self._last, self._asked()
        return self._last - before - self._own

    def _asked(self) -> int:
        self._cursor.execute("SHOW GLOBAL STATUS LIKE 'Handler_read%'")
        self._last = sum(int(value) for _, value in self._cursor.fetchall())
        return self._last


def cpu(pid: int) -> float:
    """Milliseconds that a process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def probe(database: Database, name: str, kind: str) -> Cost:
    """A sidecar that runs the probe every second, and nobody else asks the server."""
    with workplace() as (folder, stack):
        server, address = sidecar(folder, {"main": database.url(name)}, {kind: {"every": "1s"}})
        stack.enter_context(server)
        server.until(f"{address}/metrics", f"\n{PROBES[kind]}{{", 120)
        counter, taken, rows, seen, began = Counter(database), [], [], 0.0, 0.0
        while len(taken) < RUNS + SETTLING:
            page = fetch(f"{address}/metrics")
            (run,) = values(page, "order_health_probe_last_success_timestamp_seconds").values()
            if run != seen:
                seen, (seconds,) = run, values(page, "order_health_probe_duration_seconds").values()
                taken.append(seconds * 1000)
                rows.append(counter.since_last())
                began = cpu(server.process.pid) if len(taken) == SETTLING else began
            time.sleep(0.05)
        used = (cpu(server.process.pid) - began) / RUNS
        found = sum(values(page, PROBES[kind].replace("truncated", "skus")).values())
    return Cost(taken[SETTLING:], max(rows[SETTLING:]), used, found)


@dataclass(frozen=True)
class Spent:
    """Statements, milliseconds that we waited for them, milliseconds that the server was busy, rows that it read."""

    statements: int = 0
    waited: float = 0.0
    busy: float = 0.0
    rows: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(*(mine + its for mine, its in zip(astuple(self), astuple(other), strict=True)))


def cycles(database: Database) -> list[dict[str, Spent]]:
    """Per cycle what each probe spent: all in turn over one connection, as the sidecar runs them."""
    counter = Counter(database)
    with workplace() as (folder, stack):
        config = load(written(folder, {"main": database.url("shop")}, dict(TOGETHER)))
        shop = opened(config)["main"]
        stack.callback(shop.close)
        began, found = datetime.now(UTC), []
        for number in range(SETTLING + CYCLES):
            spent = dict.fromkeys(TOGETHER, Spent())
            for name, settings in config.shops["main"].parts("main").items():
                before = busy(database)
                counter.since_last()
                bounded = shop.bounded(name.probe, settings.timeout, name.part)
                reading = read(name.probe, settings, bounded, began + timedelta(seconds=EVERY * number))
                if reading.error:
                    raise RuntimeError(f"{name.said}: {reading.error}")
                rows, waited = counter.since_last(), 1000 * sum(asked.seconds for asked in bounded.trace)
                spent[name.probe] += Spent(len(bounded.trace), waited, busy(database) - before, rows)
            found.append(spent)
    return found[SETTLING:]


def together(database: Database) -> None:
    """The table of a cycle: each probe, all of them, and those of them that run more often than once an hour."""
    found, rows = cycles(database), []
    often = [name for name in TOGETHER if known()[name].model_fields["every"].default < 3600]
    sums = {**{name: [name] for name in TOGETHER}, "all": list(TOGETHER), f"all but the hourly ({len(often)})": often}
    for name, members in sums.items():
        spent = [sum((cycle[each] for each in members), Spent()) for cycle in found]
        shown = [[astuple(each)[column] for each in spent] for column in range(4)]
        statements, waited, busy, read_ = shown
        times = (f"{share(taken):.1f}" for taken in (waited, busy) for share in (statistics.median, max))
        rows.append((name, max(statements), *times, max(read_)))
    head = (
        "probe",
        "statements (max)",
        "waited, ms (median)",
        "(max)",
        "server busy, ms (median)",
        "(max)",
        "rows read (max)",
    )
    table(f"A cycle of all database probes on {ORDERS:,} orders, {EVERY} s after the one before", head, rows)


def busy(database: Database) -> float:
    """Milliseconds that the server has spent on statements of the reader's account."""
    (found,) = database.run(
        "SELECT SUM(SUM_TIMER_WAIT) / 1e9 FROM performance_schema.events_statements_summary_by_user_by_event_name"
        " WHERE USER = 'bench'"
    )[0]
    return float(found or 0)


def key_query(database: Database) -> float:
    """Median milliseconds of reading one order by its key: what this machine can do just now."""
    taken = []
    with database.connect("shop") as connection, connection.cursor() as cursor:
        for number in range(1, 501):
            began = time.perf_counter()
            cursor.execute("SELECT status FROM orders WHERE id = %s", (number * 1000,))
            cursor.fetchall()
            taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def naive(database: Database, name: str, kind: str) -> tuple[float, int]:
    """The statement that one would write first, as a peer's config would hold it."""
    counter, began = Counter(database), time.perf_counter()
    database.run(NAIVE[kind], database=name)
    return (time.perf_counter() - began) * 1000, counter.since_last()


def main() -> None:
    folder = ROOT / ".cache" / f"orders-{ORDERS}"
    folder.mkdir(parents=True, exist_ok=True)
    head = ("probe", "tables", "ms (min)", "ms (median)", "ms (max)", "x key query", "CPU ms a run, whole process")
    head += ("rows read (max)", "found", "naive, ms", "naive, rows")
    with Database(folder, "--performance-schema=ON", pool="3G") as database:
        large(database, ORDERS)
        rows = []
        for kind in PROBES:
            for name, words in SHOPS.items():
                milliseconds, asked = naive(database, name, kind)
                cost = probe(database, name, kind)
                times = min(cost.milliseconds), statistics.median(cost.milliseconds), max(cost.milliseconds)
                shown = (f"{each:.1f}" for each in times)
                ratio = f"{times[1] / key_query(database):.0f}"
                more = (ratio, f"{cost.cpu:.1f}", cost.rows, round(cost.found), f"{milliseconds:.0f}", asked)
                rows.append((kind, words, *shown, *more))
        together(database)
        table(f"Probes each second on {ORDERS:,} orders and {STOCK:,} rows of stock", head, rows)


if __name__ == "__main__":
    main()
