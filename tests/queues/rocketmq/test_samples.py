"""Bodies of a few messages from real brokers, for judging: nothing is consumed, nothing large is handed over."""

from __future__ import annotations

import json
import os

import pytest

from exporter.queues import Deadline, Draw
from tests.servers.remoting import COMPRESSED

pytestmark = pytest.mark.server


@pytest.fixture
def draw(queue, topic):
    def ask(mark=None, **of):
        return queue.samples(topic, mark, Draw(**of), Deadline(20))

    return ask


def test_small_messages_are_handed_over_whole_with_their_ids_and_keys(draw, topic, producer):
    sent = producer.send(topic, b'{"no": 1}', 1, KEYS="O-1")
    producer.send(topic, b'{"no": "' + b"x" * 20_000 + b'"}', 0, flags=COMPRESSED)
    found = draw()
    assert (found.arrived, found.unread, found.too_large, found.estimated) == (2, {}, (), False)
    plain, inflated = sorted(found.bodies, key=lambda each: len(each.data))
    assert (plain.data, plain.message.id, plain.message.keys) == (b'{"no": 1}', sent["msgId"], ("O-1",))
    assert len(inflated.data) == inflated.message.body == 20_010


def test_each_message_is_drawn_from_once_and_a_large_backlog_is_sampled(draw, topic, producer):
    mark = json.loads(json.dumps(draw().mark))
    for queue in (0, 1):
        producer.send_all(topic, [b'{"no": %d}' % number for number in range(1000)], queue)
    found = draw(mark, count=30)
    assert found.arrived == 2000
    assert len({each.message.id for each in found.bodies}) == 30
    assert {each.message.partition[-1] for each in found.bodies} == {"0", "1"}
    assert draw(found.mark).arrived == 0


def test_what_is_large_as_it_is_stored_or_inflated_is_not_handed_over(draw, topic, producer):
    producer.send(topic, os.urandom(300_000), 0)
    producer.send(topic, b'"' + b"x" * 300_000 + b'"', 0, flags=COMPRESSED, KEYS="O-2")
    producer.send(topic, b"{}", 0)
    found = draw()
    assert [each.data for each in found.bodies] == [b"{}"]
    assert sorted(each.keys for each in found.too_large) == [(), ("O-2",)]
    assert all(each.size > 262_144 and each.id for each in found.too_large)


def test_bodies_are_bounded_together(draw, topic, producer):
    for _ in range(5):
        producer.send(topic, b"x" * 4000, 0)
    found = draw(together=9000)
    assert (len(found.bodies), found.unread) == (2, {"over the budget": 3})


def test_how_large_a_message_the_brokers_take_is_read_from_their_configuration(queue, topic):
    assert queue.accepts(topic, Deadline(10)) == 16 * 1024 * 1024
