"""RocketMQ asked for sizes and delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.queues import Arrivals, Deadline, Delay, Look, Mark, Queue, Unsupported

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from exporter.queues.rocketmq import RocketMQ


class RocketMQQueue(Queue):
    def __init__(self, broker: RocketMQ) -> None:
        self._broker = broker

    def arrivals(self, topic: str, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
        raise Unsupported("not built yet")

    def delays(self, topic: str, groups: Collection[str], deadline: Deadline) -> Sequence[Delay]:
        raise Unsupported("not built yet")

    def close(self) -> None:
        pass
