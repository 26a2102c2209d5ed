"""The last Kafka of the 3 series; all other tests run on a Kafka 4."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from exporter.queues import Deadline, Look
from exporter.queues.kafka import Kafka as Settings
from tests.queues.kafka.customer import Customer
from tests.servers.kafka import OLDER, Kafka

pytestmark = pytest.mark.server


def test_kafka_3_tells_sizes_and_delays_alike():
    broker = Kafka(version=OLDER)
    try:
        customer = Customer(broker.start().host)
        customer.create("orders")
        customer.send("orders", [b"{}", b"z" * 100_000], at=time.time() - 600, codec="lz4")
        customer.commit("order-service", "orders", {0: 0})
        queue = Settings(url=broker.url).connect()
        found = queue.arrivals("orders", None, Look(51200), Deadline(10))
        assert (found.arrived, found.oversize, found.largest[0].id) == (2, 1, "0:1")
        (delay,) = queue.delays("orders", (), datetime.now(UTC), Deadline(10))
        assert (delay.group, delay.backlog) == ("order-service", 2)
        assert delay.seconds == pytest.approx(600, abs=15)
        queue.close()
    finally:
        broker.remove()
