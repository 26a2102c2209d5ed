"""Which tables a SELECT in somebody else's words may read: enough to know how large they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.database.catalog import Catalog
    from exporter.database.deadline import Deadline
    from exporter.database.select import Select


def read_tables(select: Select, catalog: Catalog, deadline: Deadline) -> list[tuple[str | None, str]]:
    """(schema, name) of every table that is named anywhere in it: one too many does no harm, only caution."""
    said = [each.said.strip('`"') if each.kind in ("word", "name", "text") else each.said for each in select.tokens]
    words = {word.lower() for word in said}
    here: list[tuple[str | None, str]] = [
        (None, name) for name in sorted(catalog.names(None, deadline)) if name.lower() in words
    ]
    elsewhere = {
        (schema, name)
        for before, schema, dot, name in zip(said, said[1:], said[2:], said[3:], strict=False)
        if dot == "." and before in _BEFORE_TABLES
    }
    return here + [(schema, name) for schema, name in sorted(elsewhere) if name in catalog.names(schema, deadline)]


_BEFORE_TABLES = frozenset({"from", "join", ","})
