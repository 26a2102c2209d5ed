"""RabbitMQ 3.8 to 4 as a queue: its management API tells delays; sizes need a queue of our own beside the watched one.

Nothing is ever taken from a queue of the shop: `wire` can write a question for messages about our own queues alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from exporter.queues import KB, Address, Broker, Queue
from exporter.strict import fault, faults
from exporter.units import Size


def _one_place(place: str) -> str:
    hosts = Address.read(f"rabbitmq://{place}").hosts
    if len(hosts) != 1 or not hosts[0][1]:
        raise ValueError("is not one host with its port; write host:port, for example 10.0.0.7:5672")
    return place


class RabbitMQ(Broker):
    """`rabbitmq://[user[:password]@]host[:15672][,host…][/vhost]`: where the management plugin answers.

    `rabbitmqs` instead of `rabbitmq` speaks TLS (port 15671, AMQP 5671), checked against `ca`, or against what the
    system trusts; `check_host: false` where the certificate names other hosts.
    """

    SCHEMES: ClassVar[tuple[str, ...]] = ("rabbitmq", "rabbitmqs")

    user: str = ""
    """The account, where it does not stand in the URL; there must be one."""
    password: SecretStr = SecretStr("")
    """Its password."""
    ca: Path | None = None
    """PEM file of the certificates to trust in place of the system's, for `rabbitmqs://`."""
    check_host: bool = True
    """False where the certificate names other hosts."""

    tap: Annotated[Size, Field(ge=KB * KB)] | None = None
    """The newest messages, up to so many bytes, that the broker keeps a second time for us to measure; None: no sizes.

    It declares a queue on the broker, which ends with our connection.
    """

    amqp: Annotated[str, AfterValidator(_one_place)] | None = None
    """Where AMQP is spoken, if not on its usual port of the hosts of the URL."""

    @property
    def tls(self) -> bool:
        return self.address.scheme == "rabbitmqs"

    @property
    def vhost(self) -> str:
        return self.address.path or "/"

    @property
    def account(self) -> tuple[str, str]:
        """User and password."""
        return self.user or self.address.user, self.address.password or self.password.get_secret_value()

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        address = self.address
        text, place = "", "url"
        if address.query:
            text = "takes nothing after a ?; tap, ca and the other settings stand beside url"
        elif (address.user and self.user) or (address.password and self.password.get_secret_value()):
            text = "has an account, and another stands beside it; give one"
        elif not all(self.account):
            place, text = "user", "user and password are needed; give both, here or as rabbitmq://user:password@host"
        elif not self.tls and (self.ca or not self.check_host):
            text = "speaks no TLS, and ca and check_host need it; write rabbitmqs://…"
        if text:
            raise faults("RabbitMQ", [fault((place,), "wrong_url", text)])
        return self

    def connect(self) -> Queue:
        from exporter.queues.rabbitmq.queue import RabbitQueue  # noqa: PLC0415 - sockets and parsers, when used

        return RabbitQueue(self)
