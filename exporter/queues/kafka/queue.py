"""Kafka asked for sizes, samples and delays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.queues import Arrivals, Deadline, Delay, Draw, Drawn, Look, Mark, Queue
from exporter.queues.kafka.accepting import accepts
from exporter.queues.kafka.arrivals import arrivals
from exporter.queues.kafka.cluster import Cluster
from exporter.queues.kafka.delays import delays
from exporter.queues.kafka.samples import samples

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from exporter.queues.kafka import Kafka


class KafkaQueue(Queue):
    def __init__(self, broker: Kafka) -> None:
        self._cluster = Cluster(broker)

    def arrivals(self, topic: str, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
        return arrivals(self._cluster, self._cluster.topic(topic, deadline), mark, look, deadline)

    def samples(self, topic: str, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
        return samples(self._cluster, self._cluster.topic(topic, deadline), mark, draw, deadline)

    def accepts(self, topic: str, deadline: Deadline) -> int:
        return accepts(self._cluster.topic(topic, deadline), deadline)

    def delays(self, topic: str, groups: Collection[str], now: datetime, deadline: Deadline) -> Sequence[Delay]:
        return delays(self._cluster, self._cluster.topic(topic, deadline), groups, now, deadline)

    def close(self) -> None:
        self._cluster.close()
