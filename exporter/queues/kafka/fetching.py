"""One page of a partition's records, asked of its leader in nobody's group."""

from __future__ import annotations

import contextlib
import struct
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled
from exporter.queues.kafka.refusals import OUT_OF_RANGE, refusal
from exporter.queues.kafka.wire import Read, Stream, array, string

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exporter.database.deadline import Deadline
    from exporter.queues.kafka.spans import Span

_LARGEST_ANSWER = (1 << 31) - 1


@contextlib.contextmanager
def fetched(span: Span, topic: str, offset: int, most: int, deadline: Deadline) -> Iterator[tuple[Stream, int]]:
    """What follows `offset`, and its bytes: about `most`, or one batch that is larger. They are read within the `with`.

    0 bytes where nothing is left there; -1 where the offset is gone, or the broker's quota gives nothing now.
    """
    partition = struct.pack(">iiqqi", span.partition, -1, offset, -1, most)
    fields = struct.pack(">iiiibii", -1, 0, 0, most, 0, 0, -1)  # a client that keeps no session and does not wait
    fields += array([string(topic) + array([partition])]) + array([])
    with span.link.stream(Read.FETCH, fields, deadline, _LARGEST_ANSWER) as answer:
        yield answer, _records(answer, span, topic)


def _records(answer: Stream, span: Span, topic: str) -> int:
    """Bytes of records that follow."""
    throttled, code, _, topics = answer.i32() > 0, answer.i16(), answer.i32(), answer.count()
    if not code and not topics:
        return -1
    if not code:
        name, partitions, number, code = answer.text(), answer.count(), answer.i32(), answer.i16()
        if (name, partitions, number) != (topic, 1, span.partition):
            raise Garbled(f"{span.link.name} answers about another partition")
        for _ in range(3):
            answer.i64()
        answer.array(lambda a: (a.i64(), a.i64()))  # transactions that were given up
    if code == OUT_OF_RANGE:
        return -1
    if code:
        raise refusal(code, span.link.name, f"the messages of {topic}")
    size = max(0, answer.i32())
    return -1 if throttled and not size else size
