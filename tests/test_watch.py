from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from exporter import lanes
from exporter.model import Asked, Gap, Metric, Name, Reading, Sample, Step
from exporter.probes import Probe
from exporter.reading import LONGEST_STATEMENT, MOST_SAMPLES, MOST_STATEMENTS, following, read
from exporter.shop import NotApplicable, ShopError
from exporter.watch import Round, Watch

VALUE = Metric("order_health_test_value", "A value.")
AT = datetime(2026, 1, 23, 3, 0, tzinfo=UTC)


class Shop(SimpleNamespace):
    """As much of a shop as the watch itself touches."""

    part, trace = "", ()

    def bounded(self, probe, seconds, part=""):
        return Shop(**{**vars(self), "part": part})

    def coverage(self):
        return ()


def shop(name="main", **more):
    return Shop(name=name, mapping="m", **more)


class Says(Probe):
    METRICS = (VALUE,)
    what: str = "1"

    def read(self, shop, now) -> Iterable[Sample | Gap]:
        if self.what == "fails":
            raise ShopError("the database is down")
        if self.what == "is not mapped":
            raise NotApplicable("no table of callbacks")
        if self.what == "breaks":
            raise RuntimeError("138 0013 8000 is in here")
        if self.what == "floods":
            return [VALUE(1) for _ in range(MOST_SAMPLES + 1)]
        if self.what == "waits":
            shop.gate.wait(20)
        return [VALUE(float(len(self.what))), Gap("callbacks", "no such table")]


class Log:
    def __init__(self):
        self.readings, self._news = [], threading.Condition()

    def __call__(self, shop, reading):
        with self._news:
            self.readings.append(reading)
            self._news.notify_all()

    def wait_for(self, condition, seconds=15):
        with self._news:
            assert self._news.wait_for(lambda: any(map(condition, self.readings)), seconds), self.readings


@pytest.fixture
def watched():
    log = Log()
    watch = Watch(log, lambda: datetime.now(UTC))
    watch.start()
    yield watch, log
    watch.stop()


def test_a_run_answers_with_samples_and_with_what_it_can_never_tell():
    reading = read("says", Says(), shop(), AT)
    assert (reading.error, reading.last_success, reading.at) == (None, AT, AT)
    assert reading.samples == (VALUE(1),)
    assert reading.gaps == (Gap("callbacks", "no such table"),)


def test_what_a_shop_can_never_answer_is_no_failure():
    reading = read("says", Says(what="is not mapped"), shop(), AT)
    assert (reading.error, reading.samples) == (None, ())
    assert reading.gaps == (Gap("says", "no table of callbacks"),)


@pytest.mark.parametrize(
    ("what", "error"), [("fails", "the database is down"), ("floods", "2001 samples"), ("breaks", "RuntimeError at")]
)
def test_a_failed_run_has_no_samples_and_no_success(what, error):
    reading = read("says", Says(what=what), shop(), AT)
    assert reading.samples == ()
    assert reading.last_success is None
    assert error in reading.error


def test_the_text_of_an_unforeseen_error_stays_inside():
    assert "8000" not in read("says", Says(what="breaks"), shop(), AT).error


def test_a_probe_runs_at_once_and_then_at_its_interval(watched):
    watch, log = watched
    watch.follow({Name("main", "says"): Round(Says(every="200ms"), shop(), "lane")})
    log.wait_for(lambda _: len(log.readings) >= 3)
    gaps = [(b.at - a.at).total_seconds() for a, b in zip(log.readings, log.readings[1:], strict=False)]
    assert all(0.1 < gap < 1 for gap in gaps)


def test_a_part_that_fails_leaves_the_others_as_they_are(watched):
    watch, log = watched
    good, bad = Name("main", "says", "east"), Name("main", "says", "west")
    watch.follow({good: Round(Says(), shop(), "lane"), bad: Round(Says(what="fails"), shop(), "apart")})
    log.wait_for(lambda reading: reading.name == good)
    log.wait_for(lambda reading: reading.name == bad)
    assert watch.readings()[good].samples == (VALUE(1),)
    assert watch.readings()[bad].error == "the database is down"


def test_a_probe_that_runs_hourly_and_failed_is_asked_again_within_a_minute(watched):
    watch, log = watched
    rounds = {Name(word, "says"): Round(Says(what=word, every=3600), shop(word), word) for word in ("fails", "says")}
    watch.follow(rounds)
    for name in rounds:
        log.wait_for(lambda reading, name=name: reading.name == name)
    due = {name.shop: (watch.next_run(name) - datetime.now(UTC)).total_seconds() for name in rounds}
    assert 0 < due["fails"] <= 60
    assert due["says"] > 3000


def test_a_hung_probe_delays_its_own_database_only(watched):
    watch, log = watched
    gate = threading.Event()
    hung = shop("hung", gate=gate)
    watch.follow(
        {
            Name("hung", "says"): Round(Says(what="waits", every="200ms"), hung, "one"),
            Name("well", "says"): Round(Says(every="200ms"), shop("well"), "two"),
        }
    )
    log.wait_for(lambda _: sum(reading.shop == "well" for reading in log.readings) >= 3)
    assert not any(reading.shop == "hung" for reading in log.readings)
    assert watch.waiting() == [Name("hung", "says")]
    gate.set()
    log.wait_for(lambda reading: reading.shop == "hung")
    assert watch.skipped()[Name("hung", "says")] >= 1


def test_the_first_runs_of_many_databases_are_apart_and_each_is_asked_once_before_any_is_asked_twice(watched):
    watch, log = watched
    names = [Name(f"shop{number}", probe) for number in range(20) for probe in ("first", "second")]
    watch.follow({name: Round(Says(every="1h"), shop(name.shop), name.shop) for name in names})
    log.wait_for(lambda _: len(log.readings) == 40)
    begun = sorted(log.readings, key=lambda reading: reading.at)
    assert {reading.probe for reading in begun[:15]} == {"first"}
    assert {reading.probe for reading in begun[-15:]} == {"second"}
    assert 0.4 < (begun[-1].at - begun[0].at).total_seconds() < 2


def test_a_run_that_is_not_due_yet_is_not_late(watched, monkeypatch):
    watch, log = watched
    monkeypatch.setattr(lanes, "_STRIDE", 1.0)
    probe = Says(every="100ms", timeout="100ms")
    watch.follow({Name(name, "says"): Round(probe, shop(name), name) for name in ("now", "later")})
    log.wait_for(lambda reading: reading.shop == "later")
    assert [reading.error for reading in log.readings] == [None] * len(log.readings)


def test_a_value_that_nobody_could_renew_leaves_within_interval_and_timeout(watched):
    watch, log = watched
    gate = threading.Event()
    probe = Says(every="200ms", timeout="300ms")
    place = shop("main", gate=gate)
    watch.follow({Name("main", "says"): Round(probe, place, "lane")})
    log.wait_for(lambda reading: reading.error is None)
    watch.follow(
        {
            Name("main", "says"): Round(probe, place, "lane"),
            Name("main", "other"): Round(Says(what="waits"), place, "lane"),
        }
    )
    began = time.monotonic()
    log.wait_for(lambda reading: reading.probe == "says" and reading.error is not None)
    assert time.monotonic() - began < 2
    last = [reading for reading in log.readings if reading.probe == "says"][-1]
    assert last.samples == ()
    assert last.last_success is not None
    gate.set()


def test_unchanged_probes_keep_their_readings_and_gone_ones_leave(watched):
    watch, log = watched
    kept, gone = Round(Says(every="1h"), shop(), "lane"), Round(Says(what="22", every="1h"), shop(), "lane")
    watch.follow({Name("main", "kept"): kept, Name("main", "gone"): gone})
    log.wait_for(lambda _: len(log.readings) == 2)
    watch.follow({Name("main", "kept"): Round(Says(every="1h"), shop(), "lane")})
    assert set(watch.readings()) == {Name("main", "kept")}
    time.sleep(0.3)
    assert len(log.readings) == 2


def test_a_changed_probe_runs_again_at_once(watched):
    watch, log = watched
    watch.follow({Name("main", "says"): Round(Says(every="1h"), shop(), "lane")})
    log.wait_for(lambda _: len(log.readings) == 1)
    watch.follow({Name("main", "says"): Round(Says(what="22", every="1h"), shop(), "lane")})
    log.wait_for(lambda reading: reading.samples and reading.samples[0].value == 2)


def test_a_failure_keeps_the_time_of_the_last_success(watched):
    watch, log = watched
    ok = Says(every="1h")
    watch.follow({Name("main", "says"): Round(ok, shop(), "lane")})
    log.wait_for(lambda reading: reading.error is None)
    failed = read("says", Says(what="fails"), shop(), AT + timedelta(hours=1))
    watch._keep(Name("main", "says"), Round(ok, shop(), "lane"), failed)
    assert watch.readings()[Name("main", "says")].last_success == log.readings[0].at


def test_a_probe_that_never_comes_to_its_first_run_fails_in_time(watched):
    watch, log = watched
    gate = threading.Event()
    watch.follow(
        {
            Name("hung", "says"): Round(Says(what="waits"), shop("hung", gate=gate), "lane"),
            Name("main", "says"): Round(Says(every="200ms", timeout="200ms"), shop(), "lane"),
        }
    )
    log.wait_for(lambda reading: reading.shop == "main" and "no new reading yet" in (reading.error or ""), 5)
    gate.set()
    log.wait_for(lambda reading: reading.shop == "main" and reading.error is None)


def test_what_a_run_brings_back_after_its_probe_was_changed_is_not_kept(watched):
    watch, log = watched
    gate = threading.Event()
    watch.follow({Name("main", "says"): Round(Says(what="waits", every="1h"), shop(gate=gate), "one")})
    time.sleep(0.3)
    watch.follow({Name("main", "says"): Round(Says(what="22", every="1h"), shop(), "two")})
    gate.set()
    time.sleep(0.3)
    assert not any(reading.samples and reading.samples[0].value == 5 for reading in log.readings)


def test_a_clock_that_is_set_back_stops_no_probe():
    log, back = Log(), []
    watch = Watch(log, lambda: datetime.now(UTC) - sum(back, timedelta()))
    watch.start()
    try:
        watch.follow({Name("main", "says"): Round(Says(every="1h"), shop(), "lane")})
        log.wait_for(lambda _: len(log.readings) == 1)
        back.append(timedelta(minutes=30))
        log.wait_for(lambda _: len(log.readings) == 2, 5)
    finally:
        watch.stop()


def test_a_clock_that_leaps_ahead_spoils_no_reading():
    log, ahead = Log(), []
    watch = Watch(log, lambda: datetime.now(UTC) + sum(ahead, timedelta()))
    watch.start()
    try:
        watch.follow({Name("main", "says"): Round(Says(every="1h"), shop(), "lane")})
        log.wait_for(lambda _: len(log.readings) == 1)
        ahead.append(timedelta(hours=2))
        time.sleep(0.6)
        assert [reading.error for reading in log.readings] == [None]
    finally:
        watch.stop()


def test_of_many_statements_the_slowest_are_kept_in_their_order():
    trace = tuple(Asked(f"SELECT {n}", n / 1000, 1) for n in range(100))
    reading = read("says", Says(), shop(trace=(*trace, Asked("x" * 5000, 9.0, 1))), AT)
    assert (len(reading.asked), reading.statements) == (MOST_STATEMENTS, 101)
    assert reading.asked[0].sql == "SELECT 71"
    assert len(reading.asked[-1].sql) == LONGEST_STATEMENT + 1


def test_a_plan_stands_until_the_statement_is_explained_again():
    steps = (Step("orders", "range", "orders_paid", 12),)
    first = Reading("says", "main", AT, 0.1, last_success=AT, asked=(Asked("SELECT 1", 0.1, 1, steps),))
    then = following(first, Reading("says", "main", AT, 0.1, error="down", asked=(Asked("SELECT 1", 0.2, 0),)))
    assert (then.asked[0].plan, then.asked[0].seconds, then.last_success) == (steps, 0.2, AT)
