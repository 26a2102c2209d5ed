"""The outbox: every card from the moment it was decided until the room has it, or until it is given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from exporter.model import Card, Cause
from exporter.state import nouns
from exporter.state.robots import Robots, ripe
from exporter.state.schema import outbox

KEPT_SECONDS = 7 * 86400.0
KEPT_ROWS = 1000
BATCH = 2000  # rows looked at, or merged, at a time

_READY = outbox.c.status.in_(("waiting", "claimed"))
_OPEN = outbox.c.status.in_(("waiting", "claimed", "merged"))


@dataclass(frozen=True, slots=True)
class Pending:
    """A card that waits to be sent, or a digest of `size` such cards.

    `at` is when it was written, `parts` how many of its messages the room accepted, `unsure` that the room may
    have it already.
    """

    id: int
    channel: str
    card: Card
    at: float
    critical: bool
    attempts: int
    parts: int
    plain: bool
    unsure: bool
    alone: bool
    size: int

    @property
    def mergeable(self) -> bool:
        return not (self.alone or self.parts or self.plain)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many cards a channel has yet to send, and when the oldest of them was written."""

    cards: int
    oldest: float


class Outbox(Robots):
    """`due` shows, `claim` takes, `accept`, `postpone` and `bury` settle. A claim that is not settled expires."""

    def _add(self, connection: Connection, cards: Sequence[tuple[str, Card]], at: float) -> None:
        rows = [
            {"channel": channel, "card": nouns.text(card), "critical": card.severity == "critical"}
            for channel, card in cards
        ]
        if rows:
            connection.execute(insert(outbox).values(status="waiting", created=at, due=at), rows)

    def due(self, channel: str, now: float) -> list[Pending]:
        """What may be sent now, oldest first; a row whose claim expired is `unsure`."""
        asked = select(outbox).where(outbox.c.channel == channel, _READY, ripe(outbox.c.due, now))
        with self._begin() as connection:
            rows = connection.execute(asked.order_by(outbox.c.created, outbox.c.id).limit(BATCH)).all()
        return [_pending(row) for row in rows]

    def next_due(self, channel: str) -> float | None:
        with self._begin() as connection:
            found = connection.scalar(select(func.min(outbox.c.due)).where(outbox.c.channel == channel, _READY))
        return None if found is None else float(found)

    def claim(self, row: Pending, now: float, lease: float) -> bool:
        """Takes the row until `now + lease`; False when another sidecar was faster."""
        values = {"status": "claimed", "due": now + lease, "attempts": row.attempts + 1, "unsure": row.unsure}
        with self._leading() as connection:
            found = connection.execute(
                update(outbox)
                .where(outbox.c.id == row.id, outbox.c.attempts == row.attempts, _READY, ripe(outbox.c.due, now))
                .values(**values)
            )
            if found.rowcount == 1:
                self._leaves(connection, row.channel, now)
            return bool(found.rowcount == 1)

    def extend(self, row: Pending, parts: int, now: float, lease: float) -> None:
        """The room accepted `parts` messages of this card, and the next one leaves now."""
        with self._begin() as connection:
            self._answered(connection, row.channel, now)
            self._leaves(connection, row.channel, now)
            connection.execute(update(outbox).where(_taken(row)).values(parts=parts, due=now + lease))

    def postpone(self, row: Pending, now: float, due: float, detail: str = "", **changed: Any) -> None:
        """Back into the queue until `due`; `changed` may set parts, plain and unsure."""
        values = {"status": "waiting", "due": due, "detail": detail[:500], **changed}
        with self._begin() as connection:
            self._answered(connection, row.channel, now)
            connection.execute(update(outbox).where(_taken(row)).values(**values))

    def accept(self, row: Pending, now: float, detail: str = "") -> None:
        """The room has it; with a digest all cards it counts are settled. A robot that takes a card refuses no more."""
        self._settle(row, "accepted", now, detail)

    def bury(self, row: Pending, now: float, detail: str, cause: Cause) -> None:
        """Given up; it is a dead letter now."""
        self._settle(row, "dead", now, detail, cause)

    def hurry(self, channel: str, now: float) -> None:
        """Whatever waits for a later attempt is due at once: the robot is well again."""
        later = and_(outbox.c.channel == channel, outbox.c.status == "waiting", outbox.c.due > now)
        with self._begin() as connection:
            connection.execute(update(outbox).where(later).values(due=now))

    def waiting(self) -> Mapping[str, Waiting]:
        """By channel; channels with nothing to send are absent."""
        asked = select(outbox.c.channel, func.count(), func.min(outbox.c.created)).where(_OPEN, outbox.c.size == 0)
        with self._begin() as connection:
            rows = connection.execute(asked.group_by(outbox.c.channel)).all()
        return {channel: Waiting(count, oldest) for channel, count, oldest in rows}

    def tidy(self, now: float) -> None:
        """Keeps a thousand accepted cards, for a week, and the last thousand that were given up."""
        with self._begin() as connection:
            for status in ("accepted", "dead"):
                done = outbox.c.status == status
                last = connection.scalar(
                    select(outbox.c.id).where(done).order_by(outbox.c.id.desc()).offset(KEPT_ROWS).limit(1)
                )
                connection.execute(delete(outbox).where(done, outbox.c.id <= (last or 0)))
            old = and_(outbox.c.status == "accepted", outbox.c.settled < now - KEPT_SECONDS)
            connection.execute(delete(outbox).where(old))

    def _settle(self, row: Pending, status: str, now: float, detail: str, cause: Cause = "") -> None:
        values = {"status": status, "settled": now, "detail": detail[:500], "cause": cause}
        with self._begin() as connection:
            self._answered(connection, row.channel, now)
            if status == "accepted":
                self._relents(connection, row.channel)
            if connection.execute(update(outbox).where(_taken(row)).values(**values)).rowcount and row.size:
                connection.execute(update(outbox).where(outbox.c.digest == row.id).values(**values))


def _taken(row: Pending) -> ColumnElement[bool]:
    """The row as long as nobody has claimed it since: what another sidecar is sending is settled by that one."""
    untouched = outbox.c.attempts.in_((row.attempts, row.attempts + 1))
    return and_(outbox.c.id == row.id, untouched, _READY)


def _pending(row: Row[Any]) -> Pending:
    return Pending(
        id=row.id,
        channel=row.channel,
        card=nouns.card(row.card),
        at=row.created,
        critical=row.critical,
        attempts=row.attempts,
        parts=row.parts,
        plain=row.plain,
        unsure=row.unsure or row.status == "claimed",
        alone=row.alone,
        size=row.size,
    )
