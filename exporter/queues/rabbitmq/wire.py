"""AMQP 0-9-1 as far as our own queue needs it: what can be written at all, and how answers are read."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import Enum
from typing import Any

from exporter.queues.errors import Garbled

HEADER = b"AMQP\x00\x00\x09\x01"
METHOD, PROPERTIES, BODY, HEARTBEAT, END = 1, 2, 3, 8, b"\xce"
CHANNEL = 1

OURS = "order-health.tap."
"""How the name of every queue of ours begins; rights can be given for it alone."""

_LONGEST_NAME = 255


class Send(Enum):
    """All that can be sent, as (class, method): nothing publishes, consumes, acknowledges, purges or deletes.

    What names a queue names one of ours: `declare`, `bind`, `unbind` and `get` see to it.
    """

    START_OK = (10, 11)
    TUNE_OK = (10, 31)
    OPEN = (10, 40)
    CLOSE_OK = (10, 51)
    CHANNEL_OPEN = (20, 10)
    DECLARE = (50, 10)
    BIND = (50, 20)
    UNBIND = (50, 50)
    GET = (60, 70)


class Method(Enum):
    """All that is understood."""

    START = (10, 10)
    TUNE = (10, 30)
    OPENED = (10, 41)
    CLOSE = (10, 50)
    CHANNEL_OPENED = (20, 11)
    CHANNEL_CLOSE = (20, 40)
    DECLARED = (50, 11)
    BOUND = (50, 21)
    UNBOUND = (50, 51)
    GOT = (60, 71)
    EMPTY = (60, 72)


def frame(send: Send, arguments: bytes = b"") -> bytes:
    channel = CHANNEL if send.value[0] > Send.OPEN.value[0] else 0
    payload = struct.pack(">HH", *send.value) + arguments
    return struct.pack(">BHI", METHOD, channel, len(payload)) + payload + END


def declare(queue: str, arguments: Mapping[str, Any], *, passive: bool = False) -> bytes:
    """Exclusive: it ends with our connection, and nobody else can use it."""
    flags = 0b00001 if passive else 0b01100
    return frame(Send.DECLARE, b"\0\0" + _own(queue) + bytes([flags]) + table(arguments))


def bind(queue: str, exchange: str, key: str, arguments: Mapping[str, Any]) -> bytes:
    named = b"\0\0" + _own(queue) + short(exchange) + short(key)
    return frame(Send.BIND, named + b"\0" + table(arguments))


def unbind(queue: str, exchange: str, key: str, arguments: Mapping[str, Any]) -> bytes:
    named = b"\0\0" + _own(queue) + short(exchange) + short(key)
    return frame(Send.UNBIND, named + table(arguments))


def get(queue: str) -> bytes:
    """One message, gone from our queue by it."""
    return frame(Send.GET, b"\0\0" + _own(queue) + b"\x01")


def _own(queue: str) -> bytes:
    if not queue.startswith(OURS):
        raise ValueError("this is no queue of ours")
    return short(queue)


def short(text: str) -> bytes:
    data = text.encode()
    if len(data) > _LONGEST_NAME:
        raise ValueError("longer than a name of AMQP can be")
    return bytes([len(data)]) + data


def long(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def table(fields: Mapping[str, Any]) -> bytes:
    return long(b"".join(short(name) + _value(value) for name, value in fields.items()))


def _value(value: Any) -> bytes:  # noqa: PLR0911 - one for each type
    """As a JSON value, from the management API, was in AMQP."""
    if isinstance(value, bool):
        return b"t" + bytes([value])
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return b"l" + struct.pack(">q", value)
    if isinstance(value, float):
        return b"d" + struct.pack(">d", value)
    if isinstance(value, str):
        return b"S" + long(value.encode())
    if isinstance(value, Mapping):
        return b"F" + table(value)
    if isinstance(value, list):
        return b"A" + long(b"".join(map(_value, value)))
    return b"V"


class Fields:
    """Reads the fields of one frame, one after the other; raises Garbled where it is too short for them."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def number(self, size: int) -> int:
        """Without a sign, of so many bytes."""
        return int.from_bytes(self.take(size), "big")

    def short(self) -> str:
        return self.take(self.number(1)).decode("utf-8", "replace")

    def long(self) -> bytes:
        """A long text, or a table that is not looked into."""
        return self.take(self.number(4))

    def take(self, size: int) -> bytes:
        piece = self._data[self._at : self._at + size]
        if len(piece) < size:
            raise Garbled("the broker sends a frame that is too short for what it should say")
        self._at += size
        return piece
