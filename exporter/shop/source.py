"""A database as a shop reads it."""

from __future__ import annotations

from exporter.database import Database
from exporter.database.catalog import Catalog
from exporter.shop.guard import Guard


class Source:
    """A database with what is known of it: shared by all runs of a shop.

    `words`: of several ways to ask for the same, the one that this server understands.
    """

    def __init__(self, database: Database, large: int) -> None:
        self.database = database
        self.catalog = Catalog(database)
        self.guard = Guard(self.catalog, large)
        self.words: dict[str, str] = {}

    def forget(self) -> None:
        self.catalog.forget()
        self.guard.forget()
        self.words.clear()
