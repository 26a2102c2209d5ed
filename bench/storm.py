"""What a storm costs: 20,000 and 100,000 alerts at once, grouped and each on its own; rounds, cards, memory.

Judge, state (SQLite) and sender are the real ones; the room is a function that says yes. The clock is moved on as fast
as messages may leave, so that "told" is what the sender computes and not what it waits.
"""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from harness import table

from exporter import cards
from exporter.config import load
from exporter.delivery import Sender
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Case, Reading
from exporter.probes import known
from exporter.probes.negative_stock import tell
from exporter.rules import Rulebook
from exporter.state import State

PER_RULE = 10_000
CASES = ((20_000, "[shop, alertname]"), (100_000, "[shop, alertname]"), (20_000, '["..."]'), (100_000, '["..."]'))
CONFIG = """\
shops: {{main: {{database: "sqlite:///shop.db", tables: plain, probes: {{negative_stock: {{}}}}}}}}
channels: {{ops: {{kind: dingtalk, token: t, secret: SECx}}}}
alerts: {{rules: storm.yml, routes: [{{to: [ops], group_by: {by}}}]}}
web: {{external_url: http://oh.example.com}}
"""


class Storm:
    def __init__(self, folder: Path, count: int, by: str) -> None:
        rules = range(-(-count // PER_RULE))
        lines = [
            f"  - {{alert: R{n}, expr: 'order_health_negative_stock_skus{{warehouse=~\"w{n}-.*\"}} > 0', "
            "labels: {severity: warning}, annotations: {summary: '{{ $labels.warehouse }} is below zero'}}"
            for n in rules
        ]
        (folder / "storm.yml").write_text("\n".join(["groups:", "- name: storm", "  rules:", *lines]) + "\n")
        file = folder / "config.yaml"
        file.write_text(CONFIG.format(by=by))
        config = load(file)
        self.count, self.ahead, self.sent = count, timedelta(), 0
        self.state, self.exposition = State(f"sqlite:///{folder}/s.db"), Exposition()
        self.sender = Sender(self.state, config.channels, now=self.now, merge=cards.digest, post=self.post)
        self.judge = Judge(
            Bench(Rulebook.load(config.rule_files()), config), self.state, self.exposition.series, self.sender.wake
        )
        self.sender.start()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def post(self, _request: requests.Request) -> requests.Response:
        self.sent += 1
        yes = requests.Response()
        yes.status_code, yes._content = 200, b'{"errcode":0}'  # noqa: SLF001 - there is no other way to make one
        return yes

    def round(self, value: int) -> float:
        """Seconds of one round over these samples."""
        names = [f"w{n // PER_RULE}-{n}" for n in range(self.count)]
        samples = tuple(tell.SKUS(value, warehouse=name, evidence=(Case(f"SKU-{name}"),) * value) for name in names)
        reading = Reading("negative_stock", "main", self.now(), 0.1, samples)
        self.exposition.put(reading, known()["negative_stock"]().thresholds())
        began = time.perf_counter()
        self.judge.sit(self.now())
        return time.perf_counter() - began

    def told(self) -> tuple[float, int]:
        """Seconds until nothing waits, and the messages that took."""
        began, before = time.perf_counter(), self.sent
        while self.state.waiting():
            self.ahead += timedelta(seconds=2)
            self.sender.wake()
            time.sleep(0.05)
        return time.perf_counter() - began, self.sent - before


def measured(count: int, by: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(Path(folder), count, by)
        storm.round(0)
        begin = storm.round(1)
        told, messages = storm.told()
        quiet = storm.round(1)
        storm.ahead += timedelta(minutes=2)
        end = storm.round(0)
        over, last = storm.told()
        storm.sender.stop()
        storm.state.close()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        size = (Path(folder) / "s.db").stat().st_size / 2**20
    figures = (begin, told, messages, quiet, end, over, last, peak, size)
    print("|".join(f"{each:.1f}" if isinstance(each, float) else str(each) for each in figures))


def main() -> int:
    """Each in a process of its own, so that memory is its own."""
    head = (
        "alerts",
        "by",
        "begin s",
        "told s",
        "messages",
        "quiet s",
        "end s",
        "told s",
        "messages",
        "MiB",
        "file MiB",
    )
    rows = []
    for count, by in CASES:
        run = subprocess.run(
            [sys.executable, __file__, str(count), by], capture_output=True, text=True, check=False, timeout=1800
        )
        rows.append(
            (f"{count:,}", by, *(run.stdout.strip().split("|") if run.returncode == 0 else [run.stderr[-300:]]))
        )
    table("A storm of alerts", head, rows)
    return any(len(row) < len(head) for row in rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measured(int(sys.argv[1]), sys.argv[2])
    else:
        sys.exit(main())
