"""RocketMQ asked for sizes, samples and delays."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from exporter.queues import Arrivals, Deadline, Delay, Draw, Drawn, Look, Mark, Message, Queue, Tally
from exporter.queues.rocketmq import sizes
from exporter.queues.rocketmq.accepting import accepts
from exporter.queues.rocketmq.cluster import Cluster
from exporter.queues.rocketmq.delays import delays
from exporter.queues.rocketmq.opening import Opening
from exporter.queues.rocketmq.samples import samples

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from exporter.queues.rocketmq import RocketMQ


class RocketMQQueue(Queue):
    """A mark is {broker: {queue: the index that comes next}}."""

    def __init__(self, broker: RocketMQ) -> None:
        self._cluster = Cluster(broker)

    def arrivals(self, topic: str, mark: Mark | None, look: Look, deadline: Deadline) -> Arrivals:
        keepers = self._cluster.keepers(topic, deadline)
        spans = [each for keeper in keepers for each in sizes.spans(keeper, topic, mark, look.first, deadline)]
        sizes.shortened(spans, look.messages)
        read = sizes.Sizes(max(look.opened, look.named))
        for span in spans:
            sizes.read(span, topic, read, look.oversize, deadline)
        opened = Opening(topic, {keeper.name: keeper for keeper in keepers}, look, deadline).all(read)
        unseen = Counter[str]()
        for span in spans:
            unseen.update({sizes.EXPIRED: span.expired, sizes.OVER_BUDGET: span.skipped})
        return Arrivals(
            mark=sizes.places(mark, spans),
            arrived=read.tally.count + unseen.total(),
            stored=read.tally,
            bodies=Tally.of(message.body for message in opened if message.body is not None),
            oversize=read.oversize + sum(message.stored <= look.oversize < message.size for message in opened),
            largest=_named(opened, look),
            unseen={why: count for why, count in unseen.items() if count},
        )

    def samples(self, topic: str, mark: Mark | None, draw: Draw, deadline: Deadline) -> Drawn:
        return samples(topic, self._cluster.keepers(topic, deadline), mark, draw, deadline)

    def accepts(self, topic: str, deadline: Deadline) -> int:
        return max(accepts(keeper, deadline) for keeper in self._cluster.keepers(topic, deadline))

    def delays(self, topic: str, groups: Collection[str], now: datetime, deadline: Deadline) -> Sequence[Delay]:  # noqa: ARG002 - brokers tell the time
        return delays(topic, self._cluster.keepers(topic, deadline), groups, deadline)

    def close(self) -> None:
        self._cluster.close()


def _named(opened: Sequence[Message], look: Look) -> tuple[Message, ...]:
    ranked = sorted(opened, key=lambda message: message.size, reverse=True)
    over = [message for message in ranked if message.size > look.oversize]
    return tuple((over or ranked[:1])[: look.named])
