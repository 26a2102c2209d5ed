"""A Kafka where clients sign in, over TLS and without, and may do what an ACL grants."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from exporter.queues import Deadline, Denied, Look, Unreachable, Unsupported
from exporter.queues.kafka import Kafka as Settings
from tests.queues.kafka.customer import Customer
from tests.servers import needed
from tests.servers.kafka import PASSWORD, USER, Kafka

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def secured(tmp_path_factory: Any) -> Iterator[tuple[Kafka, str]]:
    place = tmp_path_factory.mktemp("tls")
    subprocess.run([
        needed("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=kafka",
        "-addext", "subjectAltName=DNS:kafka.example.com", "-keyout", "key.pem", "-out", "cert.pem",
    ], check=True, capture_output=True, cwd=place)  # fmt: skip
    both = place / "both.pem"
    both.write_text((place / "key.pem").read_text() + (place / "cert.pem").read_text())
    broker = Kafka(both)
    try:
        customer = Customer(broker.start().host)
        for topic in ("orders", "secrets"):
            customer.create(topic)
            customer.send(topic, [b"{}"])
            customer.commit(f"{topic}-service", topic, {0: 0})
        grant(customer, ResourceType.TOPIC, "orders", AclOperation.READ)
        grant(customer, ResourceType.GROUP, "orders-service", AclOperation.DESCRIBE)
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            made = UserScramCredentialUpsertion(USER, ScramCredentialInfo(mechanism, 4096), PASSWORD.encode())
            customer.admin.alter_user_scram_credentials([made])[USER].result(20)
        yield broker, str(place / "cert.pem")
    finally:
        broker.remove()


def grant(customer, kind, name, operation):
    who = f"User:{USER}"
    acl = AclBinding(kind, name, ResourcePatternType.LITERAL, who, "*", operation, AclPermissionType.ALLOW)
    customer.admin.create_acls([acl])[acl].result(20)


def asked(broker, listener, *, topic="orders", groups=("orders-service",), **settings):
    queue = Settings(url=f"kafka://127.0.0.1:{broker.ports[listener]}", **settings).connect()
    try:
        return queue.arrivals(topic, None, Look(51200), Deadline(10)), queue.delays(
            topic, groups, datetime.now(UTC), Deadline(10)
        )
    finally:
        queue.close()


@pytest.mark.parametrize("sasl", ["plain", "scram-sha-256", "scram-sha-512"])
@pytest.mark.parametrize("listener", ["SIGNED", "BOTH"])
def test_one_signs_in_by_each_way_with_and_without_tls(secured, sasl, listener):
    broker, ca = secured
    tls = {"tls": True, "ca": ca, "check_host": False} if listener == "BOTH" else {}
    found, (delay,) = asked(broker, listener, user=USER, password=PASSWORD, sasl=sasl, **tls)
    assert (found.arrived, delay.backlog) == (1, 1)


def test_all_of_it_may_stand_in_the_url(secured):
    broker, ca = secured
    account = f"{USER}:{quote(PASSWORD, safe='')}"
    query = f"sasl=scram-sha-512&tls=true&ca={ca}&check_host=false"
    queue = Settings(url=f"kafka://{account}@127.0.0.1:{broker.ports['BOTH']}?{query}").connect()
    assert queue.arrivals("orders", None, Look(51200), Deadline(10)).arrived == 1
    queue.close()


ACCOUNT = {"user": USER, "password": PASSWORD}


@pytest.mark.parametrize(
    ("listener", "settings", "error", "text"),
    [
        ("SIGNED", {**ACCOUNT, "password": "wrong", "sasl": "plain"}, Denied, "does not know this user"),
        ("SIGNED", {**ACCOUNT, "password": "wrong", "sasl": "scram-sha-256"}, Denied, "does not know this user"),
        ("SIGNED", {**ACCOUNT, "user": "nobody", "sasl": "scram-sha-512"}, Denied, "does not know this user"),
        ("SIGNED", {}, Unreachable, "needs user, password and sasl"),
        ("PLAIN", {**ACCOUNT, "sasl": "plain"}, Unsupported, "leave out user, password and sasl"),
        ("PLAIN", {"tls": True}, Unreachable, "does not speak TLS there"),
        ("TLS", {}, Unreachable, "write tls: true"),
        ("TLS", {"tls": True}, Unreachable, "is not trusted .*give its issuer as `ca`"),
        ("SIGNED", {"topic": "secrets", **ACCOUNT, "sasl": "plain"}, Denied, "needs READ and DESCRIBE on the topic"),
    ],
)
def test_what_does_not_fit_is_told_with_its_remedy_and_without_secrets(secured, listener, settings, error, text):
    with pytest.raises(error, match=text) as told:
        asked(secured[0], listener, **settings)
    assert not any(secret in str(told.value) for secret in (PASSWORD, USER, "127.0.0.1", "wrong"))


def test_a_certificate_for_another_host_is_refused_unless_that_is_allowed(secured):
    broker, ca = secured
    with pytest.raises(Unreachable, match="check_host: false"):
        asked(broker, "TLS", tls=True, ca=ca)
    assert asked(broker, "TLS", tls=True, ca=ca, check_host=False)[0].arrived == 1


def test_a_group_that_the_account_may_not_see_says_what_it_needs(secured):
    _, (mine, other) = asked(
        secured[0], "SIGNED", groups=("orders-service", "secrets-service"), **ACCOUNT, sasl="plain"
    )
    assert mine.backlog == 1
    assert other.seconds is None
    assert "DESCRIBE on the group" in other.why
