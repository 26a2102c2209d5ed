"""What must survive a restart: alerts, the outbox, silences, and what probes remember."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update

from exporter.model import Alert, AlertKey, Card
from exporter.state import nouns
from exporter.state.digests import Digests
from exporter.state.file import StateFaultError
from exporter.state.outbox import Pending, Waiting
from exporter.state.schema import alerts, memory, meta
from exporter.state.silences import FullError, Silences, UsedLinkError

__all__ = ["FullError", "Pending", "State", "StateFaultError", "UsedLinkError", "Waiting"]


class State(Digests, Silences):
    """Safe to use from any thread. Every method may raise `StateFaultError`, and then nothing was changed."""

    def alerts(self) -> dict[AlertKey, Alert]:
        with self._begin() as connection:
            found = [nouns.alert(body) for body in connection.scalars(select(alerts.c.body))]
        return {each.key: each for each in found}

    def commit(self, active: Mapping[AlertKey, Alert], cards: Sequence[tuple[str, Card]], at: datetime) -> None:
        """In one transaction: `active` is what stands now, and `cards`, each with its channel's name, will be sent."""
        wanted = {_id(each.key): nouns.text(each) for each in active.values()}
        with self._begin() as connection:
            stored = {row.id: row.body for row in connection.execute(select(alerts))}
            for gone in stored.keys() - wanted.keys():
                connection.execute(delete(alerts).where(alerts.c.id == gone))
            if new := [{"id": name, "body": body} for name, body in wanted.items() if name not in stored]:
                connection.execute(insert(alerts), new)
            for name in stored.keys() & wanted.keys():
                if stored[name] != wanted[name]:
                    connection.execute(update(alerts).where(alerts.c.id == name).values(body=wanted[name]))
            self._add(connection, cards, at.timestamp())
            connection.execute(delete(meta).where(meta.c.name == "noted"))
            connection.execute(insert(meta).values(name="noted", value=at.isoformat()))

    def noted(self) -> datetime | None:
        """When `commit` was last called."""
        with self._begin() as connection:
            found = connection.scalar(select(meta.c.value).where(meta.c.name == "noted"))
        return datetime.fromisoformat(found) if found else None

    def recall(self, shop: str, probe: str) -> dict[str, Any]:
        """What this probe last remembered of this shop; empty when there is nothing."""
        with self._begin() as connection:
            body = connection.scalar(select(memory.c.body).where(_of(shop, probe)))
        return dict(json.loads(body)) if body else {}

    def remember(self, shop: str, probe: str, what: dict[str, Any]) -> None:
        body = json.dumps(what, sort_keys=True)
        with self._begin() as connection:
            stored = connection.scalar(select(memory.c.body).where(_of(shop, probe)))
            if stored is None:
                connection.execute(insert(memory).values(shop=shop, probe=probe, body=body))
            elif stored != body:
                connection.execute(update(memory).where(_of(shop, probe)).values(body=body))

    def forget(self, kept: Collection[tuple[str, str]]) -> None:
        """Drops what was remembered by any (shop, probe) that is not among `kept`."""
        with self._begin() as connection:
            for row in connection.execute(select(memory.c.shop, memory.c.probe)).all():
                if (row.shop, row.probe) not in kept:
                    connection.execute(delete(memory).where(_of(row.shop, row.probe)))


def _id(key: AlertKey) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def _of(shop: str, probe: str) -> Any:
    return (memory.c.shop == shop) & (memory.c.probe == probe)
