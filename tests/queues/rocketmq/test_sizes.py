"""Sizes of messages on real brokers: what is large is found, named and left alone."""

from __future__ import annotations

import base64
import json
import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime

import lz4.frame
import pytest
import zstandard

from exporter.queues import BOUNDS, Missing
from tests.queues.rocketmq.conftest import LIMIT
from tests.servers.remoting import COMPRESSED, DELETE_TOPIC, DELETE_TOPIC_FROM_NAME_SERVER, Client

pytestmark = pytest.mark.server

PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0" + os.urandom(9_437_180))
LARGE = json.dumps({"no": "O-7", "items": [{"sku": "1"}, {"sku": "2", "picture": PICTURE.decode()}]}).encode()
REPEATED = json.dumps({"no": "O-8", "items": [{"name": "one and the same"}] * 8000}).encode()

MEASURE = """
import re, sys
from pathlib import Path
from exporter.queues import Deadline, Look
from exporter.queues.rocketmq import RocketMQ
def most_ever():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
url, topic = sys.argv[1:]
queue = RocketMQ(url=url).connect()
queue.arrivals(topic, {"broker-a": {"0": 0, "1": 10**9}}, Look(51200, first=1, opened=0), Deadline(20))
Path("/proc/self/clear_refs").write_text("5")  # the most from now on
before = most_ever()
found = queue.arrivals(topic, {}, Look(51200), Deadline(20))
print(found.largest[0].body, most_ever() - before)
"""


@pytest.mark.parametrize("flags", [0, COMPRESSED])
def test_a_12_mb_picture_is_found_and_its_field_is_named(look, topic, producer, flags):
    for number in range(50):
        producer.send(topic, json.dumps({"no": f"O-{number}"}).encode(), number % 2)
    sent = producer.send(topic, LARGE, 1, flags=flags, KEYS="O-7 T-9", TAGS="created", UNIQ_KEY="1234")
    found = look()
    assert (found.arrived, found.stored.count, found.oversize, found.coverage) == (51, 51, 1, 1)
    (message,) = found.largest
    assert (message.topic, message.partition, message.keys) == (topic, "broker-a/1", ("O-7", "T-9"))
    assert message.id == sent["msgId"]
    assert message.body == len(LARGE)
    assert (message.stored < 10_000_000) == bool(flags)
    assert message.contents.fields[0].path == "$.items[*].picture"
    assert message.contents.fields[0].bytes == len(PICTURE)
    assert message.contents.fields[0].kind == "Base64 JPEG"
    assert message.producer == "127.0.0.1"
    assert abs((datetime.now(UTC) - message.at).total_seconds()) < 60
    assert found.stored.largest == message.stored
    assert found.bodies.largest == len(LARGE)
    assert PICTURE[:40].decode() not in repr(found)


def test_it_takes_less_than_16_mib_to_find_it(broker, topic, producer):
    producer.send(topic, LARGE, 0, flags=COMPRESSED)
    command = [sys.executable, "-c", MEASURE, broker.url, topic]
    size, grown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert int(size) == len(LARGE)
    assert int(grown) < 4 * 1024  # the 16 that a probe may take are for its caller


def test_a_hundred_thousand_sizes_are_read_in_5_seconds(look, topic, producer):
    bodies = [b'{"no":"%d"}' % number for number in range(50_000)]
    producer.send_all(topic, bodies, 0)
    producer.send_all(topic, bodies, 1)
    begun = time.monotonic()
    found = look({}, seconds=10)
    assert time.monotonic() - begun < 5
    assert (found.arrived, found.stored.count, found.stored.buckets[0]) == (100_000, 100_000, 100_000)
    assert 100_000 * 90 < found.stored.sum < 100_000 * 300
    assert found.bodies.count == 20


def test_only_what_is_new_since_the_mark_is_told(look, topic, producer):
    for _ in range(5):
        producer.send(topic, b"{}", 0)
    first = look()
    producer.send(topic, b"x" * 60_000, 1)
    second = look(json.loads(json.dumps(first.mark)))
    third = look(second.mark)
    assert [(each.arrived, each.oversize) for each in (first, second, third)] == [(5, 0), (1, 1), (0, 0)]
    assert third.mark == second.mark
    assert (third.largest, third.coverage) == ((), 1)


def test_the_first_look_goes_back_by_a_stated_number_of_messages(look, topic, producer):
    producer.send_all(topic, [b"x" * 20_000] * 30, 0)
    assert look(first=10).arrived == 10
    assert look({}).arrived == 30


def test_of_too_many_the_newest_are_read_and_the_rest_is_counted(look, topic, producer):
    producer.send_all(topic, [b"{}"] * 4000, 0)
    producer.send(topic, b"x" * 60_000, 1)
    found = look({}, messages=1000)
    assert (found.arrived, found.stored.count, found.unseen) == (4001, 1000, {"over the budget": 3001})
    assert found.oversize == 1
    assert found.mark["broker-a"] == {"0": 4000, "1": 1}


def test_a_large_message_that_compresses_well_is_found_as_well(look, topic, producer):
    producer.send(topic, REPEATED, 0, flags=COMPRESSED)
    found = look()
    assert found.stored.largest < BOUNDS[0] < LIMIT < found.bodies.largest == len(REPEATED)
    assert found.oversize == 1
    assert found.largest[0].contents.fields[0].path == "$.items[*].name"


@pytest.mark.parametrize(
    ("way", "compressed"),
    [(1, lz4.frame.compress(LARGE)), (2, zstandard.compress(LARGE)), (3, None), (1, b"broken" * 20_000), (5, LARGE)],
    ids=["lz4", "zstd", "zlib", "broken", "unknown"],
)
def test_other_compressions_are_inflated_or_said_not_to_be(look, topic, producer, way, compressed):
    import zlib

    producer.send(topic, compressed or zlib.compress(LARGE), 0, flags=COMPRESSED | way << 8, KEYS="O-7")
    (message,) = look().largest
    if compressed and compressed.startswith((b"broken", b"{")):
        assert (message.body, message.keys) == (None, ("O-7",))
        assert "compress" in message.why
    else:
        assert (message.body, message.contents.fields[0].path) == (len(LARGE), "$.items[*].picture")


def test_what_is_over_the_budget_is_told_without_being_opened(look, topic, producer):
    for number in range(3):
        producer.send(topic, random.randbytes(60_000 + number), 0, KEYS="O-1")
    found = look(opened=1, largest_opened=60_300)
    assert found.oversize == 3
    assert [message.body for message in found.largest].count(None) == 2
    assert all(message.id and (message.why or message.keys) for message in found.largest)
    assert "too large" in look(largest_opened=50_000).largest[0].why


def test_a_body_of_anything_is_looked_at(look, topic, producer):
    for body in (b"\xac\xed\x00\x05" + os.urandom(70_000), b"[" * 80_000, b'{"a":"' + b"\xff" * 90_000):
        producer.send(topic, body, 0)
    assert [(m.contents.form, m.contents.why) for m in look().largest] == [
        ("JSON", "the JSON breaks off"),
        ("JSON", "the JSON breaks off"),
        ("Java object", ""),
    ]


def test_a_topic_that_nobody_knows_is_missing(look):
    with pytest.raises(Missing, match="there is no topic ghost"):
        look(of="ghost")


def test_a_topic_that_was_deleted_is_missing_and_made_anew_begins_again(broker, look, topic, producer):
    for _ in range(5):
        producer.send(topic, b"{}", 0)
    mark = look().mark
    names = Client(broker.name_port)
    producer.ask(DELETE_TOPIC, {"topic": topic})
    names.ask(DELETE_TOPIC_FROM_NAME_SERVER, {"topic": topic})
    names.close()
    with pytest.raises(Missing):
        look(mark)
    producer.create(topic, 2)
    broker.wait_for_topic(topic)
    producer.send(topic, b"{}", 0)
    assert look(mark).arrived == 1
