"""How far consumers are behind, whether anybody consumes at all, and groups that stand still while nothing fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.consumer_delay import tell
from exporter.probes.consumer_delay.memory import Memory
from exporter.queues import Missing, Unsupported
from exporter.queues.topics import Mapped, named
from exporter.shop import Shop
from exporter.units import Duration

__all__ = ["ConsumerDelay"]


class ConsumerDelay(Probe):
    """Each queue is asked apart; nothing is consumed, and no group is joined."""

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "queue"

    topics: Mapped
    """The groups that must consume each topic of the shop's only queue, or by queue; `[]`: all that there are."""

    every: Annotated[Duration, Field(ge=0.1)] = 15.0
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] = 5.0

    max_delay: Annotated[Duration, Field(gt=0)] = 300.0
    """A group whose oldest waiting message is older than this is an alert."""

    stall: Annotated[Duration, Field(gt=0)] = 120.0
    """Messages wait and nothing was consumed for longer than this: an alert, whatever else seems well."""

    max_backlog: Annotated[int, Field(ge=0)] = 10_000
    """More waiting messages than this are an alert where the delay is not known."""

    def limits(self) -> Mapping[str, float]:
        return {"delay": self.max_delay, "stall": self.stall, "backlog": self.max_backlog}

    def with_queues(self, queues: Collection[str]) -> Self:
        return self.model_copy(update={"topics": named(self.topics, queues)})

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - it asks queues
        return dict.fromkeys(self.topics, self)

    def lane(self, part: str) -> str:
        return f"queue {part}"

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        queue, memory = shop.queue(shop.part), shop.notes.read(Memory.loads)
        told, met = list[Sample | Gap](), Memory()
        for topic, groups in self.topics[shop.part].items():
            try:
                delays = queue.delays(topic, groups, now)
            except (Missing, Unsupported) as error:
                told.append(Gap(topic, str(error)))
                continue
            for delay in delays:
                standing = memory.follow(delay, now)
                met = met.with_group(delay, standing)
                told += tell.told(delay, standing, now, queue=queue.name)
        shop.notes.write(met, Memory.dumps, Memory.lasting)
        return told
