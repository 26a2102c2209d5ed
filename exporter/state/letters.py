"""Dead letters: cards that were given up. They are kept until somebody sends them again or throws them away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from exporter.model import DeadLetter
from exporter.state import nouns
from exporter.state.outbox import Outbox
from exporter.state.schema import outbox


class DeadLetters(Outbox):
    """The list has at most the last thousand (`tidy`)."""

    def dead(self, channel: str | None = None, most: int = 1000) -> list[DeadLetter]:
        """Those of one channel or of all, the latest first."""
        asked = select(outbox).where(_dead(channel)).order_by(outbox.c.settled.desc(), outbox.c.id.desc()).limit(most)
        with self._begin() as connection:
            rows = connection.execute(asked).all()
        return [
            DeadLetter(
                row.channel,
                nouns.card(row.card),
                datetime.fromtimestamp(row.created, UTC),
                datetime.fromtimestamp(row.settled, UTC),
                row.cause,
                row.detail,
            )
            for row in rows
        ]

    def dead_counts(self) -> Mapping[tuple[str, str], int]:
        """How many there are, by channel and reason."""
        asked = select(outbox.c.channel, outbox.c.cause, func.count()).where(_dead(None))
        with self._begin() as connection:
            rows = connection.execute(asked.group_by(outbox.c.channel, outbox.c.cause)).all()
        return {(channel, cause): count for channel, cause, count in rows}

    def resend(self, channel: str | None, now: float) -> int:
        """Sends them as if they were written now; how many."""
        anew = {"status": "waiting", "created": now, "due": now, "attempts": 0, "parts": 0, "plain": False, "cause": ""}
        with self._begin() as connection:
            return int(connection.execute(update(outbox).where(_dead(channel)).values(**anew)).rowcount)

    def discard(self, channel: str | None) -> int:
        """Throws them away; how many."""
        with self._begin() as connection:
            return int(connection.execute(delete(outbox).where(_dead(channel))).rowcount)


def _dead(channel: str | None) -> ColumnElement[bool]:
    every = and_(outbox.c.status == "dead", outbox.c.size == 0)
    return every if channel is None else and_(every, outbox.c.channel == channel)
