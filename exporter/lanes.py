"""Runs that share a database one after another, the others side by side, in no more threads than are at work."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from queue import Empty, SimpleQueue

from apscheduler.executors.base import BaseExecutor, run_job
from apscheduler.job import Job
from apscheduler.schedulers.base import BaseScheduler

_STRIDE = 0.015
"""Seconds between first runs: a few begin at once, a thousand do not starve each other, and keep that distance."""

_REST = 10.0
"""Seconds without work after which a thread ends."""


class Crew:
    """Threads for all lanes: a new one only when all are at work, and the one that rested last is asked first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._resting: list[SimpleQueue[Callable[[], None]]] = []

    def do(self, work: Callable[[], None]) -> None:
        """Begins it at once, in a thread that may have done other work before."""
        with self._lock:
            inbox = self._resting.pop() if self._resting else None
        if inbox:
            inbox.put(work)
        else:
            threading.Thread(target=self._serve, args=(work,), name="run", daemon=True).start()

    def _serve(self, work: Callable[[], None] | None) -> None:
        inbox: SimpleQueue[Callable[[], None]] = SimpleQueue()
        while work:
            work()
            with self._lock:
                self._resting.append(inbox)
            work = self._next(inbox)

    def _next(self, inbox: SimpleQueue[Callable[[], None]]) -> Callable[[], None] | None:
        try:
            return inbox.get(timeout=_REST)
        except Empty:
            with self._lock:
                if inbox in self._resting:
                    self._resting.remove(inbox)
                    return None
            return inbox.get()  # it was asked at the last instant


class Lane(BaseExecutor):  # type: ignore[misc]
    """The scheduler's executor for one lane."""

    def __init__(self, crew: Crew) -> None:
        super().__init__()
        self._crew = crew
        self._waiting: deque[tuple[Job, list[datetime]]] = deque()
        self._at_work = False

    def shutdown(self, wait: bool = True) -> None:  # noqa: ARG002 - the scheduler says it; a run ends by its deadline
        """What waits is not begun any more."""
        with self._lock:
            self._waiting.clear()

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        """Called with the lock held."""
        self._waiting.append((job, run_times))
        if not self._at_work:
            self._at_work = True
            self._crew.do(self._work)

    def _work(self) -> None:
        while job_and_times := self._taken():
            job, run_times = job_and_times
            try:
                events = run_job(job, job._jobstore_alias, run_times, self._logger.name)  # noqa: SLF001 - as its own pools do
            except BaseException as error:  # noqa: BLE001 - as its own pools do
                self._run_job_error(job.id, error, error.__traceback__)
            else:
                self._run_job_success(job.id, events)

    def _taken(self) -> tuple[Job, list[datetime]] | None:
        with self._lock:
            self._at_work = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None


class Lanes:
    """The lanes of one scheduler, by name."""

    def __init__(self, scheduler: BaseScheduler) -> None:
        self._scheduler, self._crew = scheduler, Crew()
        self._names: frozenset[str] = frozenset()

    @contextmanager
    def only(self, names: Collection[str]) -> Iterator[None]:
        """Adds what is new; what is used no more leaves afterwards, when no job names it."""
        for new in set(names) - self._names:
            self._scheduler.add_executor(Lane(self._crew), alias=new)
        yield
        for gone in self._names - set(names):
            self._scheduler.remove_executor(gone)
        self._names = frozenset(names)


def first_runs(lanes: Sequence[str]) -> list[float]:
    """After how many seconds a run begins in each of these lanes: each lane is asked once before any is asked twice."""
    turns: Counter[str] = Counter()
    order = []
    for place, lane in enumerate(lanes):
        order.append((turns[lane], place))
        turns[lane] += 1
    starts = [0.0] * len(lanes)
    for number, (_, place) in enumerate(sorted(order)):
        starts[place] = number * _STRIDE
    return starts
