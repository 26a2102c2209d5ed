"""Redis 5 to 8 as a queue: streams and lists, measured inside the server; also locks, which live in a cache.

One server, Sentinels or a Cluster, in our own small client: only the commands of `wire.Read` can be sent at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Self

from pydantic import SecretStr, model_validator

from exporter.queues import Address, Broker, Queue
from exporter.strict import fault, faults


class Redis(Broker):
    """`redis://[user[:password]@]host[:6379][/db]`; `redis+cluster://host,host`; `redis+sentinel://host,host/master[/db]`.

    `rediss` instead of `redis` speaks TLS, checked against `ca` (a file), or against what the system trusts.
    """

    SCHEMES: ClassVar[tuple[str, ...]] = (
        "redis",
        "rediss",
        "redis+cluster",
        "rediss+cluster",
        "redis+sentinel",
        "rediss+sentinel",
    )

    user: str = ""
    """The account, where it does not stand in the URL."""
    password: SecretStr = SecretStr("")
    """Its password."""
    sentinel_user: str = ""
    """The account of the Sentinels, where they ask for one."""
    sentinel_password: SecretStr = SecretStr("")
    """Its password."""
    ca: Path | None = None
    """PEM file of the certificates to trust in place of the system's, for `rediss://`."""
    certificate: Path | None = None
    """Of this client, where the server asks for one: certificate and key in one PEM file."""

    @property
    def tls(self) -> bool:
        return self.address.scheme.startswith("rediss")

    @property
    def kind(self) -> str:
        """`cluster`, `sentinel`, or nothing for one server."""
        return self.address.scheme.partition("+")[2]

    @property
    def master(self) -> str:
        """The name by which Sentinels know the server."""
        return self.address.path.partition("/")[0] if self.kind == "sentinel" else ""

    @property
    def database(self) -> int:
        address = self.address
        number = address.path.partition("/")[2] if self.kind == "sentinel" else address.path
        return int(dict(address.query).get("db", number) or 0)

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        address = self.address
        text = ""
        if not self.kind and len(address.hosts) > 1:
            text = "names several hosts; write redis+cluster://… or redis+sentinel://…/name-of-the-master"
        elif self.kind == "sentinel" and not self.master:
            text = "lacks the master's name; write redis+sentinel://10.0.0.7:26379,10.0.0.8:26379/mymaster"
        elif any(name != "db" for name, _ in address.query):
            text = "takes db after the ? and nothing else; ca, certificate and password stand beside url"
        elif not self._whole_number(address) or (self.kind == "cluster" and self.database):
            text = "ends in a database that is none; write redis://10.0.0.7:6379/0 (a cluster has only 0)"
        elif address.password and self.password.get_secret_value():
            text = "has a password, and another stands beside it; give one"
        if text:
            raise faults("Redis", [fault(("url",), "wrong_url", text)])
        return self

    def _whole_number(self, address: Address) -> bool:
        number = address.path.partition("/")[2] if self.kind == "sentinel" else address.path
        return all(each.isascii() and each.isdigit() for each in (number, dict(address.query).get("db", "")) if each)

    def connect(self) -> Queue:
        from exporter.queues.redis_streams.queue import RedisQueue  # noqa: PLC0415 - sockets and TLS, when used

        return RedisQueue(self)
