"""Reports that are written at set times: what was last written, together with its cards, and what came of all cards."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select

from exporter.model import Card
from exporter.state.outbox import Outbox
from exporter.state.schema import bulletins, outbox


class Bulletins(Outbox):
    """A report is written once, whenever the process is restarted: its note and its cards are one transaction."""

    def bulletin(self, name: str) -> dict[str, Any]:
        """What was noted last under this name; empty when nothing was."""
        with self._begin() as connection:
            body = connection.scalar(select(bulletins.c.body).where(bulletins.c.name == name))
        return dict(json.loads(body)) if body else {}

    def publish(self, name: str, note: Mapping[str, Any], cards: Sequence[tuple[str, Card]], at: datetime) -> None:
        with self._leading() as connection:
            connection.execute(delete(bulletins).where(bulletins.c.name == name))
            connection.execute(insert(bulletins).values(name=name, body=json.dumps(note, sort_keys=True)))
            self._add(connection, cards, at.timestamp())

    def settled(self, since: datetime, until: datetime) -> Mapping[tuple[str, str], int]:
        """How many cards were `accepted` and how many given up (`dead`) in that time, by channel and outcome."""
        span = outbox.c.settled >= since.timestamp(), outbox.c.settled < until.timestamp()
        asked = select(outbox.c.channel, outbox.c.status, func.count()).where(*span, outbox.c.size == 0)
        with self._begin() as connection:
            rows = connection.execute(asked.group_by(outbox.c.channel, outbox.c.status)).all()
        return {(channel, status): count for channel, status, count in rows}
