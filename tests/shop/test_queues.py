"""The queues of a shop as a probe asks them: by name, within the run's time, and traced."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from exporter.mapping import load
from exporter.queues import Arrivals, Broker, Delay, Look, Queue, Tally, Unreachable
from exporter.shop import NotApplicable, Shop

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Pretended(Queue):
    """Remembers the deadlines; a topic named `down` is unreachable."""

    def __init__(self) -> None:
        self.left, self.closed = [], False

    def arrivals(self, topic, mark, look, deadline):
        self.left.append(deadline.left)
        if topic == "down":
            raise Unreachable("no connection to broker a")
        return Arrivals({"next": 3}, 3, Tally.of([1, 2, 3]))

    def delays(self, topic, groups, now, deadline):
        return [Delay(topic, group, 0.0) for group in groups]

    def close(self):
        self.closed = True


class Settings(Broker):
    SCHEMES: ClassVar = ("pretended",)
    opened: ClassVar[list[Queue]] = []

    def connect(self):
        self.opened.append(Pretended())
        return self.opened[-1]


class Forgetful:
    def recall(self, shop, probe):
        return {}

    def remember(self, shop, probe, memory):
        pass


@pytest.fixture
def shop(tmp_path):
    shops = []

    def opened(*names):
        Settings.opened.clear()
        queues = {name: Settings(url="pretended://mq") for name in names}
        shops.append(
            Shop.open("main", f"sqlite:///{tmp_path}/shop.db", None, load("plain"), queues=queues, memory=Forgetful())
        )
        return shops[-1]

    yield opened
    for each in shops:
        each.close()


def test_a_queue_is_opened_when_it_is_first_asked_and_closed_with_the_shop(shop):
    opened = shop("orders", "stock")
    assert opened.queues == ("orders", "stock")
    assert Settings.opened == []
    run = opened.bounded("message_size", 1.5)
    assert run.queue("orders").arrivals("t", None, Look(1)).mark == {"next": 3}
    assert [delay.group for delay in run.queue("orders").delays("t", ["g"], NOW)] == ["g"]
    (queue,) = Settings.opened
    assert 1 < queue.left[0] <= 1.5
    opened.close()
    assert queue.closed
    with pytest.raises(Unreachable, match="closed"):
        run.queue("orders").delays("t", (), NOW)


def test_what_was_asked_is_traced_also_when_it_failed(shop):
    run = shop("orders").bounded("message_size", 1)
    run.queue().arrivals("t", None, Look(1))
    with suppress(Unreachable):
        run.queue().arrivals("down", None, Look(1))
    assert [(asked.sql, asked.rows) for asked in run.trace] == [
        ("queue orders: arrivals of t", 3),
        ("queue orders: arrivals of down", 0),
    ]


def test_an_error_says_which_queue_it_is_of(shop):
    with pytest.raises(Unreachable, match="queue orders: no connection to broker a"):
        shop("orders").queue().arrivals("down", None, Look(1))


def test_without_a_name_it_is_the_only_queue(shop):
    assert shop("orders").queue().name == "orders"
    with pytest.raises(NotApplicable, match="several queues; say which one: a, b"):
        shop("a", "b").queue()
    with pytest.raises(NotApplicable, match="no queues; write"):
        shop().queue()
    with pytest.raises(NotApplicable, match="no queue c"):
        shop("a").queue("c").delays("t", (), NOW)
