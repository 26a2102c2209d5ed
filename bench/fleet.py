"""200 databases × 5 probes every 15 s: how late runs start, what they cost, and what one hung database changes."""

import os
import signal
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness import Database, Server, fetch, percentile, sidecar, table, values, workplace
from probes import PROBES, WANTED
from shopdata import small

SHOPS = int(sys.argv[1]) if len(sys.argv) > 1 else 200
EVERY, MINUTE = 15.0, 60.0
MANY = (
    "--max-connections=500",
    "--table-open-cache=4000",
    "--performance-schema",
    "--performance-schema-digests-size=200",
)
"""One server stands for 200: it keeps as many statement digests as one shop's would."""
AS_IN_THE_IMAGE = {"MALLOC_ARENA_MAX": "2"}


@dataclass(frozen=True)
class Run:
    """One line of timed.py; all times are Unix time."""

    name: str
    due: float
    began: float
    ended: float
    answered: bool

    @classmethod
    def read(cls, line: str) -> "Run":
        name, due, began, ended, answered = line.split()
        return cls(name, float(due), float(began), float(ended), answered == "True")


@dataclass
class Fleet:
    """The sidecar over all databases; the last one, `apart`, lives on a server of its own."""

    server: Server
    address: str
    log: Path
    databases: tuple[Database, ...]

    def span(self, words: str, seconds: float = 0.0, *, ready: bool = False) -> tuple[object, ...]:
        """A row of the table, over so many seconds, or until every probe has run."""
        began, cpu, most, skipped = time.time(), self.cpu(), 0, self.skipped()
        while not self.ready() if ready else time.time() - began < seconds:
            time.sleep(0.5)
            most = max(most, self.connections())
        taken = time.time() - began
        runs = [run for run in map(Run.read, self.log.read_text().splitlines()) if run.due >= began]
        well = [run for run in runs if not run.name.startswith("apart/")]
        late = [1000 * (run.began - run.due) for run in well]
        lasted = [1000 * (run.ended - run.began) for run in well]
        figures = (len(well), sum(not run.answered for run in well), *spread(late), *spread(lasted))
        used = f"{100 * (self.cpu() - cpu) / taken:.0f}"
        return (words, f"{taken:.1f}", *figures, self.skipped() - skipped, most, f"{self.server.rss():.0f}", used)

    def ready(self) -> bool:
        if self.server.process.poll() is not None:
            raise RuntimeError(self.server.log.read_text()[-2000:])
        return "is ready" in fetch(f"{self.address}/-/ready")

    def skipped(self) -> int:
        found = values(fetch(f"{self.address}/metrics", 10), "order_health_probe_skipped_runs_total")
        return round(sum(count for labels, count in found.items() if 'shop="apart"' not in labels))

    def connections(self) -> int:
        asked = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'bench'"
        return sum(int(database.run(asked)[0][0]) for database in self.databases[:1])

    def cpu(self) -> float:
        """Seconds that the sidecar has computed so far."""
        fields = Path(f"/proc/{self.server.process.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def spread(milliseconds: Iterable[float]) -> tuple[str, ...]:
    found = list(milliseconds) or [0.0]
    return tuple(f"{percentile(found, share):.0f}" for share in (0.5, 0.99, 1))


def main() -> None:
    every = EVERY * len(PROBES) / WANTED
    with workplace() as (folder, stack):
        many = stack.enter_context(Database(folder / "many", *MANY))
        apart = stack.enter_context(Database(folder / "apart"))
        urls = {}
        for number in range(SHOPS - 1):
            small(many, f"shop{number}", orders=500, rows=200)
            urls[f"shop{number}"] = many.url(f"shop{number}")
        small(apart, orders=500, rows=200)
        urls["apart"] = apart.url("shop")
        log = folder / "runs"
        log.touch()
        probes: dict[str, object] = {name: {"every": f"{every:g}s", **settings} for name, settings in PROBES.items()}
        program = (sys.executable, Path(__file__).with_name("timed.py"), log)
        server, address = sidecar(folder, urls, probes, program=program, env=AS_IN_THE_IMAGE)
        stack.enter_context(server)
        server.until(f"{address}/-/healthy", "healthy")
        fleet = Fleet(server, address, log, (many, apart))
        rows = [fleet.span("start, until each has run", ready=True), fleet.span("steady", MINUTE)]
        os.kill(apart.pid, signal.SIGSTOP)
        rows.append(fleet.span("one database frozen: the others", MINUTE))
        os.kill(apart.pid, signal.SIGCONT)
    head = ("", "s", "runs", "failed", "start delay, ms: p50", "p99", "max", "run, ms: p50", "p99", "max")
    head += ("skipped", "connections", "resident MiB", "CPU, % of a core")
    table(f"{SHOPS} databases × {WANTED} probes every {EVERY:g} s", head, rows)


if __name__ == "__main__":
    main()
