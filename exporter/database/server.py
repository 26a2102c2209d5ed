"""What a database says of itself: what it is, how the session is fenced, whether the account could write."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from exporter.database import Database, StatementError
from exporter.database.privileges import Flavour, granted_roles, writing

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_VERSION = {
    "mysql": "SELECT concat(version(), ' ', @@version_comment)",
    "postgresql": "SELECT concat('PostgreSQL ', current_setting('server_version'))",
    "sqlite": "SELECT 'SQLite ' || sqlite_version()",
}
_PRODUCTS = {"mariadb": "MariaDB", "tidb": "TiDB", "oceanbase": "OceanBase", "aurora": "Aurora", "polardb": "PolarDB"}
_RIGHTS = {
    "mysql": "SHOW GRANTS",
    "postgresql": "SELECT DISTINCT 'GRANT ' || privilege_type || ' ON ' FROM information_schema.table_privileges"
    " WHERE grantee IN (current_user, 'PUBLIC') AND table_schema NOT IN ('pg_catalog', 'information_schema')"
    " UNION SELECT 'GRANT SUPER ON ' FROM pg_roles WHERE rolname = current_user AND rolsuper",
}


@dataclass(frozen=True, slots=True)
class Server:
    """`writes`: the rights of the account that are more than reading; None where it cannot be told.

    `fences`: what keeps the session from harm. `limits`: whether the server ends what takes too long.
    """

    product: str
    version: str
    writes: tuple[str, ...] | None
    fences: tuple[str, ...]
    limits: bool


def server(database: Database, deadline: Deadline) -> Server:
    """Asks the database about itself; the grants are read in memory only, for they may hold a password's hash."""
    what = flavour(database, deadline)
    opening = database.opening
    return Server(what.product, what.version, _writes(database, deadline), opening.fences, opening.limits)


def flavour(database: Database, deadline: Deadline) -> Flavour:
    """What it is by its own words; a proxy that calls a MariaDB by another name is seen through by its limits."""
    family = database.family.name
    told = str(database.ask(text(_VERSION[family]), deadline)[0][0])
    product = next((name for word, name in _PRODUCTS.items() if word in told.lower()), None)
    if product is None and any("max_statement_time" in fence for fence in database.opening.fences):
        return Flavour(family, "MariaDB", "")
    # Behind a proxy a MariaDB may call itself 5.5.5-10.11.6-MariaDB, which old replicas want to hear.
    version = re.search(r"\d+(?:\.\d+)+", told.removeprefix("5.5.5-"))
    default = "MySQL" if family == "mysql" else told.partition(" ")[0]
    return Flavour(family, product or default, version[0] if version else "")


def _writes(database: Database, deadline: Deadline) -> tuple[str, ...] | None:
    if database.family.name not in _RIGHTS:
        return ()
    try:
        grants = [str(row[0]) for row in database.ask(text(_RIGHTS[database.family.name]), deadline)]
    except StatementError:
        return None
    if roles := granted_roles(grants):
        # MySQL shows what a role may only when it is named; MariaDB shows it at once and does not know the words.
        told = text(f"SHOW GRANTS FOR CURRENT_USER() USING {roles}".replace(":", "\\:"))
        with contextlib.suppress(StatementError):
            grants += [str(row[0]) for row in database.ask(told, deadline)]
    return writing(grants)
