"""Kills sidecars at random instants between flip and receipt, and counts what the room got; `make chaos` kills 1,000."""

from __future__ import annotations

import json
import mmap
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from exporter.state import State
from tests.delivery import nursery
from tests.delivery.rooms import OK, Room, a_room

SEED = 20261122
LONGEST_LIFE = 0.25
MOST_BEHIND = 20
LONGEST_ANSWER = 0.008
PATIENCE = 120.0
MARK = "(可能重复)"
DOING = ("neither", "claiming", "between claim and POST", "during POST", "between answer and mark")


@dataclass
class Outcome:
    """`got` and `unmarked` count messages by what they tell; `killed` counts kills by what was going on."""

    kills: int = 0
    seconds: float = 0.0
    wanted: set[str] = field(default_factory=set)
    got: Counter[str] = field(default_factory=Counter)
    unmarked: Counter[str] = field(default_factory=Counter)
    killed: Counter[str] = field(default_factory=Counter)
    read_so_far: int = 0

    def read(self, room: Room) -> None:
        """What the room got since the last time."""
        new = room.got[self.read_so_far :]
        self.read_so_far += len(new)
        for _, body in new:
            said = body.get(body["msgtype"], {}).get("title") or json.dumps(body, ensure_ascii=False)
            number = re.search(r"card [<＜](\d+)", said)[1]
            kind = "call" if body["msgtype"] == "text" else "resolved" if "已恢复" in said else "firing"
            self.got[f"{kind} {number}"] += 1
            self.unmarked[f"{kind} {number}"] += MARK not in said

    @property
    def lost(self) -> set[str]:
        return self.wanted - set(self.got)

    @property
    def strange(self) -> set[str]:
        return set(self.got) - self.wanted

    @property
    def repeats(self) -> int:
        return self.got.total() - len(self.got)

    @property
    def in_flight(self) -> int:
        """Kills with a message on its way or its answer not yet written down: each may cost one repeat."""
        return sum(count for name, count in self.killed.items() if name.endswith(DOING[nursery.POSTING :]))

    @property
    def faults(self) -> list[str]:
        """What must not be."""
        return [
            *([f"{len(self.lost)} lost: {sorted(self.lost)[:9]}"] if self.lost else []),
            *([f"{len(self.strange)} never written: {sorted(self.strange)[:9]}"] if self.strange else []),
            *([f"{self.unmarked_repeats} repeats without a mark"] if self.unmarked_repeats else []),
            *([f"{self.repeats} repeats of {self.in_flight} kills"] if self.repeats > self.in_flight else []),
        ]

    @property
    def unmarked_repeats(self) -> int:
        return sum(count - 1 for count in self.unmarked.values() if count > 1)

    def __str__(self) -> str:
        at = "\n".join(f"  {count:5,} {name}" for name, count in sorted(self.killed.items(), key=lambda each: -each[1]))
        return (
            f"{self.kills:,} kills in {self.seconds:.0f} s, {len(self.wanted):,} messages wanted, "
            f"{self.got.total():,} in the room: {len(self.lost)} lost, {self.repeats} repeated, "
            f"{self.unmarked_repeats} of these without a mark\n"
            f"killed while judge and sender were at:\n{at}"
        )


def run(folder: Path, kills: int, seed: int = SEED) -> Outcome:
    """With every life an alert begins and one ends, unless the room is far behind; after the last kill one sidecar is
    let live until all is told.
    """
    chance, outcome = random.Random(seed), Outcome()
    (folder / "chaos.yml").write_text(nursery.RULES)
    (folder / "shared").write_bytes(bytes(nursery.SIZE))
    began = time.monotonic()

    def answer(_):
        time.sleep(chance.uniform(0.0, LONGEST_ANSWER))
        return OK

    with a_room(answer) as room:
        (folder / "config.yaml").write_text(nursery.CONFIG.format(url=room.url))
        with _nursery(folder) as (births, shared):
            last = 0
            for _ in range(kills):
                outcome.read(room)
                if len(_wanted(last) - set(outcome.got)) < MOST_BEHIND:
                    last += 1
                    shared[nursery.WORLD : nursery.WORLD + 8] = last.to_bytes(8, "big")
                shared[nursery.JUDGING] = shared[nursery.SENDING] = nursery.IDLE
                child = _born(births)
                time.sleep(chance.uniform(0.0, LONGEST_LIFE))
                _kill(child, births)
                judging, sending = shared[nursery.JUDGING], shared[nursery.SENDING]
                outcome.killed[("committing, " if judging else "") + DOING[sending]] += 1
            outcome.kills, outcome.wanted = kills, _wanted(last)
            _until_told(folder, births, room, outcome)
    outcome.seconds = time.monotonic() - began
    return outcome


@contextmanager
def _nursery(folder: Path) -> Iterator[tuple[subprocess.Popen[str], mmap.mmap]]:
    births = subprocess.Popen(
        [sys.executable, "-m", "tests.delivery.nursery", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert births.stdout.readline() == "ready\n"
    try:
        with (folder / "shared").open("r+b") as file:
            yield births, mmap.mmap(file.fileno(), nursery.SIZE)
    finally:
        births.stdin.close()
        births.wait(30)
        births.stdout.close()


def _born(births: subprocess.Popen[str]) -> int:
    births.stdin.write("\n")
    births.stdin.flush()
    return int(births.stdout.readline())


def _kill(child: int, births: subprocess.Popen[str]) -> None:
    os.kill(child, signal.SIGKILL)
    assert births.stdout.readline() == "gone\n"


def _wanted(last: int) -> set[str]:
    """Every alert begins and, but for the last ones, ends; those of even numbers call somebody when they begin."""
    cards = {f"firing {each}" for each in range(1, last + 1)}
    ended = {f"resolved {each}" for each in range(1, last - nursery.OPEN + 1)}
    return cards | ended | {f"call {each}" for each in range(2, last + 1, 2)}


def _until_told(folder: Path, births: subprocess.Popen[str], room: Room, outcome: Outcome) -> None:
    child, end = _born(births), time.monotonic() + PATIENCE
    state = State(f"sqlite:///{folder}/state.db")
    try:
        while time.monotonic() < end and (outcome.lost or state.waiting()):
            time.sleep(0.1)
            outcome.read(room)
    finally:
        state.close()
        _kill(child, births)
    outcome.read(room)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        found = run(Path(place), int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
    print(found)  # noqa: T201 - it is a command
    sys.exit("\n".join(found.faults) or None)
