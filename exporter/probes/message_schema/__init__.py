"""Whether messages are what their consumers expect: a sample of each topic held against its JSON Schema."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, ValidationInfo

from exporter.model import Case, Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.message_schema import tell
from exporter.probes.message_schema.judging import Fault, judged
from exporter.probes.message_schema.memory import Look, Memory
from exporter.probes.message_schema.schema import Schema
from exporter.queues import Draw, Drawn, Message, Missing, Unsupported
from exporter.queues.topics import MOST, Name, mapped, named
from exporter.shop import Shop
from exporter.text import SEPARATOR, one_line
from exporter.units import Duration, Size

__all__ = ["MessageSchema"]


def _read(given: Any, info: ValidationInfo) -> Any:
    context = info.context or {}
    if not isinstance(given, str):
        return given
    return Schema.read(given, context.get("folder", Path())) if context.get("read_files", True) else Schema.none(given)


class MessageSchema(Probe):
    """Each queue is asked apart. A few new messages are read and judged in memory; nothing is consumed or kept."""

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS
    PART: ClassVar[str] = "queue"

    topics: Annotated[
        dict[
            str, Annotated[dict[Name, Annotated[Schema, BeforeValidator(_read)]], Field(min_length=1, max_length=MOST)]
        ],
        Field(min_length=1),
        mapped("schemas/order_created.json"),
    ]
    """The schema file of each topic of the shop's only queue, or by queue; seen from where config.yaml stands."""

    every: Annotated[Duration, Field(ge=1)] = 60.0
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] = 10.0

    count: Annotated[int, Field(ge=1, le=200)] = 20
    """Messages that are checked in one run of each topic, spread over all that came."""

    largest: Annotated[Size, Field(ge=1024, le=1024**2)] = 256 * 1024
    """A message with more bytes is not read whole: message_size tells of it."""

    keep: Annotated[Duration, Field(ge=10)] = 1800.0
    """How long a message that breaks its schema is told of."""

    max_failures: Annotated[int, Field(ge=0)] = 0
    """More messages with one fault than this are an alert."""

    max_share: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """When more of the messages that were checked break the schema, consumers cannot be expected to go on."""

    def limits(self) -> Mapping[str, float]:
        return {"failures": self.max_failures, "share": self.max_share}

    def with_queues(self, queues: Collection[str]) -> Self:
        return self.model_copy(update={"topics": named(self.topics, queues)})

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - it asks queues
        return dict.fromkeys(self.topics, self)

    def lane(self, part: str) -> str:
        return f"queue {part}"

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        queue, draw = shop.queue(shop.part), Draw(self.count, self.largest)
        memory, told = shop.notes.read(Memory.loads), list[Sample | Gap]()
        try:
            for topic, schema in self.topics[shop.part].items():
                before = memory.of(topic, schema.print)
                try:
                    drawn = queue.samples(topic, before.mark, draw)
                except (Missing, Unsupported) as error:
                    told.append(Gap(topic, str(error)))
                    continue
                seen = before.follow(_look(drawn, schema, now), now, timedelta(seconds=self.keep))
                memory = memory.with_topic(topic, seen)
                told += tell.samples(seen, queue=queue.name, topic=topic)
        finally:  # what was read of the first topics is read no second time
            shop.notes.write(memory, Memory.dumps, Memory.lasting)
        return told


def _look(drawn: Drawn, schema: Schema, now: datetime) -> Look:
    found = [(fault, body.message) for body in drawn.bodies if (fault := judged(body.data, schema))]
    return Look(
        drawn.mark,
        drawn.arrived,
        len(drawn.bodies),
        len(drawn.too_large),
        drawn.unread,
        Counter(fault for fault, _ in found),
        [(fault, _case(fault, message, now)) for fault, message in found],
    )


def _case(fault: Fault, message: Message, now: datetime) -> Case:
    """By its business key, or by the id where it has none; never a value of the message."""
    ref = one_line(" ".join(message.keys), 80) or message.id
    said = [f"{fault.path} {fault.keyword}"]
    said += [f"id {message.id}"] if ref != message.id else []
    said += [message.partition] if message.partition else []
    return Case(ref, message.at or now, SEPARATOR.join(said))
