"""The three families of databases: how each connects, is fenced, is limited in time, and is ended from outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from exporter.shop.errors import ShopError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.engine import URL

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


def family(url: URL) -> Family:
    """The family of this address; its driver is imported here and not before."""
    backend = url.get_backend_name()
    if backend in ("mysql", "mariadb"):
        from exporter.shop.mysql import MySQL  # noqa: PLC0415

        return MySQL(url)
    if backend == "postgresql":
        from exporter.shop.postgres import Postgres  # noqa: PLC0415

        return Postgres(url)
    if backend == "sqlite":
        from exporter.shop.sqlite import SQLite  # noqa: PLC0415

        return SQLite(url)
    raise ShopError(f"{backend} databases are not known here; write mysql+pymysql://, postgresql:// or sqlite:///")
