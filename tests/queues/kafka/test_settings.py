from __future__ import annotations

import pytest
from pydantic import ValidationError

from exporter.queues import schemes
from exporter.queues.kafka import Kafka


def test_the_scheme_is_kafkas():
    assert schemes()["kafka"] is Kafka


def test_what_stands_in_the_url_is_a_setting():
    made = Kafka(url="kafka://shop:p%40ss@a:1,b?sasl=scram-sha-256&tls=true&ca=/etc/ca.pem&check_host=false")
    assert (made.user, made.password.get_secret_value(), made.sasl) == ("shop", "p@ss", "scram-sha-256")
    assert (made.tls, str(made.ca), made.check_host) == (True, "/etc/ca.pem", False)
    assert "p@ss" not in repr(made)
    assert "p%40ss" not in repr(made)


@pytest.mark.parametrize(
    ("settings", "place", "text"),
    [
        ({"url": "kafka://a?sasll=plain"}, "url", "did you mean 'sasl'"),
        ({"url": "kafka://a/orders"}, "url", "topics do not stand in the URL"),
        ({"url": "kafka://a?tls=true", "tls": True}, "tls", "stands in the URL and beside it"),
        ({"url": "kafka://a", "user": "shop"}, "password", "go together"),
        ({"url": "kafka://shop:pw@a"}, "sasl", "plain, scram-sha-256 or scram-sha-512"),
        ({"url": "kafka://a?sasl=plain"}, "sasl", "needs user and password"),
        ({"url": "kafka://a?sasl=gssapi&user=x"}, "url", "unknown"),
        ({"url": "kafka://shop:pw@a?sasl=gssapi"}, "sasl", "plain"),
        ({"url": "kafka://a", "ca": "/etc/ca.pem"}, "tls", "need tls: true"),
        ({"url": "kafka://a:99999"}, "url", "host"),
        ({"url": "kafka://a", "brokers": {"a:1": "b"}}, "brokers", "host:port"),
    ],
)
def test_a_fault_is_told_at_its_place(settings, place, text):
    with pytest.raises(ValidationError) as told:
        Kafka.model_validate(settings)
    (error,) = told.value.errors()
    assert error["loc"][0] == place
    assert text in str(error)
    assert "pw" not in str(told.value)
