"""What each robot was sent within the last minutes, until when it asked for silence, and whether it refuses all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, not_, or_, select, update

from exporter.model import Cause, Refusal
from exporter.state.schema import refusals, robots, sends
from exporter.state.store import Store

_KEPT_SECONDS = 300.0
_FAR_SECONDS = 7200.0


def ripe(when: ColumnElement[float], now: float) -> ColumnElement[bool]:
    """Whether that moment has come. Nothing is put off for hours: what seems to be, was written before the clock was
    set back, and must not wait for the clock to catch up.
    """
    return or_(when <= now, when > now + _FAR_SECONDS)


class Robots(Store):
    """The pace stands here and not in memory, so that a restart does not begin a new minute."""

    def sends(self, channel: str, since: float, now: float) -> list[float]:
        """When each message since then was answered (or left, while there is no answer), oldest first."""
        asked = select(sends.c.at).where(sends.c.channel == channel, sends.c.at > since, sends.c.at <= now)
        with self._begin() as connection:
            return list(connection.scalars(asked.order_by(sends.c.at)))

    def pause(self, channel: str, until: float) -> None:
        """Nothing is sent to this robot before `until`; 0 lifts it."""
        with self._begin() as connection:
            connection.execute(delete(robots).where(robots.c.channel == channel))
            connection.execute(insert(robots).values(channel=channel, paused=until))

    def paused(self, channel: str, now: float) -> float:
        """Until when; a moment that is past, when it is not paused."""
        asked = select(robots.c.paused).where(robots.c.channel == channel, not_(ripe(robots.c.paused, now)))
        with self._begin() as connection:
            return connection.scalar(asked) or 0.0

    def refuse(self, channel: str, cause: Cause, detail: str, now: float) -> None:
        """This robot refuses every card until a person mends something; the first refusal's time is kept."""
        values = {"cause": cause, "detail": detail[:500]}
        this = refusals.c.channel == channel
        with self._begin() as connection:
            if not connection.execute(update(refusals).where(this).values(**values)).rowcount:
                connection.execute(insert(refusals).values(channel=channel, since=now, **values))

    def relent(self, channel: str) -> None:
        """What made it refuse may be mended."""
        with self._begin() as connection:
            self._relents(connection, channel)

    def refusals(self) -> Mapping[str, Refusal]:
        """By channel; those that refuse nothing are absent."""
        with self._begin() as connection:
            rows = connection.execute(select(refusals)).all()
        return {row.channel: Refusal(datetime.fromtimestamp(row.since, UTC), row.cause, row.detail) for row in rows}

    def _relents(self, connection: Connection, channel: str) -> None:
        connection.execute(delete(refusals).where(refusals.c.channel == channel))

    def _leaves(self, connection: Connection, channel: str, now: float) -> None:
        connection.execute(delete(sends).where(sends.c.at < now - _KEPT_SECONDS))
        connection.execute(insert(sends).values(channel=channel, at=now, flying=True))

    def _answered(self, connection: Connection, channel: str, now: float) -> None:
        # The robot counted it some time before it answered: to count from the answer is on the safe side.
        connection.execute(
            update(sends).where(sends.c.channel == channel, sends.c.flying.is_(True)).values(at=now, flying=False)
        )
