"""How large the messages of a topic are, and of those over the limit which field is to blame."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Self

from pydantic import Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.message_size import tell
from exporter.probes.message_size.memory import Memory
from exporter.queues import Look, Missing, QueueError, TimedOut, Unreachable, Unsupported
from exporter.queues.topics import Listed, named
from exporter.shop import BoundQueue, Shop
from exporter.units import Duration, Size

__all__ = ["MessageSize"]


class MessageSize(Probe):
    """Each queue is asked apart. All new messages are sized and a few bodies read; nothing is consumed."""

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "queue"

    topics: Listed
    """Topics (queues, streams, lists) of the shop's only queue, or by queue."""

    every: Annotated[Duration, Field(ge=0.1)] = 15.0
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] = 10.0

    limit: Annotated[Size, Field(ge=1024)] = 50 * 1024
    """A message with more bytes is oversize, as it is stored or once it is inflated."""

    max_oversize: Annotated[int, Field(ge=0)] = 0
    """More oversize messages of one kind than this are an alert."""

    keep: Annotated[Duration, Field(ge=10)] = 1800.0
    """How long an oversize message is told of, and what the largest is the largest of."""

    max_accepted: Annotated[Size, Field(ge=1024)] = 4 * 1024**2
    """A topic that takes larger messages is a finding: nothing but the producer keeps a picture out of it."""

    min_coverage: Annotated[float, Field(ge=0, le=1)] = 0.5
    """A smaller share of the messages that was looked at is an alert."""

    messages: Annotated[int, Field(ge=100)] = 100_000
    """Sizes read in one run at the most, of each topic; of more arrivals the newest."""

    opened: Annotated[int, Field(ge=0, le=1000)] = 20
    """Bodies read in one run at the most, of each topic: the oversize ones first."""

    opened_bytes: Annotated[Size, Field(ge=0)] = 32 * 1024**2
    """Their bytes in all."""

    def limits(self) -> Mapping[str, float]:
        return {
            "bytes": self.limit,
            "oversize": self.max_oversize,
            "coverage": self.min_coverage,
            "accepted": self.max_accepted,
        }

    def with_queues(self, queues: Collection[str]) -> Self:
        return self.model_copy(update={"topics": named(self.topics, queues)})

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - it asks queues
        return dict.fromkeys(self.topics, self)

    def lane(self, part: str) -> str:
        return f"queue {part}"

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        queue = shop.queue(shop.part)
        look = Look(self.limit, messages=self.messages, opened=self.opened, opened_bytes=self.opened_bytes)
        memory, told = shop.notes.read(Memory.loads), list[Sample | Gap]()
        try:
            for topic in self.topics[shop.part]:
                before = memory.of(topic)
                try:
                    arrivals = queue.arrivals(topic, before.mark, look)
                except (Missing, Unsupported) as error:
                    told.append(Gap(topic, str(error)))
                    continue
                seen = before.follow(arrivals, self.limit, now, timedelta(seconds=self.keep))
                memory = memory.with_topic(topic, seen)
                told += tell.samples(seen, queue=queue.name, topic=topic)
                told.append(_accepted(queue, topic))
        finally:  # what was read of the first topics is read no second time
            shop.notes.write(memory, Memory.dumps, Memory.lasting)
        return told


def _accepted(queue: BoundQueue, topic: str) -> Sample | Gap:
    """What a broker does not tell here takes nothing from the sizes; one that is silent ends the run."""
    try:
        return tell.ACCEPTED(queue.accepts(topic), queue=queue.name, topic=topic)
    except (TimedOut, Unreachable):
        raise
    except QueueError as error:
        return Gap(f"{topic}: largest that is accepted", str(error))
