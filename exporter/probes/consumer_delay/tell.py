"""The metrics of `consumer_delay`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from exporter.model import Case, Gap, Metric, Sample
from exporter.probes.consumer_delay.memory import Standing
from exporter.queues import Delay
from exporter.text import SEPARATOR

_GROUP = ("queue", "topic", "group")

DELAY = Metric(
    "order_health_consumer_delay_seconds",
    "Age of the oldest message of the topic that the group has not consumed, by the broker's clock; 0 when none waits.",
    _GROUP,
)
BACKLOG = Metric(
    "order_health_consumer_backlog_messages", "Messages of the topic that the group has not consumed.", _GROUP
)
ESTIMATED = Metric(
    "order_health_consumer_delay_estimated",
    "Whether the delay is worked out from rates (1), or is the age of a message (0).",
    _GROUP,
)
ONLINE = Metric("order_health_consumers_online", "Consumers of the group that are connected to the broker.", _GROUP)
STALLED = Metric(
    "order_health_consumer_stalled_seconds",
    "For how long the group has consumed nothing while messages waited; 0 while it consumes, or none waits.",
    _GROUP,
)

METRICS = (DELAY, BACKLOG, ESTIMATED, ONLINE, STALLED)


def told(delay: Delay, standing: Standing, now: datetime, *, queue: str) -> Iterator[Sample | Gap]:
    where = {"queue": queue, "topic": delay.topic, "group": delay.group}
    note = _note(delay)
    if delay.seconds is None:
        yield Gap(f"{delay.topic}/{delay.group}", delay.why or "the broker does not tell")
    else:
        oldest = [Case(delay.group, now - timedelta(seconds=delay.seconds), note)] if delay.seconds else []
        yield DELAY(delay.seconds, evidence=oldest, **where)
        yield ESTIMATED(delay.estimated, evidence=(), **where)
    if delay.backlog is not None:
        waiting = [Case(delay.group, note=note)] if delay.backlog else []
        yield BACKLOG(delay.backlog, evidence=waiting, **where)
    if delay.consumers is not None:
        yield ONLINE(delay.consumers, evidence=(), **where)
    if standing.told:
        still = [Case(delay.group, standing.since, note)] if standing.since else []
        yield STALLED(standing.seconds_still, evidence=still, **where)


def _note(delay: Delay) -> str:
    said = [] if delay.backlog is None else [f"{delay.backlog:,} 条待消费 / {delay.backlog:,} waiting"]
    said += [] if delay.consumers is None else [f"{delay.consumers} 个消费者在线 / {delay.consumers} online"]
    return SEPARATOR.join([*said, *(["延迟为估计值 / delay estimated"] if delay.estimated else [])])
