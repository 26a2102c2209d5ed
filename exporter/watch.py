"""Schedules probes, never one twice at once, and keeps the latest reading of each."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apscheduler.events import EVENT_JOB_MAX_INSTANCES, JobSubmissionEvent
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger

from exporter.lanes import Lanes, first_runs
from exporter.model import Name, Reading
from exporter.probes import Probe
from exporter.reading import following, read
from exporter.shop import Shop

log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a skipped run is counted, not logged once per interval

_SWEEP = 0.25
_AGAIN = 60.0  # seconds until a probe that failed is asked again: one that runs hourly must not be blind for an hour
_SET_BACK = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Round:
    """One part of a probe in one shop. Rounds of one `lane` (a database) run one after another."""

    probe: Probe
    shop: Shop
    lane: str


class Watch:
    """`on_reading` is called with the probe, once for each run and once when a reading goes stale."""

    def __init__(self, on_reading: Callable[[Probe, Reading], None], now: Callable[[], datetime]) -> None:
        self._tell, self._now = on_reading, now
        self._good_until: dict[Name, float] = {}  # of the monotonic clock: the other one may be set
        self._stopping = threading.Event()
        self._rounds: dict[Name, Round] = {}
        self._readings: dict[Name, Reading] = {}
        self._skipped: dict[Name, int] = {}
        self._lock = threading.RLock()
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._lanes = Lanes(self._scheduler)
        self._scheduler.add_listener(self._skip, EVENT_JOB_MAX_INSTANCES)

    def start(self) -> None:
        self._scheduler.start()
        threading.Thread(target=self._sweep, name="sweep", daemon=True).start()

    def stop(self) -> None:
        """Lets runs under way end by their own deadlines; starts no other."""
        self._stopping.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    def follow(self, rounds: Mapping[Name, Round]) -> None:
        """From now on these: new and changed ones start at once, unchanged ones keep their readings and their pace."""
        with self._lock:
            for name in [name for name in self._rounds if name not in rounds]:
                self._leave(name)
            fresh = [name for name, each in rounds.items() if not _same(self._rounds.get(name), each)]
            self._rounds.update(rounds)
            with self._lanes.only({each.lane for each in rounds.values()}):
                for name, after in self._spread(fresh):
                    self._join(name, after)

    def readings(self) -> dict[Name, Reading]:
        """The latest reading of each; a probe that has not run yet has none."""
        with self._lock:
            return dict(self._readings)

    def waiting(self) -> list[Name]:
        """Those that have not run yet."""
        with self._lock:
            return [name for name in self._rounds if name not in self._readings]

    def names(self) -> list[Name]:
        with self._lock:
            return list(self._rounds)

    def next_run(self, name: Name) -> datetime | None:
        job = self._scheduler.get_job(name.said)
        return job.next_run_time if job else None

    def skipped(self) -> dict[Name, int]:
        """Runs that were due while the one before was still under way, since the start."""
        with self._lock:
            return {name: self._skipped.get(name, 0) for name in self._rounds}

    def _join(self, name: Name, after: float) -> None:
        each = self._rounds[name]
        self._renew(name, each, after)
        self._scheduler.add_job(
            self._run,
            IntervalTrigger(seconds=each.probe.every, jitter=each.probe.every * 0.05),
            args=(name,),
            id=name.said,
            executor=each.lane,
            next_run_time=self._now() + timedelta(seconds=after),
            replace_existing=True,
        )

    def _spread(self, names: Sequence[Name]) -> Iterator[tuple[Name, float]]:
        """Each with the seconds after which it begins."""
        yield from zip(names, first_runs([self._rounds[name].lane for name in names]), strict=True)

    def _leave(self, name: Name) -> None:
        del self._rounds[name]
        self._readings.pop(name, None)
        self._good_until.pop(name, None)
        self._skipped.pop(name, None)
        with suppress(JobLookupError):
            self._scheduler.remove_job(name.said)

    def _run(self, name: Name) -> None:
        with self._lock:
            each = self._rounds.get(name)
        if each is not None:
            shop = each.shop.bounded(name.probe, each.probe.timeout, name.part)
            self._keep(name, each, read(name.probe, each.probe, shop, self._now()))

    def _keep(self, name: Name, asked: Round, reading: Reading) -> None:
        with self._lock:
            if name not in self._rounds or not _same(self._rounds[name], asked):
                return  # reloaded meanwhile: this is not what is asked for now
            before = self._readings.get(name)
            reading = following(before, reading)
            self._readings[name] = reading
            self._renew(name, asked)
            if reading.error is not None and asked.probe.every > _AGAIN:
                self._due(name, _AGAIN)
            self._tell(asked.probe, reading)  # under the lock: after `follow` nobody is told of what is gone
        _log_change(before, reading)

    def _renew(self, name: Name, each: Round, after: float = 0.0) -> None:
        self._good_until[name] = time.monotonic() + after + each.probe.every + each.probe.timeout

    def _sweep(self) -> None:
        """In a thread of its own: whatever else stops, a value that nobody renews must not stand."""
        latest = self._now()
        while not self._stopping.wait(_SWEEP):
            now = self._now()
            if now < latest - _SET_BACK:
                self._hasten()
            latest = now
            with self._lock:
                for name, reading in list(self._stale(now)):
                    self._keep(name, self._rounds[name], reading)

    def _hasten(self) -> None:
        """The clock was set back: what is due by the clock that was would wait until it is that late again."""
        log.warning("the clock was set back; every probe runs now")
        with self._lock:
            for name, after in self._spread(list(self._rounds)):
                self._due(name, after)

    def _due(self, name: Name, after: float) -> None:
        with suppress(JobLookupError):
            self._scheduler.modify_job(name.said, next_run_time=self._now() + timedelta(seconds=after))

    def _stale(self, now: datetime) -> Iterator[tuple[Name, Reading]]:
        """A value that nobody could renew in time is not a value: a hung run, or one queued behind it."""
        for name, until in self._good_until.items():
            reading = self._readings.get(name, Reading(name.probe, name.shop, now, 0.0, part=name.part))
            if time.monotonic() > until and reading.error is None:
                since = f"since {reading.at:%H:%M:%S} UTC" if reading.last_success else "yet"
                why = f"no new reading {since}: the run hangs, or waits behind one that does"
                yield name, replace(reading, samples=(), error=why)

    def _skip(self, event: JobSubmissionEvent) -> None:
        name = Name(*str(event.job_id).split("/", 2))
        with self._lock:
            self._skipped[name] = self._skipped.get(name, 0) + 1


def _same(old: Round | None, new: Round) -> bool:
    return old is not None and old.probe == new.probe and old.lane == new.lane and old.shop.mapping == new.shop.mapping


def _log_change(before: Reading | None, after: Reading) -> None:
    """One line when a probe begins to fail or recovers, none while nothing changes."""
    old, new = before.error if before else None, after.error
    if new and not old:
        log.warning("%s fails: %s", after.name.said, new)
    elif old and not new:
        log.info("%s answers again", after.name.said)
    known = {each.table for each in before.coverage if each.partial} if before else set()
    for each in after.coverage:
        if each.partial and each.table not in known:
            log.warning("%s reads a part: %s", after.name.said, each)
