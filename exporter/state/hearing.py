"""What Alertmanagers said: each of their groups is written down together with the cards that tell of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select

from exporter.model import Card, Heard, Record
from exporter.state import nouns
from exporter.state.journal import Journal
from exporter.state.outbox import Outbox
from exporter.state.schema import heard


class Hearing(Outbox, Journal):
    """A group is known by its receiver and its key."""

    def heard(self) -> list[Heard]:
        with self._begin() as connection:
            return [nouns.heard(body) for body in connection.scalars(select(heard.c.body))]

    def heard_of(self, group: tuple[str, str]) -> Heard | None:
        """What was said of this group, be it to another sidecar that shares this state."""
        with self._begin() as connection:
            body = connection.scalar(select(heard.c.body).where(heard.c.id == _id(group)))
        return nouns.heard(body) if body else None

    def hear(self, group: Heard, cards: Sequence[tuple[str, Card]], records: Sequence[Record], at: datetime) -> None:
        """In one transaction: what is known of this group now, the cards that tell of it, and the journal."""
        with self._leading() as connection:
            connection.execute(delete(heard).where(heard.c.id == _id(group.id)))
            connection.execute(insert(heard).values(id=_id(group.id), body=nouns.heard_text(group)))
            self._add(connection, cards, at.timestamp())
            self._record(connection, records, at)

    def forget_heard(self, group: tuple[str, str]) -> None:
        with self._leading() as connection:
            connection.execute(delete(heard).where(heard.c.id == _id(group)))


def _id(group: tuple[str, str]) -> str:
    return hashlib.sha256(json.dumps(group).encode()).hexdigest()
