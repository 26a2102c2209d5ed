"""The queues of one shop: opened when first asked, and every question bounded by the run that asks."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from exporter.database.errors import NotApplicable
from exporter.model import Asked
from exporter.queues import Keys
from exporter.queues.errors import QueueError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from typing import TypeVar

    from exporter.queues import Arrivals, Broker, Delay, Draw, Drawn, Key, Look, Mark, Queue, Walk
    from exporter.shop.run import Run

    Answer = TypeVar("Answer", bound=Arrivals | Drawn | int | Sequence[Delay] | Sequence[Key] | Walk)


class Queues:
    """By the names of the configuration."""

    def __init__(self, brokers: Mapping[str, Broker]) -> None:
        self._brokers = brokers
        self._open: dict[str, Queue] = {}
        self._opening = threading.Lock()
        self._closed = False

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._brokers)

    def only(self) -> str:
        """The name of the one queue; raises NotApplicable where there is none, or a choice."""
        if len(self._brokers) == 1:
            return next(iter(self._brokers))
        if self._brokers:
            raise NotApplicable(f"the shop has several queues; say which one: {', '.join(self._brokers)}")
        raise NotApplicable("the shop has no queues; write for example queues: {orders: rocketmq://10.0.0.7:9876}")

    def queue(self, name: str) -> Queue:
        if name not in self._brokers:
            raise NotApplicable(f"there is no queue {name}; give its address in the shop's queues")
        with self._opening:
            if self._closed:
                raise Unreachable("this shop was closed")
            if name not in self._open:
                self._open[name] = self._brokers[name].connect()
            return self._open[name]

    def close(self) -> None:
        with self._opening:
            self._closed = True
            for queue in self._open.values():
                queue.close()


class BoundQueue:
    """A queue as a probe asks it, within the run's deadline: each question is as exporter.queues.Queue says."""

    def __init__(self, name: str, queues: Queues, run: Run) -> None:
        self.name, self._queues, self._run = name, queues, run

    def arrivals(self, topic: str, mark: Mark | None, look: Look) -> Arrivals:
        return self._asked(
            f"arrivals of {topic}",
            lambda: self._queues.queue(self.name).arrivals(topic, mark, look, self._run.deadline),
            lambda answer: answer.stored.count,
        )

    def samples(self, topic: str, mark: Mark | None, draw: Draw) -> Drawn:
        return self._asked(
            f"samples of {topic}",
            lambda: self._queues.queue(self.name).samples(topic, mark, draw, self._run.deadline),
            lambda answer: len(answer.bodies),
        )

    def accepts(self, topic: str) -> int:
        return self._asked(
            f"what {topic} takes",
            lambda: self._queues.queue(self.name).accepts(topic, self._run.deadline),
            lambda _: 1,
        )

    def delays(self, topic: str, groups: Collection[str], now: datetime) -> Sequence[Delay]:
        return self._asked(
            f"delays on {topic}",
            lambda: self._queues.queue(self.name).delays(topic, groups, now, self._run.deadline),
            len,
        )

    def lasting(self, pattern: str, beyond: float, mark: Mark | None, most: int) -> Walk:
        """As exporter.queues.Keys says it; NotApplicable where the queue is no cache as well."""
        return self._asked(
            f"keys like {pattern}",
            lambda: self._keys().lasting(pattern, beyond, mark, most, self._run.deadline),
            lambda answer: len(answer.keys),
        )

    def alive(self, names: Collection[str]) -> Sequence[Key]:
        return self._asked(
            f"{len(names)} keys by their names", lambda: self._keys().alive(names, self._run.deadline), len
        )

    def _keys(self) -> Keys:
        queue = self._queues.queue(self.name)
        if isinstance(queue, Keys):
            return queue
        raise NotApplicable(f"queue {self.name} has no keys; name a redis:// of the shop's queues")

    def _asked(self, what: str, ask: Callable[[], Answer], rows: Callable[[Answer], int]) -> Answer:
        """Traced like a statement, also when it fails; an error says which queue it is of."""
        begun, count = time.monotonic(), 0
        try:
            answer = ask()
            count = rows(answer)
        except QueueError as error:
            raise type(error)(f"queue {self.name}: {error}") from None
        finally:
            self._run.trace.append(Asked(f"queue {self.name}: {what}", time.monotonic() - begun, count))
        return answer
