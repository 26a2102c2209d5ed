"""Which family of databases an address belongs to: MySQL's, PostgreSQL or SQLite."""

from __future__ import annotations

from sqlalchemy.engine import URL

from exporter.database.errors import ShopError
from exporter.database.session import Family


def family(url: URL) -> Family:
    """The family of this address; its driver is imported here and not before."""
    backend = url.get_backend_name()
    if backend in ("mysql", "mariadb"):
        from exporter.database.mysql import MySQL  # noqa: PLC0415

        return MySQL(url)
    if backend == "postgresql":
        from exporter.database.postgres import Postgres  # noqa: PLC0415

        return Postgres(url)
    if backend == "sqlite":
        from exporter.database.sqlite import SQLite  # noqa: PLC0415

        return SQLite(url)
    raise ShopError(f"{backend} databases are not known here; write mysql+pymysql://, postgresql:// or sqlite:///")
