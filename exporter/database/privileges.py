"""Which privilege a statement needs, and the GRANT that gives it: by product and version, for one account."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

READS = frozenset({
    "BINLOG MONITOR", "PROCESS", "REPLICA MONITOR", "REPLICATION CLIENT", "REPLICATION SLAVE", "SELECT",
    "SHOW DATABASES", "SHOW VIEW", "SLAVE MONITOR", "USAGE",
})  # fmt: skip
"""Rights by which nothing can be changed."""

Place = tuple[str, str]
"""(schema, table)."""

_REPLICA_STATUS = re.compile(r"\s*SHOW\s+(ALL\s+)?(REPLICA|SLAVE)S?\b.*\bSTATUS\b", re.IGNORECASE | re.DOTALL)
_BINARY_LOG = re.compile(r"\s*SHOW\s+(MASTER\s+STATUS|BINLOG\s+STATUS|BINARY\s+LOG)", re.IGNORECASE)
_PROCESSES = re.compile(r"\binnodb_trx\b|\bprocesslist\b|\bpg_stat_activity\b", re.IGNORECASE)
_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+(?:([`\"]?)(\w+)\1\s*\.\s*)?([`\"]?)(\w+)\b\3(?!\s*\()", re.IGNORECASE)
_NAMED_HERE = re.compile(r"(?:\bWITH(?:\s+RECURSIVE)?|,)\s*(\w+)\s*(?:\([^)]*\))?\s+AS\s*\(", re.IGNORECASE)
_NO_TABLE = re.compile(r"'(?:[^'\\]|\\.|'')*'|\b(?:EXTRACT|SUBSTR|SUBSTRING|TRIM)\s*\([^()]*\)", re.IGNORECASE)
"""Texts, and calls in which FROM stands before something else."""


@dataclass(frozen=True, slots=True)
class Flavour:
    """`family` as of the database, `product` as `check` names it; an empty version is taken for a new one."""

    family: str
    product: str
    version: str

    def since(self, *version: int) -> bool:
        return not self.version or tuple(int(part) for part in self.version.split(".")) >= version


@dataclass(frozen=True, slots=True)
class Need:
    """Tables to read (`columns` of the only one); or the replication status, the binary log, everybody's processes."""

    what: Literal["tables", "replica status", "binary log", "processes"] = "tables"
    tables: tuple[Place, ...] = ()
    columns: tuple[str, ...] = ()


def need(statement: str, schema: str, column: str = "") -> Need:
    """What an account must be given for this statement; `schema` is where unqualified tables stand.

    `column`: the one that was refused, where the account may read others of its table.
    """
    if _REPLICA_STATUS.match(statement):
        return Need("replica status")
    if _BINARY_LOG.match(statement):
        return Need("binary log")
    if _PROCESSES.search(statement):
        return Need("processes")
    here = {name.lower() for name in _NAMED_HERE.findall(statement)}
    found = ((each[2] or schema, each[4]) for each in _TABLE.finditer(_NO_TABLE.sub("''", statement)))
    tables = tuple(dict.fromkeys(place for place in found if place[1].lower() not in here))
    return Need(tables=tables, columns=(column,) if column and len(tables) == 1 else ())


def grant(flavour: Flavour, missing: Need, account: str) -> str:
    """The statements to run, one a line, or nothing where no GRANT helps; `account` as the server calls it."""
    if not account:
        return ""
    if missing.what == "tables":
        return "\n".join(select(flavour.family, place, missing.columns, account) for place in missing.tables)
    if flavour.family == "postgresql":
        return f"GRANT pg_monitor TO {grantee(flavour.family, account)};"
    right = {"replica status": _replica_status, "binary log": _binary_log, "processes": _processes}[missing.what]
    return f"GRANT {right(flavour)} ON *.* TO {grantee(flavour.family, account)};"


def _replica_status(flavour: Flavour) -> str:
    """MariaDB stores REPLICATION CLIENT as BINLOG MONITOR since 10.5.2, which does not show a replica's status."""
    if flavour.product != "MariaDB" or not flavour.since(10, 5, 2):
        return "REPLICATION CLIENT"
    return "REPLICA MONITOR" if flavour.since(10, 5, 9) else "REPLICATION SLAVE ADMIN"


def _binary_log(flavour: Flavour) -> str:
    return "BINLOG MONITOR" if flavour.product == "MariaDB" and flavour.since(10, 5, 2) else "REPLICATION CLIENT"


def _processes(_flavour: Flavour) -> str:
    return "PROCESS"


def select(family: str, place: Place, columns: Iterable[str], account: str) -> str:
    """The statement by which the account may read these columns of this table; all of them where none is named."""
    listed = ", ".join(_quoted(family, each) for each in dict.fromkeys(columns))
    only = f" ({listed})" if listed else ""
    where = ".".join(_quoted(family, each) for each in place)
    return f"GRANT SELECT{only} ON {where} TO {grantee(family, account)};"


def grantee(family: str, account: str) -> str:
    """The account as a GRANT names it: `o@10.%` of MySQL is 'o'@'10.%'."""
    if family != "mysql":
        return _quoted(family, account)
    user, _, host = account.rpartition("@")
    return "@".join("'" + each.replace("\\", "\\\\").replace("'", "''") + "'" for each in (user, host))


def writing(grants: Iterable[str]) -> tuple[str, ...]:
    """Of the lines of SHOW GRANTS, the rights that are more than reading.

    `GRANT SELECT (a, b), INSERT ON …`: the rights stand before ON; what follows may hold a password's hash.
    """
    heads = [line.partition(" ON ")[0].removeprefix("GRANT ") for line in grants if " ON " in line]
    rights = (each.strip().upper() for head in heads for each in re.sub(r"\([^)]*\)", "", head).split(","))
    return tuple(dict.fromkeys(right for right in rights if right not in READS))


def granted_roles(grants: Iterable[str]) -> str:
    """The roles among the lines of SHOW GRANTS, as the server writes them: "`a`@`%`,`b`@`%`", or nothing."""
    found = (re.match(r"GRANT ((?:[`'][^`']*[`']@[`'][^`']*[`'],?)+) TO ", line) for line in grants)
    return ",".join(each[1] for each in found if each)


def _quoted(family: str, name: str) -> str:
    quote = "`" if family == "mysql" else '"'
    return quote + name.replace(quote, quote * 2) + quote
