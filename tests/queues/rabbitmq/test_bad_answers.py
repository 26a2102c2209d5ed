"""Whatever answers: an error in words, in time, in bounded memory, and nothing of what was answered in it."""

import struct
import time

import pytest

from exporter.queues import Deadline, Denied, Garbled, Missing, QueueError, TimedOut, Unreachable, Unsupported
from exporter.queues.rabbitmq import RabbitMQ
from exporter.queues.rabbitmq.api import LARGEST, Api
from exporter.queues.rabbitmq.link import Link
from exporter.queues.rabbitmq.wire import OURS, Fields, short, table
from tests.queues.rabbitmq.impostor import (
    CHANNEL,
    EMPTY,
    GOT,
    GREETING,
    HEARTBEAT,
    OPENED,
    START,
    TUNE,
    Impostor,
    body,
    closed,
    frame,
    head,
    method,
)


@pytest.fixture
def answering():
    made = []

    def answering(*answers, **more):
        made.append(Impostor(*answers, **more))
        return made[-1].place

    yield answering
    for each in made:
        each.close()


def link(place, seconds=5.0):
    return Link(place, None, ("shop", "hidden"), "/", Deadline(seconds))


def read(place, count=1, seconds=5.0):
    """The messages that come, with their bodies."""
    opened = link(place, seconds)
    try:
        return [(letter, b"".join(letter.pieces)) for letter in opened.letters(f"{OURS}x", count, Deadline(seconds))]
    finally:
        opened.close()


def told(place, *path, seconds=5.0):
    settings = {"url": f"rabbitmq://shop:hidden@{place[0]}:{place[1]}"}
    return Api(RabbitMQ.model_validate(settings)).get(*(path or ("overview",)), deadline=Deadline(seconds))


# --- AMQP


def test_a_message_in_many_frames_with_heartbeats_between_them_is_read_whole(answering):
    properties = short("text/plain") + table({"a": 1}) + short("m-1") + struct.pack(">Q", 7)
    message = GOT + head(9, 0b1010_0000_1100_0000, properties)
    place = answering(*GREETING, HEARTBEAT + message + body(b"abc") + HEARTBEAT + body(b"") + body(b"defghi") + EMPTY)
    ((letter, data),) = read(place, 2)
    assert data == b"abcdefghi"
    assert letter.properties == {"content_type": "text/plain", "message_id": "m-1", "timestamp": 7}


def test_a_message_that_nobody_reads_is_passed_over(answering):
    place = answering(*GREETING, GOT + head(3) + body(b"abc") + GOT + head(0))
    opened = link(place)
    assert [letter.size for letter in opened.letters(f"{OURS}x", 2, Deadline(5))] == [3, 0]
    opened.close()


@pytest.mark.parametrize(
    ("answers", "kind", "said"),
    [
        ((), Unreachable, "closed the connection"),
        ((b"AMQP\0\0\x09\1",), Unreachable, "no plain AMQP 0-9-1"),
        ((b"HTTP/1.1 400 Bad Request\r\n\r\n",), Unreachable, "amqp takes its port"),
        ((b"\x15\x03\x01\x00\x02\x02\x46",), Unreachable, "rabbitmqs://"),
        ((frame(1, b"", size=2**31 - 1, end=b""),), Garbled, "longer than was agreed"),
        ((frame(1, b"", size=2**32 - 1, end=b""),), Garbled, "longer than was agreed"),
        ((START[:-1] + b"\xcd",), Garbled, "does not end where it should"),
        ((START[:20],), Unreachable, "closed the connection"),
        ((OPENED,), Garbled, "something else"),
        ((frame(1, b"\0"),), Garbled, "too short"),
        ((START, closed(403, (10, 50))), Denied, "refuses the account or its password"),
        ((START, TUNE, closed(530, (10, 50))), Denied, "does not allow the virtual host /"),
        ((START, TUNE, OPENED, closed(504)), QueueError, "refuses a channel"),
        ((START, TUNE, OPENED, frame(3, b"x")), Garbled, "another frame"),
    ],
)
def test_a_greeting_that_goes_wrong_is_told_for_what_it_is(answering, answers, kind, said):
    with pytest.raises(kind, match=said) as caught:
        link(answering(*answers))
    assert not any(each in str(caught.value) for each in ("hidden", "wang"))


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (GOT + head(10) + body(b"abc"), Unreachable, "closed the connection"),
        (GOT + head(3) + body(b"abcdef"), Garbled, "another frame"),
        (GOT + head(3) + body(b"abc", end=b"\0"), Garbled, "does not end"),
        (GOT + head(9) + body(b"", size=2**31 - 1), Garbled, "another frame|longer than was agreed"),
        (GOT + head(2**63) + body(b"abc") + closed(320, (10, 50)), Unreachable, "stopping"),
        (GOT + closed(404), Unreachable, "expired, or somebody deleted it"),
        (closed(404), Unreachable, "expired, or somebody deleted it"),
        (closed(405), Unreachable, "locked"),
        (GOT + GOT, Garbled, "another frame"),
        (GOT + frame(2, b"\0" * 5), Garbled, "too short"),
        (GOT + head(1, 0x8000, b"\xff"), Garbled, "too short"),
        (method((60, 71), b"\0" * 9 + b"\xff"), Garbled, "too short"),
        (CHANNEL, Garbled, "something else"),
    ],
)
def test_a_message_that_breaks_off_or_never_comes_is_an_error(answering, answer, kind, said):
    with pytest.raises(kind, match=said) as caught:
        read(answering(*GREETING, answer))
    assert "wang" not in str(caught.value)


def test_a_message_said_to_have_no_end_costs_no_more_than_the_deadline(answering):
    opened = link(answering(*GREETING, GOT + head(2**62) + body(b"x" * 100_000) * 300))
    begun = time.monotonic()
    with pytest.raises((TimedOut, Unreachable)):
        list(opened.letters(f"{OURS}x", 1, Deadline(1.0)))
    opened.close()
    assert time.monotonic() - begun < 2


def test_a_broker_that_answers_a_byte_at_a_time_is_not_waited_for(answering):
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        link(answering(START + b"x" * 1000, every=0.05), 0.4)
    assert time.monotonic() - begun < 0.8


def test_fields_beyond_a_frame_are_no_crash():
    with pytest.raises(Garbled):
        Fields(b"\x00\x00\x00\x05abc").long()


# --- the management API


def http(answer, status=b"200 OK", size=None):
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(answer) if size is None else size, answer)


@pytest.mark.parametrize(
    ("answer", "kind", "said"),
    [
        (b"", Unreachable, "closed the connection"),
        (b"AMQP\0\0\x09\1", Garbled, r"takes its port \(15672\)"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200, Garbled, "is not the management plugin"),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000, Garbled, "is not the management plugin"),
        (http(b"{}", size=99), Garbled, "broke off"),
        (http(b"[" * 10_000), Garbled, "not its JSON"),
        (http(b"[" * 10_000 + b"]" * 10_000), Garbled, "not its JSON"),
        (http(b'{"a": "\xff\xfe"}'), Garbled, "not its JSON"),
        (http(b"<html>"), Garbled, "not its JSON"),
        (http(b"x", size=2**31), Garbled, "not its JSON|broke off"),
        (http(b" " * (LARGEST + 10)), Garbled, "more than 4 MB"),
        (http(b"", b"401 Unauthorized"), Denied, "user or password is wrong"),
        (http(b'{"reason":"User not authorised to access virtual host"}', b"401 Unauthorized"), Denied, "permissions"),
        (http(b'{"reason":"Not management user"}', b"401 Unauthorized"), Denied, "tag monitoring"),
        (http(b"", b"403 Forbidden"), Denied, "tag monitoring"),
        (http(b"", b"404 Not Found"), Missing, "does not know"),
        (http(b"", b"503 Service Unavailable"), Unreachable, "just now"),
        (http(b"", b"302 Found"), Unsupported, "HTTP 302"),
    ],
)
def test_an_answer_that_is_none_is_told_for_what_it_is(answering, answer, kind, said):
    with pytest.raises(kind, match=said) as caught:
        told(answering(answer))
    assert "hidden" not in str(caught.value)


def test_headers_a_byte_at_a_time_are_not_waited_for(answering):
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        told(answering(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 90, every=0.05), seconds=0.4)
    assert time.monotonic() - begun < 0.8


def test_a_host_that_is_away_is_passed_by(answering):
    place = answering(http(b'{"a": 1}'))
    settings = {"url": f"rabbitmq://shop:hidden@127.0.0.1:1,{place[0]}:{place[1]}"}
    api = Api(RabbitMQ.model_validate(settings))
    assert api.get("overview", deadline=Deadline(5)).fields == {"a": 1}
    assert api._hosts[0] == place


def test_names_are_quoted_in_addresses(answering):
    assert told(answering(http(b"[]")), "queues", "a/b?c", "../x").fields == {}
