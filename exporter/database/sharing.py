"""One `Database` per address, however many shops and probes name it."""

from __future__ import annotations

import hashlib
import threading
from typing import TYPE_CHECKING

import sqlalchemy

from exporter.database import Database
from exporter.database.errors import ShopError

if TYPE_CHECKING:
    from pydantic import SecretStr
    from sqlalchemy.engine import URL

_shared: dict[bytes, tuple[Database, int]] = {}
_sharing = threading.Lock()


def share(address: str | URL, password: SecretStr | None, apart: str = "") -> Database:
    """The database of this address; all who name the same one share its connection until each has called `leave`.

    `apart`: the name of a further connection, for statements that others shall not wait for.
    """
    try:
        url = sqlalchemy.make_url(address)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise ShopError("the database address is not understood; write mysql+pymysql://account@host/database") from None
    if password and url.password is None and url.get_backend_name() != "sqlite":
        url = url.set(password=password.get_secret_value())
    key = hashlib.sha256(f"{apart}\0{url.render_as_string(hide_password=False)}".encode()).digest()
    with _sharing:
        database, users = _shared.get(key) or (Database(url), 0)
        _shared[key] = (database, users + 1)
    return database


def leave(database: Database) -> None:
    """Closes the connection when nobody shares it any more."""
    with _sharing:
        for key, (shared, users) in list(_shared.items()):
            if shared is database:
                if users > 1:
                    _shared[key] = (shared, users - 1)
                    return
                del _shared[key]
    database.close()
