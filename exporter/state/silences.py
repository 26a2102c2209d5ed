"""What people silenced and took, which signed links were used and by whom, and the key that signs them."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from exporter.model import Silence
from exporter.state import nouns
from exporter.state.schema import meta, silences, used_links
from exporter.state.store import Store

KEPT_SECONDS = 7 * 86400.0
KEPT_ROWS = 1_000


class FullError(Exception):
    """There are as many silences as may be."""


class UsedLinkError(Exception):
    """A link works once: `by` used it `at` that time."""

    def __init__(self, by: str, at: datetime) -> None:
        super().__init__("the link has been used")
        self.by, self.at = by, at


class Silences(Store):
    """What ended is kept for a week, as history."""

    def silences(self, after: datetime) -> list[Silence]:
        """Those that end after this instant, the first to end first."""
        asked = select(silences.c.body).where(silences.c.ends > after.timestamp())
        with self._begin() as connection:
            return [nouns.silence(body) for body in connection.scalars(asked.order_by(silences.c.ends, silences.c.id))]

    def silence(
        self, new: Silence, now: datetime, *, most: int, nonce: str = "", expires: datetime | None = None
    ) -> None:
        """Adds it and, in the same transaction, uses up the link it came by.

        Raises UsedLinkError, or FullError where `most` are open; then nothing was changed.
        """
        with self._begin() as connection:
            if nonce:
                self._use(connection, nonce, new.by, now, expires or now)
            opened = silences.c.ends > now.timestamp()
            if (connection.scalar(select(func.count()).select_from(silences).where(opened)) or 0) >= most:
                raise FullError
            self._tidy_silences(connection, now.timestamp())
            connection.execute(insert(silences).values(id=new.id, ends=new.ends.timestamp(), body=nouns.text(new)))

    def unsilence(self, name: str, by: str, now: datetime) -> Silence | None:
        """Ends it now; None when it is not known, or over."""
        this = silences.c.id == name
        with self._begin() as connection:
            body = connection.scalar(select(silences.c.body).where(this, silences.c.ends > now.timestamp()))
            if body is None:
                return None
            found = nouns.silence(body)
            ended = replace(found, starts=min(found.starts, now), ends=now, ended_by=by)
            connection.execute(update(silences).where(this).values(ends=now.timestamp(), body=nouns.text(ended)))
        return ended

    def used(self, nonce: str) -> UsedLinkError | None:
        """By whom and when this link was used; None when it was not."""
        with self._begin() as connection:
            return _used(connection, nonce)

    def key(self) -> bytes:
        """32 bytes that only this state knows, made when first asked for."""
        with self._begin() as connection:
            found = connection.scalar(select(meta.c.value).where(meta.c.name == "key"))
            if not found:
                found = secrets.token_hex(32)
                connection.execute(insert(meta).values(name="key", value=found))
        return bytes.fromhex(found)

    def _use(self, connection: Connection, nonce: str, by: str, now: datetime, expires: datetime) -> None:
        if before := _used(connection, nonce):
            raise before
        connection.execute(
            insert(used_links).values(nonce=nonce, who=by, at=now.timestamp(), expires=expires.timestamp())
        )

    def _tidy_silences(self, connection: Connection, now: float) -> None:
        last = connection.scalar(
            select(silences.c.ends)
            .where(silences.c.ends <= now)
            .order_by(silences.c.ends.desc())
            .offset(KEPT_ROWS)
            .limit(1)
        )
        connection.execute(delete(silences).where(silences.c.ends <= max(last or 0, now - KEPT_SECONDS)))
        connection.execute(delete(used_links).where(used_links.c.expires <= now - KEPT_SECONDS))


def _used(connection: Connection, nonce: str) -> UsedLinkError | None:
    row = connection.execute(select(used_links).where(used_links.c.nonce == nonce)).first()
    return UsedLinkError(row.who, datetime.fromtimestamp(row.at, UTC)) if row else None
