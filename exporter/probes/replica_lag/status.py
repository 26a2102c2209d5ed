"""What a replica says of its own replication: one statement and one set of names for each family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.database.replica_status import STATEMENTS
from exporter.shop import Node


@dataclass(frozen=True, slots=True)
class Thread:
    """`state` is Yes, No, Connecting or Preparing; `error` the last error's number: its text names accounts."""

    name: str
    state: str
    error: int

    @property
    def running(self) -> bool:
        return self.state == "Yes"


@dataclass(frozen=True, slots=True)
class Channel:
    """`lag` in whole seconds, None while it is not known; `delay` is what the replica was told to stay behind."""

    name: str
    threads: tuple[Thread, Thread]
    lag: int | None
    delay: int
    source: int


def channels(node: Node) -> list[Channel]:
    """One for each source; none where the server is no replica. Raises Denied, Unsupported or another ShopError."""
    _, rows = node.first(STATEMENTS, about="the state of replication")
    return [channel(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for a row by column


def channel(row: Mapping[str, Any]) -> Channel:
    """By lower-cased name and never by place: the order differs between versions."""
    told = {_name(str(name)): value for name, value in row.items()}
    return Channel(
        str(told.get("channel_name", told.get("connection_name")) or ""),
        (_thread(told, "io"), _thread(told, "sql")),
        _number(told.get("seconds_behind_source")),
        _number(told.get("sql_delay")) or 0,
        _number(told.get("source_server_id")) or 0,
    )


def behind(told: Sequence[Channel]) -> int | None:
    """Whole seconds of the worst of these; one that is not known is the worst."""
    lags = [each.lag for each in told]
    return None if None in lags else max(lag for lag in lags if lag is not None)


def _name(column: str) -> str:
    return column.lower().replace("slave", "replica").replace("master", "source")


def _thread(told: Mapping[str, Any], name: str) -> Thread:
    state = str(told.get(f"replica_{name}_running") or "No")
    return Thread(name, state, _number(told.get(f"last_{name}_errno")) or 0)


def _number(value: object) -> int | None:
    return None if value is None or value == "" else int(str(value))
