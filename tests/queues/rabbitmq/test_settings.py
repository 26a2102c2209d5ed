from __future__ import annotations

import pytest
from pydantic import ValidationError

from exporter.queues import schemes
from exporter.queues.rabbitmq import RabbitMQ


def test_the_schemes_are_rabbitmqs():
    assert schemes()["rabbitmq"] is schemes()["rabbitmqs"] is RabbitMQ


def test_what_stands_in_the_url_is_found_there():
    made = RabbitMQ(url="rabbitmqs://shop:p%40ss@a:1,b/orders%2Feu", tap="32MB", amqp="a:5", ca="/etc/ca.pem")
    assert (made.account, made.vhost, made.tls, made.tap) == (("shop", "p@ss"), "orders/eu", True, 32 << 20)
    assert made.address.hosts == (("a", 1), ("b", 0))
    assert "p@ss" not in repr(made)
    assert "p%40ss" not in repr(made)


@pytest.mark.parametrize("end", ["", "/", "/%2F"])
def test_without_a_name_it_is_the_virtual_host_of_every_broker(end):
    assert RabbitMQ(url=f"rabbitmq://u:p@a{end}").vhost == "/"


def test_an_account_may_stand_beside_the_url():
    made = RabbitMQ(url="rabbitmq://watcher@a", password="pw")
    assert made.account == ("watcher", "pw")
    assert made.tap is None


@pytest.mark.parametrize(
    ("settings", "place", "text"),
    [
        ({"url": "rabbitmq://a"}, "user", "user and password are needed"),
        ({"url": "rabbitmq://u@a"}, "user", "user and password are needed"),
        ({"url": "rabbitmq://u:pw@a", "password": "pw"}, "url", "another stands beside it"),
        ({"url": "rabbitmq://u:pw@a?tap=32MB"}, "url", "stand beside url"),
        ({"url": "rabbitmq://u:pw@a", "ca": "/etc/ca.pem"}, "url", "rabbitmqs://"),
        ({"url": "rabbitmq://u:pw@a", "tap": "10KB"}, "tap", "greater than or equal to 1048576"),
        ({"url": "rabbitmq://u:pw@a", "tap": "much"}, "tap", "is not a size"),
        ({"url": "rabbitmq://u:pw@a", "amqp": "a"}, "amqp", "host:port"),
        ({"url": "rabbitmq://u:pw@a:99999"}, "url", "host"),
        ({"url": "rabbitmq://u:pw@a", "taps": "32MB"}, "taps", "did you mean 'tap'"),
    ],
)
def test_a_fault_is_told_at_its_place(settings, place, text):
    with pytest.raises(ValidationError) as told:
        RabbitMQ.model_validate(settings)
    (error,) = told.value.errors()
    assert error["loc"][0] == place
    assert text in str(error)
    assert "pw" not in str(told.value)
