"""The sender's process is killed at any instant: no card is lost, at most one a kill is repeated, and marked as such."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from exporter.state import State
from tests.delivery.rooms import OK, a_card, a_room

KILLS = 12
CARDS = 120
MARK = "(可能重复) "

SENDER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from exporter.delivery import Sender
from exporter.state import State
from tests.delivery.rooms import LocalChannel, merged
sender = Sender(State(sys.argv[1]), {"ops": LocalChannel(url=sys.argv[2], per_minute=100000)},
                now=lambda: datetime.now(UTC), merge=merged, lease=0.2)
sender.start()
print("started", flush=True)
threading.Event().wait()
"""


def test_a_sender_that_is_killed_at_any_instant_loses_no_card(tmp_path):
    chance = random.Random(20261122)
    url = f"sqlite:///{tmp_path}/state.db"
    state = State(url)

    def answer(_):
        time.sleep(chance.uniform(0.0, 0.02))
        return OK

    with a_room(answer) as room:
        state.commit({}, [("ops", a_card(f"card {number}")) for number in range(CARDS)], datetime.now(UTC))
        kills = 0
        while state.waiting():
            child = subprocess.Popen(
                [sys.executable, "-c", SENDER, url, room.url], cwd=Path.cwd(), stdout=subprocess.PIPE
            )
            assert child.stdout.readline() == b"started\n"
            if kills < KILLS:
                time.sleep(chance.uniform(0.0, 0.35))
            else:
                end = time.monotonic() + 40
                while state.waiting() and time.monotonic() < end:
                    time.sleep(0.05)
                assert not state.waiting()
            child.send_signal(signal.SIGKILL)
            child.wait(10)
            child.stdout.close()
            kills += 1
        got = Counter(title.removeprefix(MARK) for title in room.titles)
        unmarked = Counter(title for title in room.titles if not title.startswith(MARK))
    state.close()
    assert kills > 3, "it was too quick to be killed"
    assert set(got) == {f"card {number}" for number in range(CARDS)}
    assert sum(got.values()) - CARDS <= kills
    assert set(unmarked.values()) == {1}, "a repeat was not marked"
