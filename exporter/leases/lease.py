"""The lease in Redis: a key that expires, and whose value says who has it."""

from __future__ import annotations

from exporter.database.deadline import Deadline
from exporter.queues.redis_streams import Redis
from exporter.queues.redis_streams.commands import Question, Read
from exporter.queues.redis_streams.opening import places

_PATIENCE = 1.5
_SHARE = 6
"""A question takes no more seconds, nor more of the lease: a Redis that hangs must not cost the lead."""

_TAKE = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
"""


class Lease:
    """One key, held by `holder`, a name that nobody else has, for so many seconds. Both may raise a QueueError."""

    def __init__(self, redis: Redis, key: str, holder: str, seconds: float) -> None:
        self._places = places(redis)
        self._key, self._holder, self._milliseconds = key, holder, round(seconds * 1000)
        self._patience = min(_PATIENCE, seconds / _SHARE)

    def take(self) -> bool:
        """Takes it, or has it for longer; False while another has it."""
        return self._run(_TAKE, self._milliseconds) == 1

    def release(self) -> None:
        """Gives it back, if it is still ours."""
        self._run(_RELEASE)

    def _run(self, script: str, *more: int) -> object:
        question: Question = (Read.EVAL, script, 1, self._key, self._holder, *more)
        (reply,) = self._places.ask(self._key, question, deadline=Deadline(self._patience))
        return reply
