"""Real RocketMQ brokers: one of each version a session, and what tests ask of them."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor, wait

import pytest

from exporter.queues import Deadline, Look
from exporter.queues.rocketmq import RocketMQ as Settings
from tests.servers.rocketmq import VERSIONS, RocketMQ

LIMIT = 50 * 1024
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def brokers():
    """Starting side by side: one of 5.x takes 10 s to find its name server when it missed it at first."""
    servers = {version: RocketMQ(version) for version in VERSIONS}
    with ThreadPoolExecutor() as pool:
        starting = {version: pool.submit(server.start) for version, server in servers.items()}
        try:
            yield starting
        finally:
            wait(starting.values())
            for server in servers.values():
                server.remove()


@pytest.fixture(scope="session", params=VERSIONS)
def broker(brokers, request):
    return brokers[request.param].result()


@pytest.fixture
def producer(broker):
    client = broker.client()
    yield client
    client.close()


@pytest.fixture
def topic(broker, producer):
    """A new one with two queues."""
    name = f"order_created_{next(_NUMBERS)}"
    producer.create(name, 2)
    broker.wait_for_topic(name)
    return name


@pytest.fixture
def queue(broker):
    opened = Settings(url=broker.url).connect()
    yield opened
    opened.close()


@pytest.fixture
def look(queue, topic):
    """The arrivals of the topic since a mark; {} is the beginning."""

    def ask(mark=None, seconds=20.0, of=None, **look):
        return queue.arrivals(of or topic, mark, Look(LIMIT, **look), Deadline(seconds))

    return ask
