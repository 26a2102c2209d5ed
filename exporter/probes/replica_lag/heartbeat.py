"""A row that somebody writes on the primary every second or so: what the replica shows of it is how old its data is."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, PlainSerializer

from exporter.shop import Node, ShopError
from exporter.strict import Strict
from exporter.units import Duration, written

_CLOCK = {
    "mysql": "UTC_TIMESTAMP(6)",
    "postgresql": "clock_timestamp()",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
}
_AHEAD = timedelta(seconds=1)


def _zone(given: object) -> tzinfo:
    if isinstance(given, tzinfo):
        return given
    try:
        return ZoneInfo(str(given))
    except (ZoneInfoNotFoundError, ValueError):
        pass
    try:
        return timezone(datetime.fromisoformat(f"2000-01-01T00:00{given}").utcoffset() or timedelta())
    except ValueError:
        raise ValueError(f"{given!r} is not a zone; write UTC, Asia/Shanghai or +08:00") from None


_Name = Annotated[str, Field(pattern=r"^\w+$")]


class Heartbeat(Strict):
    """Of pt-heartbeat, or a table of your own with a time in it; nothing is written here."""

    table: Annotated[str, Field(pattern=r"^\w+(\.\w+)?$")]
    """The table, with its schema if it is in another; SELECT on it, on the primary and on each replica."""
    zone: Annotated[tzinfo, BeforeValidator(_zone), PlainSerializer(str, when_used="json")]
    """Of the times in it: pt-heartbeat writes UTC with `--utc`, and else the local time of where it runs."""

    time: _Name = "ts"
    """The column of the time."""
    server: Literal[""] | _Name = "server_id"
    """The column of the server that wrote the row; "" for a table of one row."""

    server_id: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    """Whose row counts; auto: the primary's, or the latest where the primary has none."""

    stale: Annotated[Duration, Field(gt=0)] = 10.0
    """A heartbeat that is older on the primary itself says that nobody writes it."""

    def behind(self, primary: Node, replica: Node, server: int | None) -> float:
        """Seconds by the primary's clock; too high by up to the time between two heartbeats, never too low.

        Raises a ShopError where the table says nothing.
        """
        beat, clock, there = self._read(primary, server)
        if beat - clock > _AHEAD:
            ahead = written((beat - clock).total_seconds())
            raise ShopError(f"the heartbeat is {ahead} ahead of the primary's clock; is `zone` right?")
        if clock - beat > timedelta(seconds=self.stale):
            old = written((clock - beat).total_seconds())
            raise ShopError(f"nobody writes the heartbeat on the primary: the latest is {old} old; or `zone` is wrong")
        shown, _, here = self._read(replica, server)
        now = clock + timedelta(seconds=here - there)
        return max(0.0, (now - shown).total_seconds())

    def _read(self, node: Node, server: int | None) -> tuple[datetime, datetime, float]:
        """The heartbeat, the server's clock, and when both were read on ours (monotonic)."""
        ours = server if self.server_id == "auto" else self.server_id
        before = time.monotonic()
        rows = self._rows(node, ours) if self.server and ours else []
        if not rows and self.server_id == "auto":
            rows = self._rows(node, None)
        at = (before + time.monotonic()) / 2
        if not rows or rows[0][0] is None:
            raise ShopError("the heartbeat table has no row for it")
        return self._time(rows[0][0], self.zone), self._time(rows[0][1], UTC), at

    def _rows(self, node: Node, server: int | None) -> list[Any]:
        quote = "`" if node.family == "mysql" else '"'

        def quoted(name: str) -> str:
            return ".".join(f"{quote}{each}{quote}" for each in name.split("."))

        where = f" WHERE {quoted(self.server)} = :server" if server else ""
        statement = (
            f"SELECT {quoted(self.time)}, {_CLOCK[node.family]} FROM {quoted(self.table)}{where}"
            f" ORDER BY {quoted(self.time)} DESC LIMIT 1"
        )
        return list(node.ask(statement, {"server": server} if server else {}, about="the heartbeat table"))

    @staticmethod
    def _time(value: object, zone: tzinfo) -> datetime:
        """A text in ISO's form, a date and time of the driver's, or Unix seconds."""
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        try:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError:
            raise ShopError("the heartbeat is no time; which column is it? Write heartbeat: {time: its_name}") from None
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
