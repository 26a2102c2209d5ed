from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from exporter.queues import Queue
from exporter.queues.kafka import Kafka as Settings
from tests.queues.kafka.customer import Customer
from tests.servers.kafka import Kafka


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    broker = Kafka()
    try:
        yield broker.start()
    finally:
        broker.remove()


@pytest.fixture(scope="session")
def customer(kafka) -> Customer:
    return Customer(kafka.host)


@pytest.fixture
def queue(kafka) -> Iterator[Queue]:
    made = Settings(url=kafka.url).connect()
    yield made
    made.close()


@pytest.fixture
def topic(customer, request) -> str:
    return customer.create(named(request))


def named(request: Any) -> str:
    return f"{request.function.__name__[:60]}-{uuid4().hex[:6]}"
