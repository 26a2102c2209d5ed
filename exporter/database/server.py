"""What `check` tells about a database: what it is, how the session is fenced, whether the account could write."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from exporter.database import Database, StatementError

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_VERSION = {
    "mysql": "SELECT concat(version(), ' ', @@version_comment)",
    "postgresql": "SELECT concat('PostgreSQL ', current_setting('server_version'))",
    "sqlite": "SELECT 'SQLite ' || sqlite_version()",
}
_PRODUCTS = {"mariadb": "MariaDB", "tidb": "TiDB", "oceanbase": "OceanBase", "aurora": "Aurora", "polardb": "PolarDB"}
_WRITES = ("ALL PRIVILEGES", "INSERT", "UPDATE", "DELETE", "DROP", "ALTER", "CREATE", "SUPER", "TRUNCATE", "INDEX")
_RIGHTS = {
    "mysql": "SHOW GRANTS",
    "postgresql": "SELECT DISTINCT privilege_type FROM information_schema.table_privileges"
    " WHERE grantee IN (current_user, 'PUBLIC') AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    " UNION SELECT 'SUPER' FROM pg_roles WHERE rolname = current_user AND rolsuper",
}


@dataclass(frozen=True, slots=True)
class Server:
    """`writes`: the rights of the account that are more than reading. `fences`: what keeps the session from harm."""

    product: str
    version: str
    writes: tuple[str, ...]
    fences: tuple[str, ...]


def server(database: Database, deadline: Deadline) -> Server:
    """Asks the database about itself; the grants are read in memory only, for they may hold a password's hash."""
    family = database.family.name
    told = str(database.ask(text(_VERSION[family]), deadline)[0][0])
    default = "MySQL" if family == "mysql" else told.partition(" ")[0]
    product = next((name for word, name in _PRODUCTS.items() if word in told.lower()), default)
    version = re.search(r"\d+(?:\.\d+)+", told)
    return Server(product, version[0] if version else "", _writes(database, deadline), database.opening.fences)


def _writes(database: Database, deadline: Deadline) -> tuple[str, ...]:
    if database.family.name not in _RIGHTS:
        return ()
    try:
        rows = database.ask(text(_RIGHTS[database.family.name]), deadline)
    except StatementError:
        return ()
    # `GRANT SELECT (a, b), INSERT ON …`: the rights stand before ON, the columns in brackets are not rights.
    heads = (re.sub(r"\([^)]*\)", "", str(row[0]).partition(" ON ")[0]).removeprefix("GRANT ") for row in rows)
    rights = {right.strip().upper() for head in heads for right in head.split(",")}
    return tuple(right for right in _WRITES if right in rights)
