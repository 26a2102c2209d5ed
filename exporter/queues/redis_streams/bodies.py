"""Bodies that a script handed over, each measured inside the server first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.queues.drawing import Body, Draw, Drawn
from exporter.queues.errors import Denied, Garbled
from exporter.queues.nouns import Mark, Message
from exporter.queues.redis_streams.ids import Id
from exporter.queues.redis_streams.replies import Reply
from exporter.queues.redis_streams.streams import OVER_BUDGET

if TYPE_CHECKING:
    from exporter.queues.redis_streams.topic import Topic


GONE = "consumed meanwhile, or over the budget"


def asked(topic: Topic, script: str, *values: str | int) -> Reply:
    """What the script answers; raises Denied where the account may run none: nothing is read that was not measured."""
    told = topic.run(script, *values)
    if not topic.scripted:
        raise Denied(
            "bodies are read only where a script measures them first, and the account may run none: "
            "give it +eval_ro (before Redis 7: +eval)"
        )
    return told


@dataclass(slots=True)
class Found:
    """What one sample has found."""

    key: str
    draw: Draw
    bodies: list[Body] = field(default_factory=list)
    too_large: list[Message] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)

    def entry(self, told: Reply) -> None:
        """Of a stream: a row of BODIES."""
        match told:
            case [bytes(id_), int(size), list(fields)]:
                self._add(id_.decode(), size, _entry([_joined(each) for each in fields]), Id.read(id_))
            case [bytes(id_), int(size)]:
                self._add(id_.decode(), size, None, Id.read(id_))
            case _:
                raise Garbled("the server answers the script in a form that cannot be read")

    def element(self, print_: str, size: int, value: Reply) -> None:
        """Of a list; `value` as WAITING hands it over, None where it did not."""
        self._add(print_, size, None if value is None else _joined(value), None)

    def drawn(self, mark: Mark, arrived: int, *, estimated: bool = False) -> Drawn:
        return Drawn(mark, arrived, tuple(self.bodies), tuple(self.too_large), self.unread, estimated)

    def _add(self, id_: str, size: int, data: bytes | None, id_time: Id | None) -> None:
        message = Message(self.key, "", id_, size, at=id_time.at if id_time else None, body=size)
        if data is not None:
            self.bodies.append(Body(message, data))
        elif size > self.draw.largest:
            self.too_large.append(message)
        else:
            self.unread[GONE if id_time is None else OVER_BUDGET] += 1


def _joined(parts: Reply) -> bytes:
    if isinstance(parts, list) and all(isinstance(each, bytes) for each in parts):
        return b"".join(each for each in parts if isinstance(each, bytes))
    raise Garbled("the server answers the script in a form that cannot be read")


def _entry(fields: Sequence[bytes]) -> bytes:
    """An entry as JSON: {field: value}, where a value that looks like JSON is taken for it."""
    pairs: Iterable[tuple[bytes, bytes]] = zip(fields[::2], fields[1::2], strict=True)
    return b"{" + b",".join(_string(name) + b":" + _value(value) for name, value in pairs) + b"}"


def _value(value: bytes) -> bytes:
    return value if value.lstrip()[:1] in (b"{", b"[") else _string(value)


def _string(raw: bytes) -> bytes:
    """Bytes that are no UTF-8 stay as they are, for whoever judges them."""
    return json.dumps(raw.decode(errors="surrogateescape"), ensure_ascii=False).encode(errors="surrogateescape")
