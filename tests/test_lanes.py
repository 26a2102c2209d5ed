"""Where runs happen: one after another in a lane, side by side in several, in no more threads than are at work."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from exporter import lanes
from exporter.lanes import Lanes, first_runs


@pytest.fixture
def scheduler():
    running = BackgroundScheduler(timezone="UTC", job_defaults={"misfire_grace_time": None})
    running.start()
    yield running
    if running.running:
        running.shutdown()


def until(truth, seconds=10.0):
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "run"]


class Job:
    """Notes which runs of it are under way, and holds each until `gate` is open."""

    def __init__(self):
        self.gate, self.at_work, self.done = threading.Event(), [], []

    def __call__(self, name):
        self.at_work.append(name)
        self.gate.wait(20)
        self.done.append(name)


def test_runs_of_a_lane_wait_for_each_other_and_hold_up_no_other_lane(scheduler):
    job, other = Job(), Job()
    other.gate.set()
    with Lanes(scheduler).only({"hung", "well"}):
        scheduler.add_job(job, args=("a",), executor="hung")
        scheduler.add_job(job, args=("b",), executor="hung")
        until(lambda: job.at_work)
        scheduler.add_job(other, args=("c",), executor="well")
        until(lambda: other.done)
        assert job.at_work == ["a"]
        job.gate.set()
        until(lambda: job.done == ["a", "b"])


def test_many_lanes_that_work_in_turn_need_one_thread(scheduler):
    before = set(threads())
    job = Job()
    job.gate.set()
    names = [f"lane {number}" for number in range(50)]
    with Lanes(scheduler).only(names):
        for count, name in enumerate(names, 1):
            scheduler.add_job(job, args=(name,), executor=name)
            until(lambda: len(job.done) == count)  # noqa: B023 - asked at once
            time.sleep(0.002)
    assert 1 <= len(set(threads()) - before) <= 3


def test_a_thread_that_nobody_needs_ends(scheduler, monkeypatch):
    monkeypatch.setattr(lanes, "_REST", 0.05)
    job = Job()
    with Lanes(scheduler).only({f"lane {number}" for number in range(20)}):
        before = set(threads())
        for number in range(20):
            scheduler.add_job(job, args=(number,), executor=f"lane {number}")
        until(lambda: len(job.at_work) == 20)
        job.gate.set()
        until(lambda: not set(threads()) - before)
        scheduler.add_job(job, args=("again",), executor="lane 0")
        until(lambda: "again" in job.done)


def test_a_lane_that_is_used_no_more_leaves_the_scheduler(scheduler):
    found = Lanes(scheduler)
    with found.only({"old", "kept"}):
        pass
    with found.only({"kept", "new"}):
        assert {"old", "kept", "new"} <= scheduler._executors.keys(), "until no job names it"
    assert {"kept", "new"} <= scheduler._executors.keys()
    assert "old" not in scheduler._executors


def test_what_waits_in_a_lane_that_ends_is_not_begun(scheduler):
    job = Job()
    with Lanes(scheduler).only({"lane"}):
        scheduler.add_job(job, args=("under way",), executor="lane")
        scheduler.add_job(job, args=("waits",), executor="lane")
        until(lambda: job.at_work and not scheduler.get_jobs())
    scheduler.shutdown()
    job.gate.set()
    until(lambda: job.done)
    time.sleep(0.05)
    assert job.done == ["under way"]


def test_a_run_that_breaks_ends_neither_its_lane_nor_its_job(scheduler):
    job = Job()
    job.gate.set()

    def breaks():
        raise SystemExit

    with Lanes(scheduler).only({"lane"}):
        scheduler.add_job(breaks, "interval", seconds=0.05, id="breaks", executor="lane")
        scheduler.add_job(job, args=("after",), executor="lane")
        until(lambda: job.done == ["after"])
        assert scheduler.get_job("breaks")


def test_every_database_is_asked_once_before_any_is_asked_twice():
    starts = first_runs(["a", "a", "a", "b", "b", "c"])
    order = [lane for _, lane in sorted(zip(starts, "aaabbc", strict=True))]
    assert order == ["a", "b", "c", "a", "b", "a"]


def test_a_few_begin_at_once_and_a_thousand_keep_their_distance():
    assert first_runs([]) == []
    assert max(first_runs(["main", "main"])) < 0.02
    starts = sorted(first_runs([f"lane {number % 200}" for number in range(1000)]))
    assert starts[0] == 0
    assert 10 < starts[-1] < 20
    assert all(late - early > 0.01 for early, late in pairwise(starts))
