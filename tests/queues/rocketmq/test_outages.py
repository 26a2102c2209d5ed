"""A broker with accounts that refuses, freezes, ends and comes back; one of its own, because others need theirs alive."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest

from exporter.queues import Deadline, Denied, Look, TimedOut, Unreachable
from exporter.queues.rocketmq import RocketMQ as Settings
from exporter.queues.rocketmq.frames import Key
from tests.servers.rocketmq import VERSIONS, RocketMQ

pytestmark = pytest.mark.server

ADMIN = Key("administrator", "administrator-secret")
ACCOUNTS = """
accounts:
  - {accessKey: administrator, secretKey: administrator-secret, admin: true}
  - accessKey: order-health
    secretKey: order-health-secret
    admin: false
    defaultTopicPerm: DENY
    defaultGroupPerm: DENY
    topicPerms: [order_created=SUB]
    groupPerms: [order-service=SUB]
"""


@pytest.fixture(scope="module")
def broker():
    server = RocketMQ(VERSIONS[0], ACCOUNTS, ADMIN)
    try:
        server.start()
        client = server.client(ADMIN)
        client.create("order_created")
        client.send("order_created", b'{"picture":"' + b"x" * 90_000 + b'"}', KEYS="O-1")
        client.commit("order-service", "order_created", 0)
        client.close()
        server.wait_for_topic("order_created")
        yield server
    finally:
        server.remove()


@pytest.fixture
def opened(broker):
    queues = []

    def open_(**settings):
        queues.append(Settings(url=broker.url, **settings).connect())
        return queues[-1]

    yield open_
    for queue in queues:
        queue.close()


@pytest.fixture
def queue(opened):
    return opened(access_key="order-health", secret_key="order-health-secret")


def look(queue, seconds=5.0):
    return queue.arrivals("order_created", None, Look(50 * 1024), Deadline(seconds))


def test_an_account_that_may_only_subscribe_may_ask_everything_that_we_ask(queue):
    assert look(queue).largest[0].keys == ("O-1",)
    (delay,) = queue.delays("order_created", ["order-service"], datetime.now(UTC), Deadline(5))
    assert delay.backlog == 1


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"access_key": "order-health", "secret_key": "mistyped-secret"},
        {"access_key": "nobody-knows-me", "secret_key": "order-health-secret"},
    ],
)
def test_an_account_that_is_refused_is_told_and_no_key_with_it(opened, settings):
    with pytest.raises(Denied, match=r"broker broker-a refuses .*access key") as caught:
        look(opened(**settings))
    assert not any(word in str(caught.value) for word in ("secret", "order-health", "nobody", "127.0.0.1"))


def test_a_frozen_broker_ends_at_the_deadline_and_answers_when_it_thaws(broker, queue):
    assert look(queue).arrived == 1
    broker.freeze_broker()
    try:
        begun = time.monotonic()
        with pytest.raises(TimedOut, match="broker broker-a"):
            look(queue, 0.5)
        assert time.monotonic() - begun < 1.5
    finally:
        broker.thaw_broker()
    assert look(queue, 20).arrived == 1


def test_closing_ends_what_waits_for_a_frozen_broker(broker, queue):
    look(queue)
    caught = []

    def ask():
        try:
            look(queue, 30)
        except Unreachable as error:
            caught.append(error)

    broker.freeze_broker()
    try:
        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.3)
        queue.close()
        asking.join(5)
        assert caught
    finally:
        broker.thaw_broker()
    with pytest.raises(Unreachable, match="closed"):
        look(queue)


def test_a_broker_that_ended_is_unreachable_and_found_again_when_it_is_back(broker, queue):
    mark = look(queue).mark
    broker.stop_broker()
    with pytest.raises(Unreachable, match=r"broker broker-a|no broker that keeps") as caught:
        look(queue)
    assert "127.0.0.1" not in str(caught.value)
    broker.start_broker()
    found = queue.arrivals("order_created", mark, Look(50 * 1024), Deadline(10))
    assert (found.arrived, found.mark) == (0, mark)
