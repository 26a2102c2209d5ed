"""The metrics of `message_size`."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.model import Metric, Sample
from exporter.probes.message_size.blame import Blame
from exporter.probes.message_size.memory import Seen
from exporter.queues import BOUNDS, Tally

_TOPIC = ("queue", "topic")

MESSAGES = Metric(
    "order_health_message_bytes",
    "Sizes of messages as the broker stores them, compressed where the producer did so; of all that were looked at.",
    _TOPIC,
    "histogram",
    BOUNDS,
)
BODIES = Metric(
    "order_health_message_body_bytes",
    "Sizes of bodies as consumers get them, inflated; of those that were opened: the oversize ones, and a sample.",
    _TOPIC,
    "histogram",
    BOUNDS,
)
OVERSIZE_TOTAL = Metric(
    "order_health_oversize_messages_total",
    "Messages over the limit, as they are stored or once they are inflated, as far as they were looked at.",
    _TOPIC,
    "counter",
)
OVERSIZE = Metric(
    "order_health_recent_oversize_messages",
    "Messages over the limit that came within `keep`: large, or huge (over 1 MB), by their fattest field and what it "
    "holds; without a field those that were not opened, and rare ones.",
    (*_TOPIC, "size", "field", "content"),
)
LARGEST = Metric(
    "order_health_largest_message_bytes",
    "Size of the largest message that came within `keep`, as it is stored or inflated; 0 when none came.",
    _TOPIC,
)
COVERAGE = Metric(
    "order_health_message_coverage_ratio",
    "Share of the messages that came within `keep` whose sizes were looked at; 1 when none came.",
    _TOPIC,
)
UNSEEN = Metric(
    "order_health_unseen_messages_total",
    "Messages whose sizes were not looked at, by reason: they were gone already, or came too fast for one run.",
    (*_TOPIC, "reason"),
    "counter",
)

ACCEPTED = Metric(
    "order_health_topic_max_message_bytes",
    "Size of the largest message that the broker takes into the topic; absent where it does not tell.",
    _TOPIC,
)

METRICS = (MESSAGES, BODIES, OVERSIZE_TOTAL, OVERSIZE, LARGEST, COVERAGE, UNSEEN, ACCEPTED)


def samples(seen: Seen, *, queue: str, topic: str) -> Iterator[Sample]:
    recent = seen.recent
    yield from _histogram(MESSAGES, seen.stored, queue, topic)
    if seen.bodies.count:  # brokers that compress nothing have no other sizes
        yield from _histogram(BODIES, seen.bodies, queue, topic)
    yield OVERSIZE_TOTAL(seen.oversize, queue=queue, topic=topic)
    kinds = seen.kinds()
    for kind, count in kinds.items():
        cases = [each.case for each in seen.named if each.blame == kind or _plain(each.blame, kinds) == kind]
        where = {"queue": queue, "topic": topic, "size": kind.size, "field": kind.field, "content": kind.content}
        yield OVERSIZE(count, evidence=cases if count else (), **where)
    yield LARGEST(recent.largest, queue=queue, topic=topic)
    yield COVERAGE(recent.seen / recent.arrived if recent.arrived else 1, queue=queue, topic=topic)
    for reason, count in seen.unseen.items():
        yield UNSEEN(count, queue=queue, topic=topic, reason=reason)


def _plain(kind: Blame, kinds: dict[Blame, int]) -> Blame:
    """Where a kind without a series of its own is counted."""
    return kind if kind in kinds else Blame(kind.size)


def _histogram(metric: Metric, tally: Tally, queue: str, topic: str) -> Iterator[Sample]:
    return metric.observed(tally.buckets, tally.count, tally.sum, queue=queue, topic=topic)
