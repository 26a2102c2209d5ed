"""What must survive a restart: alerts, what was told of them, the outbox, silences, and what probes remember."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from exporter.model import Alert, AlertKey, Card, Entry, Ledger, Record
from exporter.state import nouns
from exporter.state.bulletins import Bulletins
from exporter.state.digests import Digests
from exporter.state.file import StateFaultError
from exporter.state.hearing import Hearing
from exporter.state.leadership import Leader, Leadership
from exporter.state.letters import DeadLetters
from exporter.state.outbox import Pending, Waiting
from exporter.state.schema import alerts, groups, memory, meta, told
from exporter.state.sharing import OvertakenError
from exporter.state.silences import FullError, Silences, UsedLinkError

__all__ = ["FullError", "Leader", "OvertakenError", "Pending", "State", "StateFaultError", "UsedLinkError", "Waiting"]


class State(Digests, DeadLetters, Bulletins, Hearing, Silences, Leadership):
    """Safe to use from any thread. Every method may raise `StateFaultError`, and then nothing was changed."""

    def alerts(self) -> dict[AlertKey, Alert]:
        with self._begin() as connection:
            found = [nouns.alert(body) for body in connection.scalars(select(alerts.c.body))]
        return {each.key: each for each in found}

    def ledgers(self) -> dict[str, Ledger]:
        """What every group of alerts was told, by the group's key."""
        with self._begin() as connection:
            bodies = list(connection.scalars(select(groups.c.body)))
            entries = [nouns.entry(body) for body in connection.scalars(select(told.c.body))]
        by_ledger: defaultdict[str, dict[AlertKey, Entry]] = defaultdict(dict)
        for key, entry in entries:
            by_ledger[key][entry.key] = entry
        found = [nouns.ledger(body, {}) for body in bodies]
        return {each.key: replace(each, entries=by_ledger[each.key]) for each in found}

    def commit(
        self,
        active: Mapping[AlertKey, Alert],
        cards: Sequence[tuple[str, Card]],
        at: datetime,
        *,
        ledgers: Mapping[str, Ledger] | None = None,
        records: Sequence[Record] = (),
    ) -> None:
        """In one transaction: `active` is what stands now, and `cards`, each with its channel's name, will be sent.

        `ledgers` are what the groups were told with these cards (None: as before); `records` go into the journal.
        """
        with self._leading() as connection:
            _replace(connection, alerts, {_id(each.key): nouns.text(each) for each in active.values()})
            if ledgers is not None:
                _replace(connection, groups, {_id(key): nouns.ledger_text(each) for key, each in ledgers.items()})
                _replace(connection, told, _entries(ledgers))
            self._add(connection, cards, at.timestamp())
            self._record(connection, records, at)
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
        with self._leading() as connection:
            stored = connection.scalar(select(memory.c.body).where(_of(shop, probe)))
            if stored is None:
                connection.execute(insert(memory).values(shop=shop, probe=probe, body=body))
            elif stored != body:
                connection.execute(update(memory).where(_of(shop, probe)).values(body=body))

    def forget(self, kept: Collection[tuple[str, str]]) -> None:
        """Drops what was remembered by any (shop, probe) that is not among `kept`."""
        with self._leading() as connection:
            for row in connection.execute(select(memory.c.shop, memory.c.probe)).all():
                if (row.shop, row.probe) not in kept:
                    connection.execute(delete(memory).where(_of(row.shop, row.probe)))


def _entries(ledgers: Mapping[str, Ledger]) -> dict[str, str]:
    return {
        _id(entry.key): nouns.entry_text(key, entry)
        for key, ledger in ledgers.items()
        for entry in ledger.entries.values()
    }


def _replace(connection: Connection, table: Table, wanted: Mapping[str, str]) -> None:
    """The rows of this table are those of `wanted`, body by id; only what differs is written."""
    stored = {row.id: row.body for row in connection.execute(select(table))}
    for gone in stored.keys() - wanted.keys():
        connection.execute(delete(table).where(table.c.id == gone))
    if new := [{"id": name, "body": body} for name, body in wanted.items() if name not in stored]:
        connection.execute(insert(table), new)
    for name in stored.keys() & wanted.keys():
        if stored[name] != wanted[name]:
            connection.execute(update(table).where(table.c.id == name).values(body=wanted[name]))


def _id(key: AlertKey | str) -> str:
    return hashlib.sha256(json.dumps(key).encode()).hexdigest()


def _of(shop: str, probe: str) -> Any:
    return (memory.c.shop == shop) & (memory.c.probe == probe)
