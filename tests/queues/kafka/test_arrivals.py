from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from exporter.queues import Deadline, Look, Missing
from tests.queues.kafka.conftest import named

LOOK = Look(oversize=50 * 1024)
SMALL = [json.dumps({"orderSn": f"20240601{n:08}", "note": "x" * 300}).encode() for n in range(100)]

pytestmark = pytest.mark.server


def picture(size: int = 9 << 20) -> bytes:
    image = base64.b64encode(b"\xff\xd8\xff" + os.urandom(size - 3)).decode()
    return json.dumps({"orderSn": "2024060100000001", "items": [{"sku": "A", "picture": image}]}).encode()


def look(queue, topic, mark=None, of=LOOK):
    return queue.arrivals(topic, mark, of, Deadline(20))


@pytest.mark.parametrize("codec", ["none", "gzip", "snappy", "lz4", "zstd"])
def test_a_12_mb_picture_is_found_among_small_messages_however_it_is_compressed(queue, customer, topic, codec):
    mark = look(queue, topic).mark
    body = picture()
    customer.send(topic, SMALL, codec=codec)
    customer.send(topic, [body], keys=lambda _: "2024060100000001", codec=codec)
    customer.send(topic, SMALL, codec=codec)
    found = look(queue, topic, mark)
    assert (found.arrived, found.coverage, found.oversize, found.unseen) == (201, 1.0, 1, {})
    assert found.bodies.sum == 2 * sum(map(len, SMALL)) + len(body)
    (fat,) = found.largest
    assert (fat.topic, fat.partition, fat.id, fat.keys) == (topic, "0", "0:100", ("2024060100000001",))
    assert fat.body == len(body)
    assert fat.contents.fields[0].path == "$.items[*].picture"
    assert fat.contents.fields[0].kind == "Base64 JPEG"
    assert abs((datetime.now(UTC) - fat.at).total_seconds()) < 60


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_what_the_broker_itself_compresses_as_java_does_is_read(queue, customer, request, codec):
    topic = customer.create(named(request), compression_type=codec)
    body = picture(1 << 20)
    customer.send(topic, [*SMALL, body])
    found = look(queue, topic)
    assert found.bodies.sum == sum(map(len, SMALL)) + len(body)
    assert found.largest[0].contents.fields[0].kind == "Base64 JPEG"


def test_a_12_mb_message_costs_at_most_16_mib(kafka, customer, topic):
    customer.send(topic, [picture()])
    customer.send(topic, [picture()], codec="gzip")
    customer.send(topic, [picture()], codec="zstd")
    asking = (
        "import sys, resource\n"
        "from exporter.queues import Deadline, Look\n"
        "from exporter.queues.kafka import Kafka\n"
        "import exporter.queues.kafka.queue, ssl, zstandard\n"
        "def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before, queue = peak(), Kafka(url=sys.argv[1]).connect()\n"
        "found = queue.arrivals(sys.argv[2], {}, Look(51200, opened_bytes=1 << 26), Deadline(30))\n"
        "assert found.oversize == 3, found\n"
        "print(peak() - before)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", asking, kafka.url, topic], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(ran.stdout) / 1024 <= 16


def test_a_picture_is_known_within_5_seconds_at_an_interval_of_1(queue, customer, topic):
    mark = look(queue, topic).mark
    body = picture()
    begun = time.monotonic()
    customer.send(topic, [body])
    while not (found := look(queue, topic, mark)).oversize:
        mark = found.mark
        time.sleep(1)
    assert time.monotonic() - begun <= 5


def test_each_message_is_counted_once(queue, customer, topic):
    mark, counted = look(queue, topic).mark, 0
    for _ in range(3):
        customer.send(topic, SMALL)
        found = look(queue, topic, mark)
        counted, mark = counted + found.arrived, json.loads(json.dumps(found.mark))
    assert counted == 300
    assert look(queue, topic, mark).arrived == 0


def test_of_small_messages_the_largest_is_named(queue, customer, topic):
    customer.send(topic, [*SMALL, json.dumps({"remark": "y" * 2000}).encode()])
    (largest,) = look(queue, topic).largest
    assert (largest.id, largest.contents.fields[0].path) == ("0:100", "$.remark")


def test_without_a_mark_the_newest_of_each_partition_are_looked_at(queue, customer, request):
    topic = customer.create(named(request), partitions=3)
    for partition in range(3):
        customer.send(topic, SMALL, partition=partition)
    found = look(queue, topic, of=Look(51200, first=10))
    assert (found.arrived, found.coverage) == (30, 1.0)


def test_over_the_budget_the_newest_are_read_and_the_rest_is_told(queue, customer, topic):
    customer.send(topic, SMALL)
    mark = look(queue, topic).mark
    customer.send(topic, [b"z" * 10_000] * 400)
    found = look(queue, topic, mark, Look(51200, opened_bytes=1 << 16))
    assert found.arrived == 400
    assert 0 < found.coverage < 1
    assert found.unseen == {"over the budget": 400 - found.stored.count}
    assert look(queue, topic, found.mark).arrived == 0


def test_more_messages_than_one_look_may_size_are_a_stated_sample(queue, customer, topic):
    mark = look(queue, topic).mark
    customer.send(topic, SMALL)
    found = look(queue, topic, mark, Look(51200, messages=20))
    assert (found.arrived, found.stored.count, found.unseen) == (100, 20, {"over the budget": 80})


def test_a_message_too_large_to_be_read_is_told_all_the_same(queue, customer, topic):
    mark = look(queue, topic).mark
    customer.send(topic, [picture()])
    customer.send(topic, SMALL)
    found = look(queue, topic, mark, Look(51200, largest_opened=1 << 20))
    (fat,) = found.largest
    assert (fat.id, fat.body, fat.contents, fat.why) == ("0:0", None, None, "太大，没有读取 / too large to be read")
    assert fat.stored > 12_000_000
    assert found.stored.count == 101


def test_of_many_oversize_messages_the_largest_are_named_and_all_are_counted(queue, customer, topic):
    customer.send(topic, [b"z" * (60_000 + n) for n in range(50)])
    found = look(queue, topic, of=Look(51200, named=3, opened=10))
    assert found.oversize == 50
    assert [message.id for message in found.largest] == ["0:49", "0:48", "0:47"]
    assert found.largest[0].why == "没有打开：每次检查只打开有限条 / not opened: one look may open no more"


def test_trimmed_messages_are_expired(queue, customer, topic):
    mark = look(queue, topic).mark
    customer.send(topic, SMALL)
    customer.trim(topic, 60)
    found = look(queue, topic, mark)
    assert (found.arrived, found.stored.count, found.unseen) == (100, 40, {"expired": 60})


def test_a_topic_made_anew_begins_at_its_oldest_message(queue, customer, topic):
    customer.send(topic, SMALL)
    mark = look(queue, topic).mark
    customer.delete(topic)
    customer.create(topic)
    customer.send(topic, [*SMALL, *SMALL])
    assert look(queue, topic, mark).arrived == 200


def test_a_deleted_topic_is_missing_and_asking_does_not_make_it(queue, customer, topic):
    mark = look(queue, topic).mark
    customer.delete(topic)
    with pytest.raises(Missing, match="no such topic"):
        look(queue, topic, mark)
    with pytest.raises(Missing, match="no such topic"):
        queue.delays(topic, (), datetime.now(UTC), Deadline(5))
    assert topic not in customer.admin.list_topics(timeout=5).topics


def test_no_name_of_a_topic_is_missing(queue):
    with pytest.raises(Missing, match="no name of a topic"):
        look(queue, "a topic/with odd letters")


def test_a_compacted_topic_counts_what_is_left(queue, customer, request):
    topic = customer.create(
        named(request),
        cleanup_policy="compact",
        min_cleanable_dirty_ratio=0.01,
        segment_ms=100,
        max_compaction_lag_ms=100,
    )
    mark = look(queue, topic).mark
    customer.send(topic, SMALL, keys=lambda _: "one")
    time.sleep(0.2)  # the next message opens a new segment: only older ones are compacted
    customer.send(topic, [b"{}"], keys=lambda _: "two")
    customer.wait_until(lambda: look(queue, topic, mark).arrived == 2)
    found = look(queue, topic, mark)
    assert (found.coverage, found.mark["next"]) == (1.0, {"0": 101})


def test_ends_of_transactions_are_no_messages(queue, customer, topic):
    mark = look(queue, topic).mark
    customer.send(topic, SMALL[:10], transaction="commit")
    customer.wait_until(lambda: look(queue, topic, mark).mark["next"] == {"0": 11})
    assert look(queue, topic, mark).arrived == 10


def test_a_message_without_a_body_is_one_of_0_bytes(queue, customer, topic):
    customer.send(topic, [None])
    found = look(queue, topic)
    assert (found.bodies.count, found.bodies.sum, found.largest[0].contents.form) == (1, 0, "empty")


@pytest.mark.parametrize("key", ["13800138000", "buyer@example.com", b"\xff\x00", None, ""])
def test_a_key_that_is_a_persons_or_none_is_not_told(queue, customer, topic, key):
    customer.send(topic, [b"{}"], keys=lambda _: key)
    assert look(queue, topic).largest[0].keys == ()
