"""What every family of databases speaks of: a session, a fault, and what a family must know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

CONNECT_SECONDS = 3.0


@dataclass(slots=True)
class Session:
    """A raw connection, and how to end from another thread what runs on it.

    `sever` ends the wait at once on our side, `kill` on the server (from a second connection; may block a little).
    """

    raw: Any
    sever: Callable[[], None]
    kill: Callable[[], None]
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A driver's error, understood: `kind` says what to do about it, `text` is masked."""

    kind: str  # lost | timeout | lock | table | column | denied | access | closed | full | database | other
    code: str
    text: str
    names: Mapping[str, str] = field(default_factory=dict)


class Family(Protocol):
    """`setup`: per step the alternatives, the first that the server accepts counts. `limits`: likewise."""

    name: str
    engine_url: str
    engine_options: Mapping[str, Any]
    setup: tuple[tuple[str, ...], ...]
    limits: tuple[Callable[[float], str], ...]
    explain: str
    errors: tuple[type[Exception], ...]

    def connect(self) -> Session: ...
    def fault(self, error: BaseException) -> Fault: ...
    def steps(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]] | None: ...
