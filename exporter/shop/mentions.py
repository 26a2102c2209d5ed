"""Which tables a SELECT in somebody else's words may read: enough to know how large they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.database.catalog import Catalog
    from exporter.database.deadline import Deadline

_TEXTS = re.compile(r"'(?:[^'\\]|\\.|'')*'|--[^\n]*|#[^\n]*|/\*.*?\*/", re.DOTALL)
_NAME = r"(?:`([^`]+)`|\"([^\"]+)\"|(\w+))"
_WORD = re.compile(_NAME)
_ELSEWHERE = re.compile(rf"(?:\bfrom|\bjoin|,)\s+{_NAME}\s*\.\s*{_NAME}", re.IGNORECASE)


def read_tables(query: str, catalog: Catalog, deadline: Deadline) -> list[tuple[str | None, str]]:
    """(schema, name) of every table that is named anywhere in the query: one too many does no harm, only caution."""
    bare = _TEXTS.sub(" ", query)
    words = {_named(found.groups()) for found in _WORD.finditer(bare)}
    here: list[tuple[str | None, str]] = [(None, name) for name in catalog.names(None, deadline) if name in words]
    pairs = {(_named(found.groups()[:3]), _named(found.groups()[3:])) for found in _ELSEWHERE.finditer(bare)}
    return here + [(schema, name) for schema, name in sorted(pairs) if name in catalog.names(schema, deadline)]


def _named(groups: tuple[str | None, ...]) -> str:
    return next((each for each in groups if each), "")
