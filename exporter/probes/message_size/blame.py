"""What is told of one oversize message: where to find it, and which of its fields is fat. Never a byte of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from exporter.model import Case
from exporter.queues import KB, Message
from exporter.text import SEPARATOR, one_line

Size = Literal["large", "huge"]

HUGE = 1024 * KB
"""Bytes above which a message is huge: Kafka's own limit, and what parsers of JSON choke on."""

_LONGEST_PATH = 60


@dataclass(frozen=True, slots=True)
class Blame:
    """`field` is the path of the fattest field, `content` what it holds ("Base64 JPEG"); empty where nobody knows."""

    size: Size
    field: str = ""
    content: str = ""


def blame(message: Message) -> Blame:
    size: Size = "huge" if message.size > HUGE else "large"
    if message.contents is None:
        return Blame(size)
    if not message.contents.fields:
        return Blame(size, "$", message.contents.form)
    fattest = message.contents.fields[0]
    return Blame(size, _tail(fattest.path), fattest.kind)


def case(message: Message, now: datetime) -> Case:
    """By its business key, or by the id where it has none."""
    ref = one_line(" ".join(message.keys), 80) or message.id
    said = [_sizes(message)]
    if message.contents and message.contents.fields:
        fattest = message.contents.fields[0]
        said.append(f"{_tail(fattest.path)} {fattest.kind} {written(fattest.bytes)}")
    elif message.contents or message.why:
        said.append(message.contents.form if message.contents else message.why)
    if ref != message.id:
        said.append(f"id {message.id}")
    if message.partition:
        said.append(message.partition)
    if message.producer:
        said.append(f"← {message.producer}")
    return Case(ref, message.at or now, SEPARATOR.join(said))


def written(size: int) -> str:
    """Bytes as people say them: 12582912 → `12 MB`."""
    if size < KB:
        return f"{size} B"
    unit, amount = ("KB", size / KB) if size < KB * KB else ("MB", size / KB / KB)
    return f"{amount:.3g} {unit}" if amount < 999.5 else f"{amount:.0f} {unit}"  # noqa: PLR2004 - else 1e+03 KB


def _sizes(message: Message) -> str:
    if message.body is None:
        return f"落盘 {written(message.stored)} / {written(message.stored)} stored"
    if message.body <= message.stored:
        return written(message.stored)
    body, stored = written(message.body), written(message.stored)
    return f"{body}，落盘 {stored} / {body}, {stored} stored"


def _tail(path: str) -> str:
    """The end of a path says more than its beginning."""
    return path if len(path) <= _LONGEST_PATH else f"…{path[1 - _LONGEST_PATH :]}"
