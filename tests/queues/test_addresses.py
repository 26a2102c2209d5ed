"""Addresses of queues, and what stands beside them in config.yaml."""

from __future__ import annotations

import pytest

from exporter.config import ConfigFaultError, load
from exporter.queues import Address

BASE = """
shops:
  main:
    database: sqlite:///shop.db
    tables: plain
    queues:
      orders: {}
    probes: {{pending_paid: {{}}}}
"""


def read(tmp_path, queue):
    file = tmp_path / "config.yaml"
    file.write_text(BASE.format(queue), encoding="utf-8")
    return load(file).shops["main"].queues["orders"]


def faults(tmp_path, queue):
    with pytest.raises(ConfigFaultError) as caught:
        read(tmp_path, queue)
    return str(caught.value)


def test_an_address_has_hosts_an_account_a_path_and_parameters():
    found = Address.read("amqp://user:p%40ss%2F1@10.0.0.7:15672,[::1]:1,mq/orders%2Fvip?tap=orders&x=")
    assert found.hosts == (("10.0.0.7", 15672), ("::1", 1), ("mq", 0))
    assert (found.scheme, found.user, found.password, found.path) == ("amqp", "user", "p@ss/1", "orders/vip")
    assert found.query == (("tap", "orders"), ("x", ""))


def test_a_bare_url_stands_for_a_queue_without_further_settings(tmp_path):
    assert read(tmp_path, "rocketmq://10.0.0.7:9876").address.hosts == (("10.0.0.7", 9876),)
    assert read(tmp_path, "{url: 'rocketmq://a;b:1', access_key: k, secret_key: s}").access_key == "k"


@pytest.mark.parametrize(
    "given",
    [
        "rocketmq://hidden@two@host",
        "rocketmq://:hidden@/",
        "hidden",
        "hidden://host",
        "rocketmq://host:99999/hidden",
        "{url: 'rocketmq://host', hidden: hidden}",
        "{url: 'rocketmq://host', secret_key: hidden}",
        "rocketmq://hidden:hidden@host",
        "{url: 'rocketmq://host', brokers: {'a:1': hidden}}",
    ],
)
def test_a_fault_of_an_address_says_what_to_write_and_repeats_no_secret(tmp_path, given):
    text = faults(tmp_path, given)
    assert "queues.orders" in text
    assert "hidden" not in text.replace("hidden: unknown key", "")
    assert "hidden" not in repr(Address.read("rocketmq://user:hidden@host"))


def test_a_scheme_that_nobody_speaks_is_told_with_those_that_are(tmp_path):
    assert "rocketmq" in faults(tmp_path, "activemq://10.0.0.7")
