"""The metrics of `message_schema`."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.model import Metric, Sample
from exporter.probes.message_schema.memory import Seen

_TOPIC = ("queue", "topic")
_FAULT = (*_TOPIC, "path", "keyword")

FAILURES = Metric(
    "order_health_schema_failures_total",
    "Messages that break the topic's schema, by the path and the keyword of the first fault; of those that were "
    "checked. The 20 faults that came first have series of their own, the rest are `other`.",
    _FAULT,
    "counter",
)
RECENT = Metric(
    "order_health_recent_schema_failures",
    "The same, of the messages that were checked within `keep`.",
    _FAULT,
)
CHECKED = Metric(
    "order_health_schema_checked_messages_total",
    "Messages that were held against the topic's schema: a sample of those that came.",
    _TOPIC,
    "counter",
)
RECENTLY_CHECKED = Metric(
    "order_health_recent_schema_checked_messages", "The same, of those checked within `keep`.", _TOPIC
)
TOO_LARGE = Metric(
    "order_health_schema_too_large_messages_total",
    "Messages of the sample that were not checked because they are larger than `largest`; their size alone is known.",
    _TOPIC,
    "counter",
)
UNREAD = Metric(
    "order_health_schema_unread_messages_total",
    "Messages of the sample that were not checked because they could not be read, by reason.",
    (*_TOPIC, "reason"),
    "counter",
)
COVERAGE = Metric(
    "order_health_schema_coverage_ratio",
    "Share of the messages that came within `keep` which were held against the schema; 1 when none came.",
    _TOPIC,
)

METRICS = (FAILURES, RECENT, CHECKED, RECENTLY_CHECKED, TOO_LARGE, UNREAD, COVERAGE)


def samples(seen: Seen, *, queue: str, topic: str) -> Iterator[Sample]:
    recent, where = seen.recent, {"queue": queue, "topic": topic}
    for fault, total in seen.failed.items():
        cases = [each.case for each in seen.named if each.fault == fault]
        labels = {**where, "path": fault.path, "keyword": fault.keyword}
        yield FAILURES(total, evidence=(), **labels)
        count = recent.failed.get(fault, 0)
        yield RECENT(count, evidence=cases if count else (), **labels)
    yield CHECKED(seen.checked, evidence=(), **where)
    yield RECENTLY_CHECKED(recent.checked, evidence=(), **where)
    yield TOO_LARGE(seen.too_large, evidence=(), **where)
    for reason, count in seen.unread.items():
        yield UNREAD(count, evidence=(), reason=reason, **where)
    yield COVERAGE(min(1.0, recent.checked / recent.arrived) if recent.arrived else 1, evidence=(), **where)
