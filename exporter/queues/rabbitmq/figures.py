"""What the management API tells of one queue: counts, at most some seconds old."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from exporter.queues.rabbitmq.letters import moment

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.rabbitmq.api import Api

_CONSUMED = ("ack", "deliver_no_ack", "get_no_ack")
_COLUMNS = ",".join(
    (
        *("type", "state", "messages_ready", "messages_unacknowledged", "consumers", "head_message_timestamp"),
        *(f"message_stats.{name}" for name in ("publish", *_CONSUMED)),
    )
)
_TOTALS = "name,messages_ready,messages_unacknowledged"


@dataclass(frozen=True, slots=True)
class Figures:
    """`consumed`, `published`: counts that grow. `head`: the time that the oldest message carries, if it does.

    `at`: the broker's clock. None: the broker does not tell, or not yet.
    """

    kind: str
    state: str
    backlog: int | None
    consumers: int | None
    head: datetime | None
    consumed: int | None
    published: int | None
    at: datetime | None


def figures(api: Api, name: str, deadline: Deadline) -> Figures:
    """Raises Missing where there is no such queue."""
    told = api.of_queue(name, deadline=deadline, columns=_COLUMNS)
    found, counts = told.fields, told.fields
    if "messages_ready" not in found:
        # of a queue made just now, or of a broker whose statistics are switched off
        counts = api.listed("queues", name, deadline, enable_queue_totals="true", columns=_TOTALS)
    stats = found.get("message_stats")
    if not isinstance(stats, Mapping) and _counts_rates(api, deadline):
        stats = {}
    waiting = [_count(counts.get(each)) for each in ("messages_ready", "messages_unacknowledged")]
    return Figures(
        kind=str(found.get("type", "")),
        state=str(found.get("state", "")),
        backlog=None if None in waiting else sum(each or 0 for each in waiting),
        consumers=_count(found.get("consumers")),
        head=moment(found.get("head_message_timestamp")),
        consumed=None if stats is None else sum(_count(stats.get(each)) or 0 for each in _CONSUMED),
        published=None if stats is None else _count(stats.get("publish")) or 0,
        at=told.at,
    )


def published(api: Api, name: str, deadline: Deadline) -> int | None:
    """Messages that were routed to the queue since it was declared, some seconds ago."""
    stats = api.of_queue(name, deadline=deadline, columns="message_stats.publish").fields.get("message_stats")
    return _count(stats.get("publish")) if isinstance(stats, Mapping) else None


def _counts_rates(api: Api, deadline: Deadline) -> bool:
    """Whether a queue without counters had nothing to count yet."""
    told = api.get("overview", deadline=deadline, columns="rates_mode,disable_stats").fields
    return told.get("rates_mode") != "none" and told.get("disable_stats") is not True


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
