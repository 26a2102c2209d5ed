"""The management API: small questions over HTTP, each bounded in bytes and in time."""

from __future__ import annotations

import base64
import http.client
import io
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from exporter.queues.errors import Denied, Garbled, Missing, QueueError, TimedOut, Unreachable, Unsupported
from exporter.queues.nouns import KB
from exporter.queues.rabbitmq.hosts import asked_in_turn
from exporter.queues.sockets import LEAST, dialled, told, trusting

if TYPE_CHECKING:
    import socket

    from exporter.database.deadline import Deadline
    from exporter.queues.rabbitmq import RabbitMQ

PORT, TLS_PORT = 15672, 15671

LARGEST = 4 * KB * KB
"""Bytes of an answer: some ten thousand bindings of one queue."""

_WHO = "the management plugin"
_NONE = "rabbitmqctl set_permissions -p VHOST USER '^$' '^$' '^$'"
_OK, _WRONG_ACCOUNT, _FORBIDDEN, _NOT_FOUND, _FAULTS = 200, 401, 403, 404, 500


@dataclass(frozen=True, slots=True)
class Told:
    """`value`: what the JSON says; `at`: the broker's clock, to the second, None where it tells none."""

    value: Any
    at: datetime | None

    @property
    def fields(self) -> Mapping[str, Any]:
        """Of an object. One without any of the columns that were asked for is told as an empty list."""
        return self.value if isinstance(self.value, Mapping) else {}


class Api:
    """The hosts of the URL are the nodes of one cluster: each knows all. The first that answers is asked first."""

    def __init__(self, broker: RabbitMQ) -> None:
        port = TLS_PORT if broker.tls else PORT
        self._hosts = [(host, own or port) for host, own in broker.address.hosts]
        self._context: ssl.SSLContext | None = trusting(broker.ca, check_host=broker.check_host) if broker.tls else None
        user, password = broker.account
        self._account = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.vhost = broker.vhost
        self._closed = False

    def close(self) -> None:
        self._closed = True

    def get(self, *path: str, deadline: Deadline, **asked: str | int) -> Told:
        """What stands at `/api/path?asked`; raises a QueueError. Missing says nothing yet of what is missing."""
        place = "/api/" + "/".join(quote(part, safe="") for part in path) + (f"?{urlencode(asked)}" if asked else "")
        return asked_in_turn(self._hosts, lambda host, share: self._asked(host, place, share), deadline)

    def of_queue(self, name: str, *path: str, deadline: Deadline, **asked: str | int) -> Told:
        """What is told of one queue of the virtual host; raises Missing where it, or the host, is not there."""
        try:
            return self.get("queues", self.vhost, name, *path, deadline=deadline, **asked)
        except Missing:
            pass
        try:
            self.get("vhosts", self.vhost, deadline=deadline, columns="name")
        except Missing:
            raise Missing(f"there is no virtual host {self.vhost}; it is what follows the host in the URL") from None
        raise Missing(f"there is no queue {name} in the virtual host {self.vhost}")

    def listed(self, kind: str, name: str, deadline: Deadline, **asked: str) -> Mapping[str, Any]:
        """The one of that name, by a page of one from the list; it works with statistics switched off as well."""
        told = self.get(
            kind,
            self.vhost,
            deadline=deadline,
            name=f"^{re.escape(name)}$",
            use_regex="true",
            page=1,
            page_size=1,
            disable_stats="true",
            **asked,
        )
        items = told.fields.get("items")
        found = items[0] if isinstance(items, list) and items else {}
        return found if isinstance(found, Mapping) and found.get("name") == name else {}

    def _asked(self, host: tuple[str, int], place: str, deadline: Deadline) -> Told:
        if self._closed:
            raise Unreachable("this shop was closed")
        if deadline.left < LEAST:
            raise TimedOut(f"no time of this run was left to ask {_WHO}")
        link = dialled(_WHO, host, self._context, deadline)
        with link, told(_WHO, link, deadline):
            name = f"[{host[0]}]" if ":" in host[0] else host[0]
            head = (f"GET {place} HTTP/1.1", f"Host: {name}:{host[1]}", f"Authorization: Basic {self._account}",
                    "Accept: application/json", "User-Agent: order-health", "Connection: close", "", "")  # fmt: skip
            link.sendall("\r\n".join(head).encode())
            try:
                answer = http.client.HTTPResponse(_Bounded(link, deadline), method="GET")  # type: ignore[arg-type]
                answer.begin()
                body = answer.read(LARGEST + 1)
            except http.client.RemoteDisconnected:
                raise Unreachable(f"{_WHO} closed the connection instead of an answer") from None
            except http.client.HTTPException:
                raise Garbled(
                    f"what answers is not {_WHO}; the URL takes its port (15672), AMQP's stands in amqp"
                ) from None
        if answer.status != _OK:
            raise _refusal(answer.status, body)
        if answer.length and len(body) <= LARGEST:
            raise Garbled(f"the answer of {_WHO} broke off")
        return Told(_parsed(body), _moment(answer.getheader("Date")))


class _Bounded:
    """A socket as http.client takes one: it never waits beyond the deadline, however slowly the bytes come."""

    def __init__(self, link: socket.socket, deadline: Deadline) -> None:
        self._raw = _Raw(link, deadline)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw)


class _Raw(io.RawIOBase):
    def __init__(self, link: socket.socket, deadline: Deadline) -> None:
        self._link, self._deadline = link, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not (left := self._deadline.left):
            raise TimeoutError
        self._link.settimeout(left)
        return self._link.recv_into(buffer)


def _parsed(body: bytes) -> Any:
    if len(body) > LARGEST:
        raise Garbled(f"{_WHO} answers with more than {LARGEST // KB // KB} MB")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Garbled(f"{_WHO} answers with something that is not its JSON, or the answer broke off") from None


_ACCOUNTS = (
    (b"anagement user", "the account lacks the tag monitoring: rabbitmqctl set_user_tags USER monitoring"),
    (b"virtual host", f"the account has no permissions in this virtual host, not even none: {_NONE}"),
    (b"", "the broker refuses the account: user or password is wrong"),
)
"""What a refusal of the account says, and what it means."""


def _refusal(status: int, body: bytes) -> QueueError:
    if status == _WRONG_ACCOUNT:
        return Denied(next(text for sign, text in _ACCOUNTS if sign in body))
    if status == _FORBIDDEN:
        return Denied(
            "the account may not ask this; give it the tag monitoring: rabbitmqctl set_user_tags USER monitoring"
        )
    if status == _NOT_FOUND:
        return Missing(f"{_WHO} does not know what was asked for")
    if status >= _FAULTS:
        return Unreachable(f"{_WHO} cannot answer just now (HTTP {status}): a node is starting, or overloaded")
    return Unsupported(f"what answers is not {_WHO} (HTTP {status}); look at the URL's host and port")


def _moment(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None
