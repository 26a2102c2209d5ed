from __future__ import annotations

import threading
import time

from exporter.sittings import Sittings
from exporter.state import StateFaultError


def test_it_judges_on_news_and_otherwise_at_its_interval():
    sat = threading.Semaphore(0)
    sittings = Sittings(sat.release, lambda: 0.2)
    sittings.start()
    assert sat.acquire(timeout=5)
    assert sat.acquire(timeout=5)
    sittings.stop()


def test_a_fault_that_lasts_is_logged_once_and_ends_nothing(caplog):
    caplog.set_level("INFO")
    rounds = []

    def sit():
        rounds.append(1)
        if len(rounds) < 4:
            raise StateFaultError("state: sqlite:///x.db: disk full")

    sittings = Sittings(sit, lambda: 0.02)
    sittings.start()
    until = time.monotonic() + 5
    while len(rounds) < 6 and time.monotonic() < until:
        time.sleep(0.01)
    sittings.stop()
    assert caplog.text.count("disk full") == 1
    assert caplog.text.count("judged again") == 1
    assert "Traceback" not in caplog.text


def test_it_rests_longer_than_it_works():
    began = time.monotonic()
    rounds = []

    def sit():
        rounds.append(1)
        time.sleep(0.02)

    sittings = Sittings(sit, lambda: 0.001)
    sittings.start()
    time.sleep(0.6)
    sittings.stop()
    assert 1 <= len(rounds) <= (time.monotonic() - began) / 0.1 + 1
