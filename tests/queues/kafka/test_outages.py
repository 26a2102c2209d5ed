"""A broker that is down, frozen or back again."""

from __future__ import annotations

import time

import pytest

from exporter.queues import Deadline, Look, TimedOut, Unreachable
from exporter.queues.kafka import Kafka as Settings
from tests.queues.kafka.customer import Customer
from tests.servers import free_port
from tests.servers.kafka import Kafka

pytestmark = pytest.mark.server

LOOK = Look(51200)


@pytest.fixture(scope="module")
def broker():
    made = Kafka()
    try:
        customer = Customer(made.start().host)
        customer.create("orders")
        customer.send("orders", [b"{}"])
        yield made
    finally:
        made.remove()


def test_nobody_listens(broker):
    queue = Settings(url=f"kafka://127.0.0.1:{free_port()}").connect()
    with pytest.raises(Unreachable, match="connection refused") as told:
        queue.arrivals("orders", None, LOOK, Deadline(5))
    assert "127.0.0.1" not in str(told.value)


def test_of_several_hosts_the_next_one_answers(broker):
    queue = Settings(url=f"kafka://127.0.0.1:{free_port()},{broker.host}").connect()
    assert queue.arrivals("orders", None, LOOK, Deadline(5)).arrived == 1
    queue.close()


def test_a_frozen_broker_ends_at_the_deadline_and_the_next_question_is_answered(broker):
    queue = Settings(url=broker.url).connect()
    mark = queue.arrivals("orders", None, LOOK, Deadline(5)).mark
    broker.freeze()
    begun = time.monotonic()
    try:
        with pytest.raises(TimedOut):
            queue.arrivals("orders", mark, LOOK, Deadline(0.5))
    finally:
        broker.thaw()
    assert time.monotonic() - begun < 2
    assert queue.arrivals("orders", mark, LOOK, Deadline(10)).arrived == 0
    queue.close()


def test_a_broker_that_fell_and_is_back_goes_on_at_the_mark(broker):
    queue = Settings(url=broker.url).connect()
    mark = queue.arrivals("orders", None, LOOK, Deadline(5)).mark
    broker.stop()
    with pytest.raises(Unreachable):
        queue.arrivals("orders", mark, LOOK, Deadline(5))
    broker.start()
    customer = Customer(broker.host)
    customer.send("orders", [b"{}", b"{}"])
    assert queue.arrivals("orders", mark, LOOK, Deadline(10)).arrived == 2
    queue.close()


def test_a_closed_queue_says_so(broker):
    queue = Settings(url=broker.url).connect()
    queue.close()
    with pytest.raises(Unreachable, match="closed"):
        queue.arrivals("orders", None, LOOK, Deadline(5))
