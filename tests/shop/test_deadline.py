"""One watchdog for everything that waits on a database."""

from __future__ import annotations

import threading
import time

from exporter.database import deadline
from exporter.database.deadline import Deadline, Watchdog


def test_each_of_many_is_severed_at_its_own_deadline():
    watchdog, ends, begun = Watchdog(), {}, time.monotonic()

    def hang(seconds):
        severed = threading.Event()
        with watchdog.until(Deadline(seconds), severed.set) as bite:
            severed.wait(10)
            ends[seconds] = time.monotonic() - begun
            assert bite.done

    waits = [0.4, 0.1, 0.3, 0.2]
    threads = [threading.Thread(target=hang, args=(seconds,)) for seconds in waits]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(seconds - 0.01 <= ends[seconds] < seconds + 0.3 for seconds in waits)
    assert sorted(ends, key=ends.get) == sorted(waits)


def test_what_ends_in_time_is_left_alone():
    severed = []
    watchdog = Watchdog()
    with watchdog.until(Deadline(0.05), lambda: severed.append("early")) as bite:
        pass
    with watchdog.until(Deadline(0.2), lambda: severed.append("late")):
        time.sleep(0.1)
    assert severed == []
    assert not bite.done


def test_the_watchdog_goes_home_when_nothing_is_asked_and_comes_back(monkeypatch):
    monkeypatch.setattr(deadline, "_IDLE", 0.05)
    watchdog = Watchdog()
    with watchdog.until(Deadline(0.6), lambda: None):
        thread = watchdog._thread
        thread.join(0.2)
        assert thread.is_alive(), "it watches"
    thread.join(10)
    assert not thread.is_alive()
    severed = threading.Event()
    with watchdog.until(Deadline(0.05), severed.set):
        assert severed.wait(5)
