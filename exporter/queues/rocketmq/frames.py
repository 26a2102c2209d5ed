"""RocketMQ's remoting protocol, as far as reading needs it: frames, and who signs them. No I/O.

A frame is: length of the rest (4 bytes), serialize type (1) and length of the header (3), header, body; big-endian.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from exporter.queues.errors import Garbled


class Read(IntEnum):
    """Every request that this client can make; there is no way to write another.

    None of them registers a client or a group, moves an offset or makes a topic; a heartbeat (34) would.
    """

    BROKER_CONFIG = 26
    BROKER_RUNTIME = 28
    OFFSET_BY_TIME = 29
    MAX_OFFSET = 30
    MIN_OFFSET = 31
    MESSAGE = 33
    ROUTE = 105
    CLUSTER = 106
    TOPIC_STATS = 202
    CONSUMERS = 203
    TOPICS = 206
    CONSUME_STATS = 208
    GROUPS = 300
    TIME_SPAN = 303
    BROKER_STATS = 315
    CONSUME_QUEUE = 321


@dataclass(frozen=True, slots=True)
class Key:
    """What requests are signed with, as ACL asks."""

    access: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)

    def signed(self, fields: Mapping[str, str], body: bytes = b"") -> dict[str, str]:
        """Over the values of all fields in the order of their names, and the body; nothing may be added afterwards."""
        whole = {**fields, "AccessKey": self.access}
        if self.token:
            whole["SecurityToken"] = self.token
        content = "".join(whole[name] for name in sorted(whole)).encode() + body
        digest = hmac.new(self.secret.encode(), content, hashlib.sha1).digest()
        return {**whole, "Signature": base64.b64encode(digest).decode()}


def request(code: int, fields: Mapping[str, str], number: int, key: Key | None) -> bytes:
    """Raises ValueError for a code that is no read."""
    header = {
        "code": int(Read(code)),
        "language": "OTHER",
        "version": _VERSION,
        "opaque": number,
        "flag": 0,
        "extFields": key.signed(fields) if key else dict(fields),
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack(">II", 4 + len(text), len(text)) + text


_VERSION = 401
"""4.9.4: from there on a route comes as standard JSON."""


@dataclass(frozen=True, slots=True)
class Header:
    """Of an answer; `number` is that of the request. `body`: bytes that follow."""

    code: int
    number: int
    answers: bool
    remark: str
    body: int
    fields: Mapping[str, str]


PREFIX = 8
"""Bytes that say how long the header and the body are."""

_LONGEST_HEADER = 1 << 20


def lengths(prefix: bytes, most: int) -> tuple[int, int]:
    """Of header and body; raises Garbled for what is no frame, or one with more than `most` bytes of body."""
    length, typed = struct.unpack(">iI", prefix)
    kind, header = typed >> 24, typed & 0xFFFFFF
    body = length - 4 - header
    if length < 4 or body < 0 or header > _LONGEST_HEADER or kind not in (0, 1):  # noqa: PLR2004 - the length's own size
        raise Garbled("the answer is no frame of RocketMQ's remoting protocol: does something else listen there?")
    if kind:
        raise Garbled("the answer has a binary header; this broker does not answer as it was asked, in JSON")
    if body > most:
        raise Garbled(f"the answer announces {body:,} bytes, more than the {most:,} that are read")
    return header, body


def header(text: bytes, body: int) -> Header:
    try:
        read = json.loads(text)
        fields = {str(name): str(value) for name, value in (read.get("extFields") or {}).items()}
        answers, remark = bool(int(read["flag"]) & 1), str(read.get("remark") or "")
        return Header(int(read["code"]), int(read["opaque"]), answers, remark, body, fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Garbled("the header of the answer cannot be read") from None
