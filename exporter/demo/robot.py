"""What the strict robots of both rooms share: who may write, how often, and what they remember."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

Fault = Literal["html", "500", "nothing", "hang", "lost", "unknown", "throttle"]
"""What a robot does instead of its duty; `lost` takes the message and loses the answer."""

_MINUTE = timedelta(minutes=1)


class RefusalError(Exception):
    """A message that the room does not show, and the answer the real robot gives."""

    def __init__(self, errcode: int, errmsg: str) -> None:
        super().__init__(f"{errcode} {errmsg}")
        self.errcode, self.errmsg = errcode, errmsg


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP request as it arrived."""

    at: datetime
    method: str
    query: Mapping[str, str]
    content_type: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """What stands in the room; `called` are the people whose phone it rings for."""

    at: datetime
    body: Mapping[str, Any]
    called: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the room did not show, and why."""

    at: datetime
    errcode: int
    errmsg: str


@dataclass
class Robot(ABC):
    """One robot in one room. Put a `Fault` into `faults` for each of the next requests that is to meet it."""

    NAME: ClassVar[str]
    PATH: ClassVar[str]
    PER_MINUTE: ClassVar[int] = 20

    messages: list[Message] = field(default_factory=list, init=False)
    refusals: list[Refusal] = field(default_factory=list, init=False)
    faults: deque[Fault] = field(default_factory=deque, init=False)
    paused_until: datetime | None = field(default=None, init=False)

    def hear(self, post: Post) -> dict[str, Any]:
        """Takes the message into the room, or answers with the errcode that the real robot has for it."""
        try:
            self.admit(post)
            self._pace(post)
            body = body_of(post.raw, self.not_json())
            self.messages.append(Message(post.at, body, self.read(body)))
        except RefusalError as refusal:
            self.refusals.append(Refusal(post.at, refusal.errcode, refusal.errmsg))
            return self.answer(refusal.errcode, refusal.errmsg)
        return self.answer(0, "ok")

    def answer(self, code: int, said: str) -> dict[str, Any]:
        return {"errcode": code, "errmsg": said}

    @abstractmethod
    def admit(self, post: Post) -> None:
        """Is it a POST, from somebody who knows the secret, and not too big?"""

    @abstractmethod
    def read(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        """Checks every field; returns whom the message calls."""

    @abstractmethod
    def not_json(self) -> RefusalError: ...

    @abstractmethod
    def throttled(self) -> RefusalError: ...

    @abstractmethod
    def anti_abuse(self) -> dict[str, Any]:
        """The answer to the fault `throttle`."""

    def penalty(self, now: datetime) -> datetime:
        """Until when everything is refused after one message too many."""
        return min(message.at for message in self._recent(now)) + _MINUTE

    def crowded(self, _post: Post) -> bool:
        """Whether it comes too soon after those before it, though the minute is not full."""
        return False

    def _pace(self, post: Post) -> None:
        now = post.at
        if self.crowded(post):
            raise self.throttled()
        if self.paused_until is None or now >= self.paused_until:
            if len(self._recent(now)) < self.PER_MINUTE:
                return
            self.paused_until = self.penalty(now)
        raise self.throttled()

    def _recent(self, now: datetime) -> list[Message]:
        return [message for message in self.messages[-self.PER_MINUTE :] if now - message.at < _MINUTE]


def body_of(raw: bytes, refusal: RefusalError) -> Mapping[str, Any]:
    """The object that was sent, or the refusal."""
    try:
        body = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise refusal from None
    if not isinstance(body, dict):
        raise refusal
    return body


def within(body: Mapping[str, Any], name: str, refusal: RefusalError) -> Mapping[str, Any]:
    """The object `name` of the body, or the refusal."""
    inner = body.get(name)
    if not isinstance(inner, dict) or not inner:
        raise refusal
    return inner
