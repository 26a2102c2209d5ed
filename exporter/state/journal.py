"""What has fired and ended, for a month: the daily and weekly cards and the page's history read it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from exporter.model import Record, fingerprint
from exporter.state import nouns
from exporter.state.schema import journal
from exporter.state.store import Store

KEPT_SECONDS = 30 * 86400.0
KEPT_RECORDS = 20_000


class Journal(Store):
    """At most twenty thousand records: a storm does not fill the disk."""

    def history(self, since: datetime, until: datetime, most: int = KEPT_RECORDS) -> list[Record]:
        """The flips from `since` until just before `until`, newest first, at most so many."""
        span = journal.c.at >= since.timestamp(), journal.c.at < until.timestamp()
        asked = select(journal.c.body).where(*span).order_by(journal.c.at.desc(), journal.c.id.desc()).limit(most)
        with self._begin() as connection:
            return [nouns.record(body) for body in connection.scalars(asked)]

    def history_of(self, alert: str, since: datetime, most: int) -> list[Record]:
        """The flips of the alerts with this fingerprint, newest first, at most so many."""
        mine = journal.c.alert == alert, journal.c.at >= since.timestamp()
        asked = select(journal.c.body).where(*mine).order_by(journal.c.at.desc(), journal.c.id.desc()).limit(most)
        with self._begin() as connection:
            return [nouns.record(body) for body in connection.scalars(asked)]

    def _record(self, connection: Connection, records: Sequence[Record], at: datetime) -> None:
        if not records:
            return
        rows = [
            {"at": each.at.timestamp(), "alert": fingerprint(each.labels), "body": nouns.text(each)} for each in records
        ]
        connection.execute(insert(journal), rows)
        connection.execute(delete(journal).where(journal.c.at < at.timestamp() - KEPT_SECONDS))
        last = connection.scalar(select(journal.c.id).order_by(journal.c.id.desc()).offset(KEPT_RECORDS).limit(1))
        if last is not None:
            connection.execute(delete(journal).where(journal.c.id <= last))
