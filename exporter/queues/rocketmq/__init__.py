"""RocketMQ 4 and 5 over its remoting protocol: admin reads only, which no consumer group has a part in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from exporter.queues import Broker, Queue
from exporter.strict import fault, faults


def _place(text: object) -> str:
    if not re.fullmatch(r"\S+:\d{1,5}", str(text)):
        raise ValueError("is not where a broker listens; write host:port, for example 10.0.0.7:10911")
    return str(text)


Place = Annotated[str, BeforeValidator(_place)]


class RocketMQ(Broker):
    """`url` names the name servers: `rocketmq://10.0.0.7:9876,10.0.0.8:9876`.

    `brokers`: where a broker is reached from here, if not where it says it is: {"172.17.0.3:10911": "10.0.0.7:10911"}.
    """

    SCHEMES: ClassVar[tuple[str, ...]] = ("rocketmq",)

    access_key: str = ""
    """The account, where the brokers ask for one; goes together with `secret_key`."""
    secret_key: SecretStr = SecretStr("")
    """What it signs with."""
    security_token: SecretStr = SecretStr("")
    """Of temporary credentials."""
    brokers: Mapping[str, Place] = Field(default_factory=dict)
    """Where a broker is reached from here, if not where it says it is: `{"172.17.0.3:10911": "10.0.0.7:10911"}`."""

    @model_validator(mode="after")
    def _signs_with_both(self) -> Self:
        if bool(self.access_key) != bool(self.secret_key.get_secret_value()):
            lacking = "secret_key" if self.access_key else "access_key"
            raise faults("RocketMQ", [fault((lacking,), "missing", "access_key and secret_key go together; give both")])
        if self.address.user or self.address.path or self.address.query:
            text = "give hosts and ports only; accounts are access_key and secret_key beside it"
            raise faults("RocketMQ", [fault(("url",), "too_much", text)])
        return self

    def connect(self) -> Queue:
        from exporter.queues.rocketmq.queue import RocketMQQueue  # noqa: PLC0415 - sockets and parsers, when used

        return RocketMQQueue(self)
