"""How large a message a topic takes: its own `max.message.bytes`, or what its brokers have for all."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from exporter.queues.errors import Denied, Garbled
from exporter.queues.kafka.refusals import refusal
from exporter.queues.kafka.wire import Read, Stream, array, string

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.kafka.cluster import Topic

_SETTING = "max.message.bytes"
_OF_TOPIC = 2
_MAY_NOT = 29


def accepts(topic: Topic, deadline: Deadline) -> int:
    """Raises Denied where the account may not DESCRIBE_CONFIGS of the topic."""
    link = next(link for link in topic.leaders.values() if link)
    fields = array([struct.pack(">b", _OF_TOPIC) + string(topic.name) + array([string(_SETTING)])]) + b"\0"
    with link.stream(Read.DESCRIBE_CONFIGS, fields, deadline) as answer:
        answer.i32()
        told = answer.array(_resource)
    for code, name, settings in told:
        if code == _MAY_NOT:
            raise Denied(f"{link.name} does not tell {_SETTING}: the account needs DESCRIBE_CONFIGS on the topic")
        if code:
            raise refusal(code, link.name, f"{_SETTING} of {topic.name}")
        if name == topic.name and settings.get(_SETTING, "").isdigit():
            return int(settings[_SETTING])
    raise Garbled(f"{link.name} does not tell {_SETTING} of {topic.name}")


def _resource(answer: Stream) -> tuple[int, str, dict[str, str]]:
    code, _ = answer.i16(), answer.text()
    answer.i8()
    return code, answer.text(), dict(answer.array(_setting))


def _setting(answer: Stream) -> tuple[str, str]:
    name, value = answer.text(), answer.text()
    for _ in range(3):  # whether it can be written, where it comes from, whether it is a secret
        answer.i8()
    answer.array(lambda a: (a.text(), a.text(), a.i8()))  # by which other names it is set
    return name, value
