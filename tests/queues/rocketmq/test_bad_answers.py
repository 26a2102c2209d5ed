"""Answers that are broken, late, huge or not ours: told in words, in time, and forgotten by the next question."""

from __future__ import annotations

import json
import struct
import time
import zlib
from datetime import UTC, datetime

import pytest

from exporter.queues import (
    Deadline,
    Delay,
    Denied,
    Garbled,
    Look,
    Missing,
    QueueError,
    TimedOut,
    Unreachable,
    Unsupported,
)
from exporter.queues.rocketmq import RocketMQ
from tests.queues.rocketmq.scripted import Scripted, frame, stored
from tests.servers import free_port

LOOK = Look(oversize=1000)
BODY = json.dumps({"items": [{"picture": "x" * 3000}]}).encode()


@pytest.fixture
def broker():
    server = Scripted()
    yield server
    server.close()


@pytest.fixture
def queue(broker):
    opened = RocketMQ(url=f"rocketmq://127.0.0.1:{broker.port}").connect()
    yield opened
    opened.close()


def look(queue, mark=None, seconds=3.0, **given):
    return queue.arrivals("t", mark or {}, Look(**{"oversize": 1000, **given}), Deadline(seconds))


def opened(broker, queue, message, **given):
    """The one message that the broker keeps, of which it sends this when it is asked for it."""
    broker.keeps(len(message))
    broker.answers.setdefault(33, lambda request: [frame(request, message)])
    (found,) = look(queue, **given).largest
    return found


def test_answers_in_pieces_and_among_others_are_understood(broker, queue):
    message = stored(BODY)
    other = {"opaque": 77}

    def pieces(request):
        whole = frame(other, b"late") + frame(request, b"a question", flag=0) + frame(request, message)
        return [whole[at : at + 7] for at in range(0, len(whole), 7)]

    broker.answers[33] = pieces
    found = opened(broker, queue, message)
    assert (found.body, found.keys, found.producer) == (len(BODY), ("O-1",), "10.0.0.9")
    assert found.contents.fields[0].path == "$.items[*].picture"
    assert look(queue).largest[0].body == len(BODY)


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (lambda r: [struct.pack(">iI", 2**31 - 1, 40)], Garbled, "2,147,483,603 bytes"),
        (lambda r: [struct.pack(">iI", -1, 40)], Garbled, "no frame"),
        (lambda r: [struct.pack(">iI", 3, 0)], Garbled, "no frame"),
        (lambda r: [struct.pack(">iI", 100, 0xFFFFFF)], Garbled, "no frame"),
        (lambda r: [struct.pack(">iI", 100, 1 << 24 | 96) + b"\0" * 96], Garbled, "binary header"),
        (lambda r: [b"HTTP/1.1 400 Bad Request\r\n\r\n"], Garbled, "something else"),
        (lambda r: [struct.pack(">iI", 14, 10) + b"no json at"], Garbled, "header"),
        (lambda r: [struct.pack(">iI", 6, 2) + b"[]"], Garbled, "header"),
        (lambda r: [frame(r, b"{}")[:20], b""][:0], Unreachable, "closed"),
        (lambda r: [frame(r, b"{not json")], Garbled, "neither JSON"),
        (lambda r: [frame(r, b"[" * 100_000)], Garbled, "neither JSON"),
        (lambda r: [frame(r, b"{}")], Garbled, "cannot be read"),
        (lambda r: [frame({"opaque": 5}, b"")] * 200, Garbled, "other questions"),
        (lambda r: [frame(r, code=1, remark="org.apache.rocketmq.acl.common.AclException: no key k1")], Denied, "key"),
        (lambda r: [frame(r, code=16)], Denied, "key"),
        (lambda r: [frame(r, code=3)], Unsupported, "does not know"),
        (lambda r: [frame(r, code=2)], Unreachable, "busy"),
        (lambda r: [frame(r, code=99, remark="at 10.0.0.8:10911 'secret'")], QueueError, "code 99"),
    ],
)
def test_a_broken_answer_is_told_and_the_next_question_is_answered(broker, queue, answer, error, text):
    broker.answers[105] = answer
    begun = time.monotonic()
    with pytest.raises(error, match=text) as caught:
        look(queue)
    assert time.monotonic() - begun < 2
    assert not any(secret in str(caught.value) for secret in ("127.0.0.1", "10.0.0.8", "secret", "k1"))
    broker.keeps(100)
    broker.says(33, b"", code=1, remark="can not find message by the offset, 0")
    assert look(queue).arrived == 1


def test_an_answer_that_stops_in_the_middle_ends_at_the_deadline(broker, queue):
    broker.answers[105] = lambda request: [frame(request, b"x" * 100)[:-50]]
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"0\.4 s"):
        look(queue, seconds=0.4)
    assert 0.3 < time.monotonic() - begun < 1.5


def test_an_answer_that_drips_ends_at_the_deadline_too(broker, queue):
    def drip(request):
        for byte in frame(request, b"x" * 1000):
            time.sleep(0.02)
            yield bytes([byte])

    broker.answers[105] = drip
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        look(queue, seconds=0.5)
    assert time.monotonic() - begun < 1.5


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda m: m[:4] + b"\0\0\0\0" + m[8:], "another message"),
        (lambda m: m[:28] + b"\0" * 7 + b"\x09" + m[36:], "another message"),
        (lambda m: struct.pack(">I", len(m) + 1) + m[4:], "another message"),
        (lambda m: m[:84] + struct.pack(">I", 2**31) + m[88:], "shorter than it says"),
        (lambda m: m[:60], "shorter than it says"),
        (lambda m: b"", "shorter than it says"),
    ],
)
def test_a_message_that_is_another_one_is_not_taken_for_it(broker, queue, change, why):
    message = stored(BODY)
    broker.answers[33] = lambda request: [frame(request, change(message))]
    found = opened(broker, queue, message)
    assert (found.body, found.contents, found.keys) == (None, None, ())
    assert why in found.why
    broker.answers[33] = lambda request: [frame(request, message)]
    assert look(queue).largest[0].body == len(BODY)
    assert len(broker.asked) == 2 * 4


def test_a_message_that_was_deleted_meanwhile_is_told_by_its_size(broker, queue):
    broker.says(33, code=1, remark="can not find message by the offset, 0")
    found = opened(broker, queue, stored(BODY))
    assert (found.stored, found.body, found.why) == (
        len(stored(BODY)), None, "the broker deleted it before it could be opened",
    )  # fmt: skip
    assert found.id == "7F000001" + f"{broker.port:08X}" + "0" * 16


def test_a_message_that_does_not_come_in_time_is_told_by_its_size(broker, queue):
    message = stored(BODY)
    broker.answers[33] = lambda request: [frame(request, message)[:-9]]
    found = opened(broker, queue, message, seconds=0.8)
    assert (found.stored, found.body) == (len(message), None)
    assert "did not answer within" in found.why


def test_keys_name_orders_and_no_people(broker, queue):
    message = stored(BODY, properties=b"KEYS\x01O-1 13812345678 " + b"k" * 500 + b" a b c d\x02TAGS\x01x")
    assert opened(broker, queue, message).keys == ("O-1", "?", "k" * 64, "a", "b")


def test_a_small_message_that_stands_for_gigabytes_is_not_inflated_to_its_end(broker, queue):
    bomb = zlib.compressobj()
    piece = bomb.compress(b" " * (1 << 20))
    packed = piece + b"".join(bomb.compress(b" " * (1 << 20)) for _ in range(100)) + bomb.flush()
    found = opened(broker, queue, stored(packed, flags=1), seconds=20.0)
    assert 64 << 20 < found.body < 65 << 20
    assert "at the least" in found.why


def test_a_queue_that_was_trimmed_counts_what_nobody_saw(broker, queue):
    broker.keeps(100, 100, 100, oldest=50)
    broker.says(33, code=1, remark="can not find message by the offset, 0")
    found = look(queue, {"a": {"0": 40}})
    assert (found.arrived, found.stored.count, found.unseen) == (13, 3, {"expired": 10})
    assert found.coverage == pytest.approx(3 / 13)
    assert found.mark == {"a": {"0": 53}}


def test_a_queue_that_is_trimmed_while_it_is_read_counts_as_well(broker, queue):
    broker.keeps(100, 100)
    broker.says(321, remark="Index 0 of 0@t is not exist!")
    found = look(queue)
    assert (found.arrived, found.stored.count, found.unseen, found.mark) == (2, 0, {"expired": 2}, {"a": {"0": 2}})


@pytest.mark.parametrize(
    "mark", [{"a": {"0": 99}}, {"a": {"0": -5}}, {"a": [1]}, {"a": {"0": "x"}}, {"b": {"0": 1}}, {"a": {"9": 1}}]
)
def test_a_mark_that_does_not_fit_begins_at_the_oldest(broker, queue, mark):
    broker.keeps(100, 100)
    broker.says(33, code=1, remark="can not find message by the offset, 0")
    assert look(queue, mark).arrived == 2


def test_a_name_server_that_is_away_is_passed_over(broker):
    broker.keeps(100)
    broker.says(33, code=1, remark="can not find message by the offset, 0")
    queue = RocketMQ(url=f"rocketmq://127.0.0.1:{free_port()},127.0.0.1:{broker.port}").connect()
    assert look(queue).arrived == 1
    queue.close()
    with pytest.raises(Unreachable):
        look(queue)


def test_no_name_server_at_all_is_unreachable_and_no_address_is_told():
    ports = free_port(), free_port()
    queue = RocketMQ(url=f"rocketmq://127.0.0.1:{ports[0]};127.0.0.1:{ports[1]}").connect()
    with pytest.raises(Unreachable, match=r"no name server answers: .*name server 1: connection refused") as caught:
        look(queue)
    assert "127.0.0.1" not in str(caught.value)


def test_a_topic_that_went_with_its_broker_is_no_topic_that_never_was(broker, queue):
    broker.keeps(100)
    broker.says(33, code=16)
    look(queue)
    broker.says(105, code=17)
    broker.says(106, b'{"brokerAddrTable":{"b":{"brokerAddrs":{0:"10.0.0.9:10911"}}}}')
    with pytest.raises(Unreachable, match="no broker that keeps t is there: the name server lost a"):
        look(queue)
    with pytest.raises(Missing, match="there is no topic ghost"):
        queue.arrivals("ghost", None, LOOK, Deadline(3))


def test_a_broker_is_reached_where_the_settings_say(broker):
    broker.keeps(100)
    broker.says(33, code=1, remark="can not find message by the offset, 0")
    route = {"brokerDatas": [{"brokerAddrs": {"0": "172.17.0.3:10911"}, "brokerName": "a"}],
             "queueDatas": [{"brokerName": "a", "readQueueNums": 1}]}  # fmt: skip
    broker.says(105, route)
    settings = {
        "url": f"rocketmq://127.0.0.1:{broker.port}",
        "brokers": {"172.17.0.3:10911": f"127.0.0.1:{broker.port}"},
    }
    queue = RocketMQ(**settings).connect()
    found = look(queue)
    assert found.largest[0].id.startswith("AC110003")
    queue.close()


def test_a_delay_that_one_group_may_not_be_told_leaves_the_others(broker, queue):
    broker.keeps(100)
    broker.says(300, {"groupList": ["mine", "theirs"]})
    broker.says(203, code=206)
    stats = b'{"consumeTps":0.0,"offsetTable":{{"brokerName":"a","queueId":0,"topic":"t"}:{"brokerOffset":1,"consumerOffset":1}}}'
    broker.answers[208] = lambda request: [
        frame(request, stats) if request["extFields"]["consumerGroup"] == "mine" else frame(request, code=16)
    ]
    broker.says(303, {"consumeTimeSpanSet": [{"messageQueue": {"queueId": 0}, "delayTime": 0, "minTimeStamp": 1}]})
    mine, theirs = queue.delays("t", ["mine", "theirs"], datetime.now(UTC), Deadline(3))
    assert mine == Delay("t", "mine", 0.0, 0, 0, 1)
    assert theirs.seconds is None
    assert "refuses" in theirs.why


def test_a_client_that_asks_for_anything_else_than_a_read_cannot_be_written():
    from exporter.queues.rocketmq.frames import Read, request

    assert {int(code) for code in Read} == {
        26, 28, 29, 30, 31, 33, 105, 106, 202, 203, 206, 208, 300, 303, 315, 321,
    }  # fmt: skip
    for code in (10, 11, 12, 15, 17, 25, 34, 200, 207, 212, 215, 222, 310, 320):
        with pytest.raises(ValueError):
            request(code, {}, 1, None)
