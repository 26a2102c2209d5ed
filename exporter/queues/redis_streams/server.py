"""One Redis server: connected when it is first asked, and again after anything that went wrong."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from exporter.database.deadline import Deadline
from exporter.queues.errors import Garbled, TimedOut, Unreachable
from exporter.queues.redis_streams.commands import Question, Read, acl
from exporter.queues.redis_streams.refusals import refusal
from exporter.queues.redis_streams.replies import Refused, Reply
from exporter.queues.redis_streams.wire import Login, Wire

DEFAULT_PORT = 6379


class Server:
    """One server: a connection that is opened when first needed and again when it was lost; one question at a time.

    `eval`: how scripts are run there, None where they may not be; known once it was tried.
    """

    def __init__(self, host: str, port: int, key: Login) -> None:
        self.host, self.port, self._key = host, port or DEFAULT_PORT, key
        self._turn = threading.Lock()
        self._wire: Wire | None = None
        self._closed = False
        self.eval: Read | None = Read.EVAL_RO

    def ask(self, questions: Sequence[Question], deadline: Deadline) -> list[Reply]:
        """One answer for each, in one round trip; a `Refused` among them is for the caller to judge."""
        if not self._turn.acquire(timeout=deadline.left):
            raise TimedOut("the time was over before the connection was free")
        try:
            self._wire = self._wire or self._opened(deadline)
            return self._wire.ask(questions, deadline)
        except (Unreachable, TimedOut, Garbled):
            self._dropped()
            raise
        finally:
            self._turn.release()

    def one(self, *question: Read | bytes | str | int, deadline: Deadline) -> Reply:
        """The answer to one question; a refusal is raised."""
        (reply,) = self.ask([question], deadline)
        if isinstance(reply, Refused):
            raise refusal(reply, acl(question))
        return reply

    def close(self) -> None:
        """At once and for good, whoever is waiting for an answer there."""
        self._closed = True
        if wire := self._wire:
            wire.close()

    def _opened(self, deadline: Deadline) -> Wire:
        if self._closed:
            raise Unreachable("this queue was closed")
        self.eval = Read.EVAL_RO
        wire = Wire(self.host, self.port, self._key, deadline)
        steps: list[Question] = []
        if self._key.password:
            account = (self._key.user,) if self._key.user else ()
            steps.append((Read.AUTH, *account, self._key.password))
        if self._key.database:
            steps.append((Read.SELECT, self._key.database))
        try:
            for step, reply in zip(steps, wire.ask(steps, deadline), strict=True):
                if isinstance(reply, Refused):
                    raise refusal(reply, acl(step))  # noqa: TRY301 - closed below, as for any other fault
        except BaseException:
            wire.close()
            raise
        return wire

    def _dropped(self) -> None:
        if self._wire:
            self._wire.close()
        self._wire = None
