"""Which server has a key."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from exporter.database.deadline import Deadline
from exporter.queues.errors import TimedOut, Unreachable
from exporter.queues.redis_streams.commands import Question, acl
from exporter.queues.redis_streams.refusals import refusal
from exporter.queues.redis_streams.replies import Refused, Reply
from exporter.queues.redis_streams.server import Server
from exporter.queues.redis_streams.wire import Login

Answer = TypeVar("Answer")


class Places(ABC):
    """Servers are kept by their address, each with its connection."""

    def __init__(self, key: Login) -> None:
        self._key = key
        self._servers: dict[tuple[str, int], Server] = {}
        self._guard = threading.Lock()
        self._closed = False

    @abstractmethod
    def of(self, key: str, deadline: Deadline) -> Server: ...

    @abstractmethod
    def masters(self, deadline: Deadline) -> Mapping[str, Server]:
        """Every server that holds keys of its own, by a name that stays while it does."""

    @abstractmethod
    def forget(self) -> None:
        """Looks again where things are, when it is asked next."""

    def again(self, ask: Callable[[], Answer]) -> Answer:
        """Once more where a connection was lost: it stood idle, or another server has taken over."""
        try:
            return ask()
        except Unreachable:
            self.forget()
            return ask()
        except TimedOut:  # a server that is frozen may have been replaced by now
            self.forget()
            raise

    def tried(self, key: str, *questions: Question, deadline: Deadline) -> list[Reply]:
        """An answer for each, from where the key is now; what is refused is for the caller to judge."""
        replies = self.again(lambda: self.of(key, deadline).ask(questions, deadline))
        if any(isinstance(reply, Refused) and reply.word == "MOVED" for reply in replies):
            self.forget()
            return self.of(key, deadline).ask(questions, deadline)
        return replies

    def ask(self, key: str, *questions: Question, deadline: Deadline) -> list[Reply]:
        """An answer for each; raises where one is refused."""
        replies = self.tried(key, *questions, deadline=deadline)
        for question, reply in zip(questions, replies, strict=True):
            if isinstance(reply, Refused):
                raise refusal(reply, acl(question))
        return replies

    def close(self) -> None:
        with self._guard:
            self._closed = True
            for server in self._servers.values():
                server.close()

    def _server(self, host: str, port: int, key: Login | None = None) -> Server:
        with self._guard:
            if self._closed:
                raise Unreachable("this queue was closed")
            at = (host, port)
            if at not in self._servers:
                self._servers[at] = Server(host, port, key or self._key)
            return self._servers[at]


class Alone(Places):
    def __init__(self, host: tuple[str, int], key: Login) -> None:
        super().__init__(key)
        self._host = host

    def of(self, key: str, deadline: Deadline) -> Server:  # noqa: ARG002 - it has every key
        return self._server(*self._host)

    def masters(self, deadline: Deadline) -> Mapping[str, Server]:  # noqa: ARG002 - nobody needs to be asked
        return {"": self._server(*self._host)}

    def forget(self) -> None:
        """It stays where it is."""


def shares(hosts: Sequence[tuple[str, int]], deadline: Deadline) -> Iterator[tuple[str, int, Deadline]]:
    """Each host with its part of the time that is left, so that one that is frozen leaves time for the others."""
    for left, (host, port) in zip(range(len(hosts), 0, -1), hosts, strict=True):
        yield host, port, Deadline(deadline.left / left)
