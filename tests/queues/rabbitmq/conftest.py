"""A queue on a real RabbitMQ, and the shop's own client of it."""

import base64
import json
import os
import time
from datetime import UTC, datetime
from types import MappingProxyType

import pika
import pytest

from exporter.queues import Deadline, Draw, Look, schemes

PICTURE = base64.b64encode(b"\xff\xd8\xff\xe0" + os.urandom(9_437_180))
"""12 MB of Base64."""

LOOK = Look(oversize=50 * 1024)
SOON = 5.0


def order(number, **more):
    return json.dumps({"no": number, "items": [{"sku": "a"}, {"sku": "b", **more}]}).encode()


class Asked:
    """A queue with a deadline for each question."""

    def __init__(self, url, **settings):
        self.queue = schemes()[url.partition("://")[0]].model_validate({"url": url, **settings}).connect()

    def arrivals(self, topic, mark=None, look=LOOK, seconds=SOON):
        return self.queue.arrivals(topic, mark, look, Deadline(seconds))

    def samples(self, topic, mark=MappingProxyType({}), draw=None, seconds=SOON):
        """Without waiting for what comes, unless the mark is None."""
        return self.queue.samples(topic, mark, draw or Draw(), Deadline(seconds))

    def delays(self, topic, *groups, seconds=SOON, now=None):
        return self.queue.delays(topic, groups, now or datetime.now(UTC), Deadline(seconds))

    def delay(self, topic, group="", **more):
        (found,) = self.delays(topic, group, **more)
        return found

    def close(self):
        self.queue.close()


class Customer:
    """A producer and consumer of the shop; the exchange `orders` (topic) leads to what it declares."""

    def __init__(self, broker, connection):
        self.broker, self.connection, self.channel = broker, connection, connection.channel()
        self.channel.exchange_declare("orders", "topic", durable=True)

    def declare(self, queue, kind="classic", key="order.#", **arguments):
        made = {"x-queue-type": kind, **{name.replace("_", "-"): value for name, value in arguments.items()}}
        self.channel.queue_declare(queue, durable=True, arguments=made)
        self.channel.queue_bind(queue, "orders", key)
        return queue

    def send(self, *bodies, exchange="orders", key="order.created", **properties):
        for body in bodies:
            self.channel.basic_publish(exchange, key, body, pika.BasicProperties(**properties))

    def routed(self, queue, count):
        """What was sent is in the queue, and the broker's figures say so."""
        self.broker.wait_until(lambda: self.figures(queue).get("messages") == count)

    def counted(self, queue, count):
        """So many were sent to the queue, and the broker's counters say so."""
        self.broker.wait_until(lambda: self.figures(queue).get("message_stats", {}).get("publish") == count)

    def figures(self, queue):
        self.connection.process_data_events(0)
        return self.broker.api("GET", "queues", "/", queue)

    def take(self, queue, count, *, ack=True):
        for _ in range(count):
            method, _properties, _body = self.channel.basic_get(queue)
            if ack:
                self.channel.basic_ack(method.delivery_tag)


@pytest.fixture
def open_():
    """Opens queues that are closed after the test."""
    made = []

    def open_(url, **settings):
        made.append(Asked(url, **settings))
        return made[-1]

    yield open_
    for each in made:
        each.close()


@pytest.fixture
def tapping(rabbitmq):
    """The settings of a queue with a tap."""
    return {"url": rabbitmq.url, "amqp": f"127.0.0.1:{rabbitmq.port}", "tap": "32MB"}


@pytest.fixture
def asked(tapping, open_):
    return open_(**tapping)


@pytest.fixture
def customer(rabbitmq):
    with rabbitmq.connection() as connection:
        yield Customer(rabbitmq, connection)


@pytest.fixture(params=["classic", "quorum"])
def jobs(request, customer):
    return customer.declare("jobs", request.param)


def taps(broker):
    return [each["name"] for each in broker.api("GET", "queues") if each["name"].startswith("order-health.")]


def eventually(look, seconds=10.0):
    """The first answer that says something: what is sent takes a moment until it is in all queues."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
    return found
