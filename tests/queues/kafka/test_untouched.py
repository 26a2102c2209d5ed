"""Nothing of what we ask leaves a trace, and no consumer notices it."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from hashlib import sha256

import pytest

from exporter.queues import Deadline, Draw, Look
from exporter.queues.kafka import Kafka as Settings
from exporter.queues.kafka.wire import Read
from tests.queues.kafka.customer import Customer
from tests.servers.kafka import Kafka

pytestmark = pytest.mark.server

_CHANGING = {
    0,
    8,
    10,
    11,
    12,
    13,
    14,
    19,
    20,
    21,
    22,
    24,
    25,
    26,
    28,
    30,
    31,
    33,
    37,
    38,
    42,
    43,
    44,
    45,
    47,
    51,
    57,
    68,
}
"""Produce, OffsetCommit, FindCoordinator (which makes a topic), JoinGroup and the like, and all that alters."""


def test_no_request_that_changes_anything_has_a_number_here():
    assert not _CHANGING & set(Read)


def fingerprint(broker):
    """What the broker keeps on disk of topics, messages and offsets."""
    kept = [file for file in sorted((broker.home / "data").rglob("*.log")) if "__cluster_metadata" not in str(file)]
    return {str(file.relative_to(broker.home)): sha256(file.read_bytes()).hexdigest() for file in kept}


def test_topics_groups_and_offsets_stay_as_they_were_to_the_byte(kafka, customer, queue, topic):
    customer.send(topic, [b"{}"] * 100)
    customer.commit(topic, topic, {0: 40})
    state, files = customer.state(), fingerprint(kafka)
    mark = None
    for _ in range(5):
        mark = queue.arrivals(topic, mark, Look(51200), Deadline(10)).mark
        queue.samples(topic, None, Draw(), Deadline(10))
        queue.accepts(topic, Deadline(10))
        queue.delays(topic, (), datetime.now(UTC), Deadline(10))
    assert customer.state() == state
    assert fingerprint(kafka) == files


def test_a_broker_without_groups_gets_none_and_not_even_the_topic_of_their_offsets():
    broker = Kafka()
    try:
        customer = Customer(broker.start().host)
        customer.create("orders")
        customer.send("orders", [b"{}"])
        queue = Settings(url=broker.url).connect()
        queue.arrivals("orders", None, Look(51200), Deadline(10))
        assert queue.delays("orders", (), datetime.now(UTC), Deadline(10)) == []
        assert queue.delays("orders", ("order-service",), datetime.now(UTC), Deadline(10))[0].seconds is None
        queue.close()
        assert set(customer.admin.list_topics(timeout=5).topics) == {"orders"}
    finally:
        broker.remove()


def test_a_consumer_gets_every_message_once_while_we_look(queue, customer, topic):
    over = threading.Event()

    def watch():
        mark = None
        while not over.is_set():
            mark = queue.arrivals(topic, mark, Look(51200), Deadline(10)).mark
            queue.samples(topic, None, Draw(), Deadline(10))
            queue.delays(topic, (topic,), datetime.now(UTC), Deadline(10))
            time.sleep(0.02)

    watching, rebalanced, got = threading.Thread(target=watch), [], []
    consumer = customer.consumer(topic, enable_auto_commit=True)
    consumer.subscribe([topic], on_assign=lambda *_: rebalanced.append(1))
    customer.wait_until(lambda: consumer.poll(0.05) or rebalanced)
    watching.start()
    try:
        for _ in range(10):
            customer.send(topic, [b"z" * 500] * 200)
            got += [message.offset() for message in consumer.consume(200, 5)]
        while len(got) < 2000:
            got += [message.offset() for message in consumer.consume(200, 5)]
    finally:
        over.set()
        watching.join()
        consumer.close()
    assert got == list(range(2000))
    assert rebalanced == [1]
