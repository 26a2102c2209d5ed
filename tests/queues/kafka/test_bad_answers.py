from __future__ import annotations

import gzip
import struct

import pytest

from exporter.queues import Deadline, Garbled, Look, QueueError, Unreachable, Unsupported
from exporter.queues.kafka import Kafka as Settings
from exporter.queues.kafka.wire import Read, array
from tests.queues.kafka.impostor import Impostor, honest

LOOK = Look(51200)


@pytest.fixture
def impostor():
    made = []

    def start(raw=None):
        made.append(Impostor(raw))
        return made[-1]

    yield start
    for each in made:
        each.close()


def asked(broker, look=LOOK):
    queue = Settings(url=f"kafka://127.0.0.1:{broker.port}").connect()
    try:
        return queue.arrivals("orders", {}, look, Deadline(5))
    finally:
        queue.close()


def varint(value):
    value = value << 1 ^ value >> 63
    made = b""
    while value > 0x7F:
        made += bytes([value & 0x7F | 0x80])
        value >>= 7
    return made + bytes([value])


def record(value, claimed=None):
    body = (
        b"\0" + varint(0) + varint(0) + varint(-1) + varint(len(value) if claimed is None else claimed) + value + b"\0"
    )
    return varint(len(body)) + body


def batch(records, count=1, *, codec=0, form=2, first=0, length=None):
    back = struct.pack(">IhiqqqhiI", 0, codec, max(0, count - 1), 0, 0, -1, -1, -1, count)
    length = 5 + len(back) + len(records) if length is None else length
    return struct.pack(">qiib", first, length, 0, form) + back + records


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x7f\xff\xff\xff" + b"x" * 100,  # 2 GB
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\0\0\0\x0a\0\0\x30\x39" + b"\0" * 6,  # of another question
        b"\0\0\0\x0a\0\0\0\x01\0\0\x7f\xff\xff\xff",  # a list of 2 billion
    ],
)
def test_what_is_no_kafka_is_garbled(impostor, raw):
    with pytest.raises(Garbled):
        asked(impostor(raw))


def test_an_answer_that_breaks_off_is_unreachable(impostor):
    with pytest.raises(Unreachable, match="closed the connection"):
        asked(impostor(b"\0\0\0\x20\0\0\0\x01\0\0"))


def test_tls_where_none_was_meant_says_so(impostor):
    with pytest.raises(Unreachable, match="write tls: true"):
        asked(impostor(b"\x15\x03\x03\0\x02\x02\x50"))


def test_a_broker_older_than_ours_is_not_supported(impostor):
    broker = impostor()
    broker.answers = lambda code, _: struct.pack(">h", 0) + array([struct.pack(">hhh", Read.METADATA, 0, 3)])
    with pytest.raises(Unsupported, match=r"Kafka 2\.1 and newer"):
        asked(broker)


def served(impostor, batches, look=LOOK, **options):
    broker = impostor()
    broker.answers = honest(broker.port, batches=batches, **options)
    return asked(broker, look)


def test_an_honest_broker_of_the_old_questions_is_understood(impostor):
    found = served(impostor, batch(record(b"{}")))
    assert (found.arrived, found.bodies.sum, found.mark["id"]) == (1, 2, "")


@pytest.mark.parametrize("length", [-1, 0, 12, 48])
def test_a_batch_of_impossible_length_is_garbled(impostor, length):
    with pytest.raises(Garbled):
        served(impostor, batch(record(b"{}"), length=length))


def test_a_batch_before_the_offset_that_was_asked_for_is_garbled(impostor):
    with pytest.raises(Garbled, match="other messages"):
        served(impostor, batch(record(b"{}"), first=-5))


@pytest.mark.parametrize(
    "records",
    [varint(1 << 40), varint(-3), record(b"{}", claimed=1 << 30), b"", b"\xff" * 20],
    ids=["far too long", "negative", "value longer than its record", "none", "no number"],
)
def test_a_record_that_cannot_be_read_is_told_and_passed_over(impostor, records):
    found = served(impostor, batch(records) + batch(record(b"{}"), first=1), end=2)
    assert found.mark["next"] == {"0": 2}
    assert found.stored.count + found.unseen.get("unreadable", 0) == 2


@pytest.mark.parametrize("codec", [1, 2, 3, 4, 5, 7])
def test_what_is_not_compressed_as_it_says_is_told_and_passed_over(impostor, codec):
    found = served(impostor, batch(b"\x05no such thing at all", codec=codec) + batch(record(b"{}"), first=1), end=2)
    assert (found.arrived, found.stored.count, found.unseen) == (2, 1, {"unreadable": 1})


def test_a_bomb_is_inflated_piece_by_piece(impostor):
    bomb = record(b"0" * (50 << 20))
    found = served(impostor, batch(gzip.compress(bomb), codec=1))
    assert (found.arrived, found.largest[0].body) == (1, 50 << 20)


def test_a_large_batch_that_does_not_come_in_time_is_told_and_passed_over(impostor):
    broker = impostor()
    whole = batch(record(b"z" * (2 << 20)))
    told = honest(broker.port, batches=whole)
    broker.answers = lambda code, asked: told(code, asked)[: None if code != Read.FETCH else -(1 << 20)]
    broker.missing = 1 << 20
    queue = Settings(url=f"kafka://127.0.0.1:{broker.port}").connect()
    found = queue.arrivals("orders", {}, LOOK, Deadline(0.5))
    queue.close()
    (fat,) = found.largest
    assert (found.oversize, fat.stored, fat.body, found.mark["next"]) == (1, len(whole), None, {"0": 1})
    assert fat.why == "it takes longer to read than a run may last"


def test_messages_of_the_format_before_batches_are_told(impostor):
    found = served(impostor, batch(b"", form=1))
    assert found.unseen == {"in the format before Kafka 0.11": 1}


def test_json_of_10_000_levels_and_invalid_utf8_are_looked_at_all_the_same(impostor):
    deep = record(b"[" * 60_000 + b"]" * 60_000)
    odd = record(b'{"name":"\xff\xfe' + b"\x80" * 60_000 + b'"}')
    found = served(impostor, batch(deep) + batch(odd, first=1), end=2)
    assert [message.contents.form for message in found.largest] == ["JSON", "JSON"]


@pytest.mark.parametrize("topics", [array([]), None], ids=["nothing", "no messages"])
def test_over_the_brokers_quota_nothing_is_lost(impostor, topics):
    broker = impostor()
    told = honest(broker.port)
    throttled = struct.pack(">ihi", 900, 0, 0)
    broker.answers = lambda code, asked: (
        told(code, asked) if code != Read.FETCH else throttled + (topics or told(code, asked)[10:])
    )
    found = asked(broker)
    assert (found.arrived, found.mark["next"]) == (0, {"0": 0})


def test_a_refusal_without_a_known_code_is_told_by_its_code(impostor):
    broker = impostor()
    told = honest(broker.port)
    broker.answers = lambda code, asked: (
        told(code, asked) if code != Read.FETCH else struct.pack(">ihi", 0, 77, 0) + array([])
    )
    with pytest.raises(QueueError, match="code 77"):
        asked(broker)
