"""Bodies of a few messages of a real broker, for judging: in nobody's group, and nothing large is handed over."""

from __future__ import annotations

import json

import pytest

from exporter.queues import Deadline, Draw
from tests.queues.kafka.conftest import named

pytestmark = pytest.mark.server


def samples(queue, topic, mark=None, **draw):
    return queue.samples(topic, mark, Draw(**draw), Deadline(20))


@pytest.mark.parametrize("codec", ["none", "gzip", "zstd"])
def test_small_messages_are_handed_over_whole_with_their_ids_and_keys(queue, customer, topic, codec):
    customer.send(topic, [b'{"no": %d}' % number for number in range(5)], codec=codec)
    found = samples(queue, topic)
    assert (found.arrived, found.unread, found.too_large) == (5, {}, ())
    assert [each.data for each in found.bodies] == [b'{"no": %d}' % number for number in range(5)]
    assert [(each.message.id, each.message.keys) for each in found.bodies][3] == ("0:3", ("3",))


def test_a_backlog_is_sampled_over_all_partitions_and_each_message_once(queue, customer, request):
    topic = customer.create(named(request), partitions=3)
    for partition in range(3):
        customer.send(topic, [b'{"no": %d, "note": "%s"}' % (n, b"x" * 400) for n in range(2000)], partition=partition)
    found = samples(queue, topic, {}, count=30)
    assert found.arrived == 6000
    assert len({each.message.id for each in found.bodies}) == 30
    for partition in "012":
        places = [int(each.message.id[2:]) for each in found.bodies if each.message.partition == partition]
        assert len(places) == 10
        assert max(places) - min(places) > 1000
    assert samples(queue, topic, json.loads(json.dumps(found.mark))).arrived == 0


def test_a_picture_and_a_tombstone_are_counted_and_not_handed_over(queue, customer, topic):
    customer.send(topic, [b"{}", b'"' + b"x" * 12_000_000 + b'"', None, b"[]"])
    found = samples(queue, topic)
    assert [each.data for each in found.bodies] == [b"{}", b"[]"]
    assert [each.id for each in found.too_large] == ["0:1"]
    assert found.too_large[0].body == 12_000_002
    assert found.unread == {"has no body": 1}


def test_bodies_are_bounded_together(queue, customer, topic):
    customer.send(topic, [b"x" * 4000] * 5)
    found = samples(queue, topic, together=9000)
    assert (len(found.bodies), found.unread) == (2, {"over the budget": 3})


def test_what_was_deleted_meanwhile_or_marks_the_end_of_a_transaction_is_no_message(queue, customer, topic):
    mark = samples(queue, topic).mark
    customer.send(topic, [b"{}"] * 3, transaction="commit")
    customer.wait_until(lambda: samples(queue, topic, mark).arrived == 4)
    customer.trim(topic, 2)
    found = samples(queue, topic, mark)
    assert [each.message.id for each in found.bodies] == ["0:2"]
    assert found.unread == {"no message is there any more": 1}
    assert found.arrived == 4


def test_how_large_a_message_a_topic_takes_is_its_own_setting_or_its_broker_s(queue, customer, topic, request):
    own = customer.create(named(request), max_message_bytes=12_582_912)
    assert queue.accepts(own, Deadline(10)) == 12_582_912
    assert queue.accepts(topic, Deadline(10)) == 20_000_000
