"""Kafka 2.1 to 4, in our own small client: it joins no group, commits nothing, creates nothing (`wire.Read`)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator

from exporter.queues import Address, Broker, Queue
from exporter.strict import fault, faults, unknown

_IN_THE_URL = ("sasl", "tls", "ca", "check_host")


def _reached(place: str) -> str:
    hosts = Address.read(f"kafka://{place}").hosts
    if len(hosts) != 1 or not hosts[0][1]:
        raise ValueError("is not one host with its port; write host:port, for example 10.0.0.7:9092")
    return place


class Kafka(Broker):
    """`kafka://[user[:password]@]host[:9092][,host[:9092]…][?sasl=scram-sha-256&tls=true&ca=FILE&check_host=false]`.

    What stands in the URL may stand beside it. `tls` is checked against `ca`, or against what the system trusts;
    `check_host: false` where the certificate names other hosts than the brokers'. `brokers`: where a broker is reached
    from here, if not where it says it is: {"172.17.0.3:9092": "10.0.0.7:9092"}.
    """

    SCHEMES: ClassVar[tuple[str, ...]] = ("kafka",)

    user: str = ""
    """The account, where it does not stand in the URL."""
    password: SecretStr = SecretStr("")
    """Its password."""
    sasl: Literal["", "plain", "scram-sha-256", "scram-sha-512"] = ""
    """How the account signs in; goes together with it."""
    tls: bool = False
    """Whether TLS is spoken."""
    ca: Path | None = None
    """PEM file of the certificates to trust in place of the system's."""
    check_host: bool = True
    """False where the certificate names other hosts than the brokers'."""
    brokers: Mapping[str, Annotated[str, AfterValidator(_reached)]] = Field(default_factory=dict)
    """Where a broker is reached from here, if not where it says it is: `{"172.17.0.3:9092": "10.0.0.7:9092"}`."""

    @model_validator(mode="before")
    @classmethod
    def _from_url(cls, given: Any) -> Any:
        """What the URL says is moved beside it, where each setting has its own place."""
        url = given.get("url") if isinstance(given, Mapping) else None
        try:
            address = Address.read(url.get_secret_value() if isinstance(url, SecretStr) else str(url))
        except ValueError:
            return given  # `url` has a fault of its own
        told = dict(address.query)
        if address.path or not told.keys() <= set(_IN_THE_URL):
            odd = next((name for name in told if name not in _IN_THE_URL), "")
            text = f"{unknown(odd, _IN_THE_URL, 'after the ? may stand')}" if odd else "topics do not stand in the URL"
            raise faults("Kafka", [fault(("url",), "unknown_setting", text)])
        told |= {"user": address.user} if address.user else {}
        told |= {"password": address.password} if address.password else {}
        if both := sorted(told.keys() & given.keys()):
            raise faults("Kafka", [fault((both[0],), "twice", "stands in the URL and beside it; give it once")])
        return {**given, **told}

    @model_validator(mode="after")
    def _signs_in_whole(self) -> Self:
        if bool(self.user) != bool(self.password.get_secret_value()):
            lacking = "password" if self.user else "user"
            raise self._fault(lacking, "user and password go together; give both")
        if bool(self.user) != bool(self.sasl):
            text = "how to sign in: plain, scram-sha-256 or scram-sha-512" if self.user else "needs user and password"
            raise self._fault("sasl", text)
        if not self.tls and (self.ca or not self.check_host):
            raise self._fault("tls", "ca and check_host need tls: true")
        return self

    @staticmethod
    def _fault(place: str, text: str) -> ValidationError:
        return faults("Kafka", [fault((place,), "incomplete", text)])

    def connect(self) -> Queue:
        from exporter.queues.kafka.queue import KafkaQueue  # noqa: PLC0415 - sockets and parsers, when used

        return KafkaQueue(self)
