"""A message as it comes from our queue: what stands on it, and its body as it streams by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from exporter import masking
from exporter.queues.rabbitmq.wire import Fields

_NAMED = (
    "content_type",
    "content_encoding",
    "headers",
    "delivery_mode",
    "priority",
    "correlation_id",
    "reply_to",
    "expiration",
    "message_id",
    "timestamp",
    "type",
    "user_id",
    "app_id",
    "cluster_id",
)
"""In the order of their bits, from the highest."""

_NUMBERS = {"delivery_mode": 1, "priority": 1, "timestamp": 8}
_LONGEST = 80
_MILLISECONDS = 100_000_000_000


@dataclass(frozen=True, slots=True)
class Letter:
    """`pieces`: the body, to be read at once; what is left of it is passed over when the next one is asked for."""

    exchange: str
    key: str
    size: int
    properties: dict[str, str | int]
    pieces: Iterator[bytes]

    @property
    def id(self) -> str:
        """Its message id; RabbitMQ gives none, and without one it is told by its way."""
        return self._text("message_id") or masking.value(f"{self.exchange} {self.key}"[:_LONGEST]).strip()

    @property
    def keys(self) -> tuple[str, ...]:
        return (found,) if (found := self._text("correlation_id")) else ()

    @property
    def producer(self) -> str:
        return self._text("app_id")

    @property
    def at(self) -> datetime | None:
        return moment(self.properties.get("timestamp"))

    def _text(self, name: str) -> str:
        """As far as people can read it, without what looks like a person's."""
        text = str(self.properties.get(name, ""))[:_LONGEST]
        return masking.value(text).strip() if text.isprintable() else ""


def moment(value: object) -> datetime | None:
    """AMQP has times in seconds; many producers write milliseconds."""
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1000 if value > _MILLISECONDS else value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def head(data: bytes) -> tuple[int, dict[str, str | int]]:
    """Size of the body, and the properties that were set; headers are passed over."""
    fields = Fields(data)
    fields.take(4)
    size, flags = fields.number(8), fields.number(2)
    found: dict[str, str | int] = {}
    for bit, name in zip(range(15, 1, -1), _NAMED, strict=True):
        if not flags >> bit & 1:
            continue
        if name == "headers":
            fields.long()
        else:
            found[name] = fields.number(_NUMBERS[name]) if name in _NUMBERS else fields.short()
    return size, found
