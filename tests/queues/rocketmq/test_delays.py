"""Delays on real brokers: seconds by the broker's clock, and a consumer that notices nothing of us."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from exporter.queues import Deadline, Draw, Look, Missing

pytestmark = pytest.mark.server


@pytest.fixture
def delays(queue, topic):
    def ask(*groups):
        return queue.delays(topic, groups, datetime.now(UTC), Deadline(10))

    return ask


def test_a_group_is_as_late_as_its_oldest_message_that_waits(delays, topic, producer):
    for _ in range(4):
        producer.send(topic, b"{}", 0)
    time.sleep(1)
    producer.send(topic, b"{}", 0)
    producer.join("late", topic)
    producer.commit("late", topic, 1)
    producer.commit("late", topic, 0, 1)
    (found,) = delays("late")
    assert 1 <= found.seconds < 5
    assert (found.backlog, found.consumers, found.consumed, found.estimated) == (4, 1, 1, False)
    producer.commit("late", topic, 4)
    (found,) = delays("late")
    assert 0 <= found.seconds < 1
    assert (found.backlog, found.consumed) == (1, 4)


def test_a_group_that_has_consumed_all_is_not_late_however_old_that_is(delays, topic, producer):
    producer.send(topic, b"{}", 0)
    producer.commit("done", topic, 1)
    time.sleep(0.6)
    (found,) = delays("done")
    assert (found.seconds, found.backlog, found.consumers, found.why) == (0, 0, 0, "")


def test_a_queue_that_nobody_ever_consumed_counts_from_its_oldest_message(delays, topic, producer):
    producer.send(topic, b"{}", 0)
    producer.send(topic, b"{}", 1)
    producer.commit("half", topic, 1)
    time.sleep(0.5)
    (found,) = delays("half")
    assert 0.5 <= found.seconds < 5
    assert found.backlog == 1


def test_what_nobody_can_tell_is_none_and_says_why(delays, topic, producer):
    producer.send(topic, b"{}", 0)
    producer.join("fresh", topic)
    producer.join("loud", topic, "BROADCASTING")
    fresh, loud, ghost = delays("fresh", "loud", "ghost")
    assert (fresh.seconds, fresh.consumers) == (None, 1)
    assert "not committed" in fresh.why
    assert (loud.seconds, loud.consumers) == (None, 1)
    assert "broadcast" in loud.why
    assert (ghost.seconds, ghost.consumers) == (None, 0)
    assert "no broker knows this group" in ghost.why


def test_without_names_all_groups_of_the_topic_are_told(delays, topic, producer):
    producer.send(topic, b"{}", 0)
    producer.commit("one", topic, 1)
    producer.commit("two", topic, 1)
    assert [found.group for found in delays()] == ["one", "two"]


def test_delays_on_a_topic_that_nobody_knows_are_missing(queue):
    with pytest.raises(Missing, match="ghost"):
        queue.delays("ghost", ["one"], datetime.now(UTC), Deadline(5))


def test_reading_changes_nothing_and_a_consumer_gets_every_message(broker, queue, topic, producer):
    for number in range(40):
        producer.send(topic, b'{"no":"%d"}' % number + b"x" * 3000 * number, 0)
    producer.join("shop", topic)
    producer.commit("shop", topic, 3)
    producer.commit("shop", topic, 0, 1)
    offsets = broker.store / "config" / "consumerOffset.json"
    broker.wait_until(lambda: offsets.exists() and topic in offsets.read_text())
    time.sleep(0.7)
    before = broker.fingerprint()
    for _ in range(5):
        queue.arrivals(topic, None, Look(50 * 1024), Deadline(10))
        queue.samples(topic, None, Draw(), Deadline(10))
        queue.accepts(topic, Deadline(10))
        queue.delays(topic, ["shop", "ghost"], datetime.now(UTC), Deadline(10))
        queue.delays(topic, [], datetime.now(UTC), Deadline(10))
    time.sleep(1)  # three times as long as it takes a broker to write offsets down
    assert broker.fingerprint() == before
    assert any("consumerOffset" in file for file in before)
    assert any(file.startswith("commitlog") for file in before)
    got, offset = b"", 3
    while (step := producer.pull("shop", topic, offset))[1]:
        offset, got = step[0], got + step[1]
    assert offset == 40
    assert all(b'{"no":"%d"}' % number in got for number in range(3, 40))
    assert "Transfer one message from page cache failed" not in broker.log()
