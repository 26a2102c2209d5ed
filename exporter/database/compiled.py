"""Statements are put into a server's words once for all databases that speak alike: two hundred shops ask the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.util import LRUCache

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy.engine import Connection, Dialect

_compiled: LRUCache[Any, Any] = LRUCache(2000)
_dialects: dict[str, Dialect] = {}

_PLAIN = (str, int, tuple, type(None))
_OF_ONE_DATABASE = "default_schema_name"


def shared(connection: Connection) -> None:
    """From now on this connection uses what was compiled for any server of the same version, modes and settings."""
    dialect = connection.dialect
    plain = [(name, value) for name, value in vars(dialect).items() if isinstance(value, _PLAIN)]
    likeness = repr((type(dialect), sorted(each for each in plain if each[0] != _OF_ONE_DATABASE)))
    connection.dialect = _dialects.setdefault(likeness, dialect)
    connection.execution_options(compiled_cache=_compiled)
