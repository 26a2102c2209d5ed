"""What /metrics does while the database is frozen, killed or hung: its p99, and when the old value leaves the page."""

import http.client
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pymysql
from harness import Database, UnavailableError, percentile, sidecar, table, workplace
from peers import QUERY_EXPORTER, query_exporter
from shopdata import small

CALM, FAULT = 8.0, 8.0
Fault = Callable[[Database], object]


class Scraper(threading.Thread):
    """Asks for /metrics on one kept-open connection, 100 times a second, and notes what it saw."""

    def __init__(self, address: str, value: str) -> None:
        super().__init__(daemon=True)
        self.address, self.value, self.done = address.removeprefix("http://"), value.encode(), threading.Event()
        self.seen: list[tuple[float, float, bool]] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.address, timeout=60)
        while not self.done.wait(0.01):
            began = time.perf_counter()
            try:
                connection.request("GET", "/metrics")
                there = self.value in connection.getresponse().read()
            except (OSError, http.client.HTTPException):
                connection.close()
                self.seen.append((began, math.inf, True))
            else:
                self.seen.append((began, time.perf_counter() - began, there))

    def p99(self, since: float, until: float) -> float:
        """Milliseconds of the requests that began in between."""
        return 1000 * percentile([taken for began, taken, _ in self.seen if since <= began < until], 0.99)

    def gone(self, since: float, until: float) -> float | None:
        """Seconds until the value left the page; None when it stayed."""
        return next((began - since for began, _, there in self.seen if since <= began < until and not there), None)

    def back(self, since: float) -> bool:
        return any(there for began, _, there in self.seen if began > since)


@contextmanager
def frozen(database: Database) -> Iterator[None]:
    os.kill(database.pid, signal.SIGSTOP)
    yield
    os.kill(database.pid, signal.SIGCONT)


@contextmanager
def killed(database: Database) -> Iterator[None]:
    os.kill(database.pid, signal.SIGKILL)
    database.server.process.wait()
    yield
    database.start()


@contextmanager
def locked(database: Database) -> Iterator[None]:
    """Another session holds the table: the probe's statement waits."""
    with database.connect("shop") as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES inventory WRITE")
        yield


@contextmanager
def asleep(database: Database) -> Iterator[None]:
    """The table is suddenly a view whose every row takes a minute."""
    view = "SELECT * FROM stock WHERE SLEEP(60) = 0"
    database.run("RENAME TABLE inventory TO stock", f"CREATE VIEW inventory AS {view}", database="shop")
    yield
    swap = ("SET lock_wait_timeout = 60", "DROP VIEW inventory", "RENAME TABLE stock TO inventory")
    heal = threading.Thread(target=database.run, args=swap, kwargs={"database": "shop"})
    heal.start()
    while heal.is_alive():  # whoever still reads the view holds it
        readers = database.run(
            "SELECT id FROM information_schema.processlist WHERE user = 'bench' AND info LIKE '%inventory%'"
        )
        for (reader,) in readers:
            with suppress(pymysql.Error):
                database.run(f"KILL QUERY {reader}")
        heal.join(0.2)


FAULTS: dict[str, Fault] = {
    "frozen (SIGSTOP)": frozen,
    "killed (kill -9)": killed,
    "table locked by another session": locked,
    "hung in SLEEP(60)": asleep,
}


def measure(fault: Fault, kind: str) -> tuple[str, ...]:
    """p99 before and during in milliseconds, when the value left, and when it was back, after the end of the fault."""
    with workplace() as (folder, stack):
        database = stack.enter_context(Database(folder))
        small(database)
        if kind == "order-health":
            probes = {"negative_stock": {"every": "1s", "timeout": "1s"}}
            server, address = sidecar(folder, {"main": database.url("shop")}, probes)
            value = "\norder_health_negative_stock_skus{"
        else:
            sql = "SELECT warehouse_id, SUM(quantity < 0) AS negative_stock FROM inventory GROUP BY warehouse_id"
            server, address = query_exporter(folder, database, {"negative_stock": (["warehouse_id"], sql)})
            value = "\nnegative_stock{"
        stack.enter_context(server)
        server.until(f"{address}/metrics", value)
        scraper = Scraper(address, value)
        scraper.start()
        calm = time.perf_counter()
        time.sleep(CALM)
        began = time.perf_counter()
        with fault(database):
            time.sleep(FAULT)
            ended = time.perf_counter()
        healed = time.perf_counter()
        while not scraper.back(healed) and time.perf_counter() - healed < 30:
            time.sleep(0.02)
        back = time.perf_counter() - healed
        scraper.done.set()
        scraper.join(60)
        gone = scraper.gone(began, ended)
        return (
            f"{scraper.p99(calm, began):.2f}",
            f"{scraper.p99(began, ended):.2f}",
            f"stayed all {FAULT:g} s" if gone is None else f"{gone:.2f}",
            f"{back:.2f}" if gone is not None else "",
        )


def main() -> None:
    rows = []
    for words, fault in FAULTS.items():
        for kind in ("order-health", QUERY_EXPORTER):
            try:
                rows.append((words, kind, *measure(fault, kind)))
            except UnavailableError as reason:
                rows.append((words, kind, f"left out: {reason}", "", "", ""))
    head = (
        "the database is",
        "",
        "p99 before, ms",
        "p99 during, ms",
        "old value gone after, s",
        "fresh value after the end, s",
    )
    table("/metrics while the database is away (probe every 1 s, timeout 1 s)", head, rows)


if __name__ == "__main__":
    main()
