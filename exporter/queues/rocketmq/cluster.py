"""Name servers and brokers: who keeps which topic, and what their refusals mean."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.database.deadline import Deadline
from exporter.database.errors import masked
from exporter.queues.errors import Denied, Garbled, Missing, QueueError, TimedOut, Unreachable, Unsupported
from exporter.queues.rocketmq.answers import parsed
from exporter.queues.rocketmq.frames import Header, Key, Read
from exporter.queues.rocketmq.link import Link

if TYPE_CHECKING:
    from exporter.queues.rocketmq import RocketMQ

_NAME_SERVER_PORT = 9876

SUCCESS = 0
NOT_ONLINE = 206
_BUSY = (2, 215)
_UNKNOWN_CODE = 3
_NO_PERMISSION = 16
_NO_TOPIC = 17
_NO_GROUP = (24, 26)
_REFUSAL = re.compile(r"AclException|AuthenticationException|AuthorizationException|No accessKey")


@dataclass(frozen=True, slots=True)
class Keeper:
    """A broker that keeps queues of a topic. `host`: (address, port) as the name server tells it."""

    name: str
    link: Link
    host: tuple[str, int]

    def ask(self, code: Read, fields: Mapping[str, str], what: str, deadline: Deadline) -> bytes:
        """The body of a success; raises a QueueError that says what was asked."""
        answer, body = self.link.ask(code, fields, deadline)
        if answer.code != SUCCESS:
            raise refusal(answer, self.link.name, what)
        return body


class Cluster:
    """The links to all name servers and brokers, opened when they are needed."""

    def __init__(self, broker: RocketMQ) -> None:
        secret, token = broker.secret_key.get_secret_value(), broker.security_token.get_secret_value()
        self._key = Key(broker.access_key, secret, token) if broker.access_key else None
        hosts = [(host, port or _NAME_SERVER_PORT) for host, port in broker.address.hosts]
        names = [f"name server {n}" if len(hosts) > 1 else "the name server" for n in range(1, len(hosts) + 1)]
        self._name_servers = [Link(name, place, self._key) for name, place in zip(names, hosts, strict=True)]
        self._elsewhere = broker.brokers
        self._links: dict[tuple[str, int], Link] = {}
        self._kept: dict[str, set[str]] = {}
        self._opening = threading.Lock()
        self._closed = False

    def keepers(self, topic: str, deadline: Deadline) -> list[Keeper]:
        """The brokers of a topic, each by its master or else a replica; raises Missing where nobody keeps it."""
        answer, body = self._from_name_server(Read.ROUTE, {"topic": topic, "acceptStandardJsonOnly": "true"}, deadline)
        if answer.code == _NO_TOPIC:
            raise self._nowhere(topic, deadline)
        if answer.code != SUCCESS:
            raise refusal(answer, "the name server", f"the brokers of {topic}")
        try:
            route = parsed(body)
            readable = {each["brokerName"] for each in route["queueDatas"] if int(each.get("readQueueNums", 1))}
            found = [self._keeper(each) for each in route["brokerDatas"] if each["brokerName"] in readable]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Garbled(f"the name server's answer about {topic} cannot be read") from None
        if not found:
            raise Unreachable(f"no broker that keeps {topic} is known to the name server now")
        self._kept[topic] = {each.name for each in found}
        return sorted(found, key=lambda each: each.name)

    def _nowhere(self, topic: str, deadline: Deadline) -> QueueError:
        """Brokers that end take their topics with them: that is an outage, and no topic that never was."""
        _, body = self._from_name_server(Read.CLUSTER, {}, deadline)
        told = parsed(body)
        if not isinstance(told, dict) or not told.get("brokerAddrTable"):
            return Unreachable(f"no broker that keeps {topic} is there: the name server knows of none at all")
        if gone := self._kept.get(topic, set()) - told["brokerAddrTable"].keys():
            return Unreachable(f"no broker that keeps {topic} is there: the name server lost {', '.join(sorted(gone))}")
        return Missing(f"there is no topic {topic}: no name server knows it")

    def close(self) -> None:
        with self._opening:
            self._closed = True
            links = [*self._name_servers, *self._links.values()]
        for link in links:
            link.close()

    def _keeper(self, data: Mapping[str, Any]) -> Keeper:
        addresses = {int(number): str(address) for number, address in data["brokerAddrs"].items()}
        told = addresses[min(addresses)]
        place, name = _place(self._elsewhere.get(told, told)), str(data["brokerName"])
        with self._opening:
            if self._closed:
                raise Unreachable("this shop was closed")
            link = self._links.setdefault(place, Link(f"broker {name}", place, self._key))
        return Keeper(name, link, _place(told))

    def _from_name_server(self, code: Read, fields: Mapping[str, str], deadline: Deadline) -> tuple[Header, bytes]:
        """The first that answers; it is asked first from then on."""
        told: list[QueueError] = []
        servers = self._name_servers
        for server in servers:
            share = Deadline(deadline.left / (len(servers) - len(told)))
            try:
                answer = server.ask(code, fields, share)
            except (Unreachable, TimedOut, Garbled) as error:
                told.append(error)
            else:
                if told:  # a list of its own: another thread may be going along the old one
                    self._name_servers = sorted(self._name_servers, key=lambda each: each is not server)
                return answer
        raise told[0] if len(told) == 1 else type(told[-1])(f"no name server answers: {'; '.join(map(str, told))}")


def _place(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def refusal(answer: Header, who: str, what: str) -> QueueError:
    """What a code other than success means."""
    if answer.code == _NO_PERMISSION or _REFUSAL.search(answer.remark):
        return Denied(f"{who} refuses {what}: the access key may not, or is not known (code {answer.code})")
    if answer.code in _BUSY:
        return Unreachable(f"{who} is too busy to tell {what} (code {answer.code})")
    if answer.code == _UNKNOWN_CODE:
        return Unsupported(f"{who} does not know how to tell {what} (code {answer.code})")
    if answer.code == _NO_TOPIC:
        return Missing(f"{who} does not keep what is asked for: {what} (code {answer.code})")
    if answer.code in _NO_GROUP:
        return Missing(f"{who} has no such group: {what} (code {answer.code})")
    return QueueError(f"{who} refuses {what} (code {answer.code}): {masked(answer.remark)}")
