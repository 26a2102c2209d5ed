"""Digests: one card in place of many. A merged card waits inside its digest and shares its fate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import and_, exists, func, insert, not_, or_, select, update
from sqlalchemy import delete as remove

from exporter.model import Card
from exporter.state import nouns
from exporter.state.outbox import BATCH, Outbox, Pending
from exporter.state.robots import ripe
from exporter.state.schema import outbox, refusals


class Digests(Outbox):
    """A digest among the rows to be merged is opened first: every card is counted once, by the newest digest."""

    def originals(self, rows: Sequence[Pending]) -> list[Card]:
        """The cards as they were written, also those inside digests, oldest first."""
        ids = [row.id for row in rows if not row.size]
        digests = [row.id for row in rows if row.size]
        asked = select(outbox.c.card).where(or_(outbox.c.id.in_(ids), outbox.c.digest.in_(digests)))
        with self._begin() as connection:
            return [nouns.card(each) for each in connection.scalars(asked.order_by(outbox.c.created, outbox.c.id))]

    def merge(self, rows: Sequence[Pending], card: Card, now: float) -> Pending | None:
        """`card` stands for all `rows` from now on; None (and nothing changed) when one of them was taken meanwhile."""
        ids = [row.id for row in rows]
        digest = Pending(
            id=0,
            channel=rows[0].channel,
            card=card,
            at=min(row.at for row in rows),
            critical=any(row.critical for row in rows),
            attempts=0,
            parts=0,
            plain=False,
            unsure=any(row.unsure for row in rows),
            alone=False,
            size=sum(row.size or 1 for row in rows),
        )
        free = and_(outbox.c.id.in_(ids), outbox.c.status.in_(("waiting", "claimed")), ripe(outbox.c.due, now))
        with self._leading() as connection:
            if connection.scalar(select(func.count()).select_from(outbox).where(free)) != len(ids):
                return None
            made = connection.execute(insert(outbox).values(**_values(digest), due=now))
            new = int(made.inserted_primary_key[0]) if made.inserted_primary_key else 0
            connection.execute(update(outbox).where(outbox.c.digest.in_(ids)).values(digest=new))
            connection.execute(remove(outbox).where(outbox.c.id.in_(ids), outbox.c.size > 0))
            connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(status="merged", digest=new))
        return replace(digest, id=new)

    def unfold(self, digest: int, now: float, *, alone: bool) -> None:
        """The cards inside wait by themselves again; `alone`: and are never merged again."""
        values = {"status": "waiting", "due": now, "digest": None, "alone": alone}
        with self._leading() as connection:
            connection.execute(update(outbox).where(outbox.c.digest == digest).values(**values))
            connection.execute(remove(outbox).where(outbox.c.id == digest))

    def expire(self, channel: str, before: float, now: float) -> int:
        """Gives up what was written before then and is not under way; how many cards that were.

        They died of what the robot refuses, if it does, else of their age.
        """
        idle = or_(outbox.c.status == "waiting", and_(outbox.c.status == "claimed", ripe(outbox.c.due, now)))
        old = and_(outbox.c.channel == channel, outbox.c.created < before, idle)
        with self._leading() as connection:
            digests = list(connection.scalars(select(outbox.c.id).where(old, outbox.c.size > 0)))
        for digest in digests:
            self.unfold(digest, now, alone=False)
        with self._leading() as connection:
            refused = connection.scalar(select(refusals.c.cause).where(refusals.c.channel == channel))
            values = {"status": "dead", "settled": now, "cause": refused or "age"}
            return int(connection.execute(update(outbox).where(old).values(**values)).rowcount)

    def hand_over(self, channel: str, to: str, now: float) -> int:
        """Gives what waits for one channel to another, digests card by card; how many cards that were, 2,000 at most.

        A card that this room may have, or that the other channel was given as well, stays.
        """
        of, other = outbox.c.channel == channel, outbox.alias()
        same = exists().where(other.c.channel == to, other.c.created == outbox.c.created, other.c.card == outbox.c.card)
        free = and_(of, outbox.c.status == "waiting", outbox.c.parts == 0, outbox.c.unsure.is_(False))
        with self._leading() as connection:
            digests = list(connection.scalars(select(outbox.c.id).where(free, outbox.c.size > 0)))
            inside = update(outbox).where(outbox.c.digest.in_(digests))
            connection.execute(inside.values(status="waiting", due=now, digest=None))
            connection.execute(remove(outbox).where(outbox.c.id.in_(digests)))
            ids = list(connection.scalars(select(outbox.c.id).where(free, not_(same)).limit(BATCH)))
            connection.execute(
                update(outbox).where(outbox.c.id.in_(ids)).values(channel=to, due=now, attempts=0, plain=False)
            )
        return len(ids)


def _values(digest: Pending) -> dict[str, Any]:
    return {
        "channel": digest.channel,
        "status": "waiting",
        "card": nouns.text(digest.card),
        "critical": digest.critical,
        "created": digest.at,
        "unsure": digest.unsure,
        "size": digest.size,
    }
