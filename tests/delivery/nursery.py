"""Starts sidecars quickly so that they can be killed often: a warm process that forks one for every line it reads.

Each is a process of its own with the real state, judge, sender and DingTalk channel; what it lacks of a whole sidecar
are the probes and the pages. It notes in shared memory what it is doing, so that a kill is known by its instant.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import requests  # noqa: F401 - imported before the fork, not in each

from exporter import cards
from exporter.config import load
from exporter.delivery import Sender
from exporter.delivery.post import Post
from exporter.judge import Bench, Judge
from exporter.metrics import Exposition
from exporter.model import Reading
from exporter.probes import known
from exporter.probes.negative_stock import tell
from exporter.rules import Rulebook
from exporter.state import State

WORLD, JUDGING, SENDING, SIZE = 0, 8, 9, 16
"""Bytes of the shared memory: the last alert that has begun, and what judge and sender are doing."""

OPEN = 15
"""So many alerts fire at a time; older ones have ended."""

IDLE, CLAIMING, CLAIMED, POSTING, ANSWERED = range(5)
COMMITTING = 1

CONFIG = """\
shops: {{main: {{database: "sqlite:///shop.db", tables: plain, probes: {{negative_stock: {{}}}}}}}}
channels: {{ops: {{kind: dingtalk, token: t, secret: SECx, per_minute: 100000, endpoint: "{url}"}}}}
alerts:
  rules: chaos.yml
  routes: [{{to: [ops], group_by: "...", repeat_interval: 0s, mention: {{critical: ["13800000000"]}}}}]
"""
RULES = """\
groups:
  - name: chaos
    rules:
      - alert: Chaos
        expr: order_health_negative_stock_skus{warehouse=~".*[02468]"} > 0
        labels: {severity: critical}
        annotations: {summary: "card <{{ $labels.warehouse }}>"}
      - alert: Chaos
        expr: order_health_negative_stock_skus{warehouse=~".*[13579]"} > 0
        labels: {severity: warning}
        annotations: {summary: "card <{{ $labels.warehouse }}>"}
"""


def world(shared: mmap.mmap) -> int:
    return int.from_bytes(shared[WORLD : WORLD + 8], "big")


class Noting(State):
    """The state, noting which transaction is under way."""

    shared: mmap.mmap

    def commit(self, *given, **more):
        self.shared[JUDGING] = COMMITTING
        super().commit(*given, **more)
        self.shared[JUDGING] = IDLE

    def claim(self, *given):
        self.shared[SENDING] = CLAIMING
        taken = super().claim(*given)
        self.shared[SENDING] = CLAIMED
        return taken

    def extend(self, *given):
        super().extend(*given)
        self.shared[SENDING] = CLAIMED

    def accept(self, *given):
        super().accept(*given)
        self.shared[SENDING] = IDLE


def live(folder: Path, config, bench, shared: mmap.mmap) -> None:
    """Judges and sends until it is killed."""
    state = Noting(f"sqlite:///{folder}/state.db")
    state.shared = shared
    state.own()
    own = Post()

    def post(request):
        shared[SENDING] = POSTING
        response = own(request)
        shared[SENDING] = ANSWERED
        return response

    sender = Sender(state, config.channels, now=utc_now, merge=cards.digest, post=post, lease=0.2)
    exposition = Exposition()
    judge = Judge(bench, state, exposition.series, sender.wake)
    sender.start()
    thresholds = known()["negative_stock"]().thresholds()
    while True:
        last = world(shared)
        samples = tuple(tell.SKUS(1, warehouse=str(each)) for each in range(max(1, last - OPEN + 1), last + 1))
        exposition.put(Reading("negative_stock", "main", utc_now(), 0.1, samples), thresholds)
        judge.sit(utc_now())
        time.sleep(0.005)


def utc_now() -> datetime:
    return datetime.now(UTC)


def main(folder: Path) -> None:
    """For every line on stdin a process is born; its number, and later `gone`, stand on stdout."""
    config = load(folder / "config.yaml")
    bench = Bench(Rulebook.load(config.rule_files()), config)
    with (folder / "shared").open("r+b") as file:
        shared = mmap.mmap(file.fileno(), SIZE)
    _say("ready")
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            live(folder, config, bench, shared)
        _say(str(child))
        os.waitpid(child, 0)
        _say("gone")


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
