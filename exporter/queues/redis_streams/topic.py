"""One stream or list, as it is asked within the deadline of one question."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.queues.redis_streams.commands import Question, Read
from exporter.queues.redis_streams.refusals import no_scripts, refusal
from exporter.queues.redis_streams.replies import Refused, Reply

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.redis_streams.places import Places
    from exporter.queues.redis_streams.server import Server


@dataclass(frozen=True, slots=True)
class Topic:
    """`key` is its name in Redis."""

    key: str
    places: Places
    deadline: Deadline

    def ask(self, read: Read, *values: str | int) -> Reply:
        """The answer to a question about the key; a refusal is raised."""
        (told,) = self.all((read, self.key, *values))
        return told

    def all(self, *questions: Question) -> list[Reply]:
        """One answer for each, in one round trip."""
        return self.places.ask(self.key, *questions, deadline=self.deadline)

    def run(self, script: str, *values: str | int) -> Reply:
        """What the script answers; None where this account may not run any, which `scripted` tells then."""
        while (how := self._server.eval) is not None:
            (told,) = self.places.tried(self.key, (how, script, 1, self.key, *values), deadline=self.deadline)
            if not isinstance(told, Refused):
                return told
            if not no_scripts(told):
                raise refusal(told, how.acl)
            self._server.eval = Read.EVAL if how is Read.EVAL_RO else None
        return None

    @property
    def scripted(self) -> bool:
        return self._server.eval is not None

    @property
    def _server(self) -> Server:
        return self.places.of(self.key, self.deadline)
