"""What the account of a stand-in may do: GRANT and REVOKE change it, SHOW GRANTS tells it, statements are held to it."""

from __future__ import annotations

import re

from tests.servers.standin.tables import SYSTEM

_GRANT = re.compile(
    r"(GRANT|REVOKE)\s+(.+?)\s+ON\s+(?:TABLE\s+)?(\S+)\s+(?:TO|FROM)\s+(\S+?)\s*;?\s*$", re.IGNORECASE | re.DOTALL
)
_WORLD = ("global_variables", "session_variables", "global_status", "session_status", "variables_by_thread")
"""Tables of performance_schema that every account may read."""


class Account:
    """`rights`: (privilege, columns, place), as in `("SELECT", "(id, no)", "shop.orders")`."""

    def __init__(self, release: str, name: str = "oh", host: str = "%") -> None:
        self.name, self.host, self._quote = name, host, "'" if release == "5.7" else "`"
        self.rights: list[tuple[str, str, str]] = []

    @property
    def known_as(self) -> str:
        return f"{self.name}@{self.host}"

    def change(self, statement: str) -> str:
        """What is wrong with this GRANT or REVOKE, or nothing."""
        told = _GRANT.match(statement)
        if not told:
            return "You have an error in your SQL syntax"
        if told[4].replace("'", "").replace("`", "") != self.known_as:
            return "You are not allowed to create a user with GRANT"
        place = told[3].replace("`", "")
        for right in re.findall(r"([A-Z][A-Z_ ]*?)\s*(\([^)]*\))?\s*(?:,|$)", told[2], re.IGNORECASE):
            entry = right[0].strip().upper(), right[1].replace("`", ""), place
            if told[1].upper() == "GRANT":
                self.rights.append(entry)
            else:
                self.rights = [each for each in self.rights if (each[0], each[2]) != (entry[0], entry[2])]
        return ""

    def shown(self) -> list[str]:
        """The rows of SHOW GRANTS."""
        to = f"{self._quote}{self.name}{self._quote}@{self._quote}{self.host}{self._quote}"
        places: dict[str, list[str]] = {"*.*": []}
        for privilege, columns, place in self.rights:
            places.setdefault(place, []).append(f"{privilege} {columns}".rstrip())
        return [
            f"GRANT {', '.join(rights) or 'USAGE'} ON {_quoted(place)} TO {to}"
            for place, rights in places.items()
        ]  # fmt: skip

    def may(self, privilege: str) -> bool:
        """A global privilege."""
        return any(right in (privilege, "ALL PRIVILEGES", "ALL") and place == "*.*" for right, _, place in self.rights)

    def unreadable(self, schema: str, table: str, columns: set[str]) -> str | None:
        """None: it may read all of them. Otherwise the first column it may not, or "" for the whole table."""
        if schema.lower() == "information_schema" or (schema == "performance_schema" and table.lower() in _WORLD):
            return None
        listed: set[str] = set()
        for right, only, place in self.rights:
            if right in ("SELECT", "ALL PRIVILEGES", "ALL") and place.lower() in _places(schema, table):
                if not only:
                    return None
                listed |= {each.strip().lower() for each in only.strip("()").split(",")}
        if not listed:
            return ""
        return next((each for each in sorted(columns) if each.lower() not in listed), None)


def _places(schema: str, table: str) -> tuple[str, ...]:
    return "*.*", f"{schema}.*".lower(), f"{schema}.{table}".lower()


def _quoted(place: str) -> str:
    return ".".join(each if each == "*" else f"`{each}`" for each in place.split("."))


def reader(release: str, database: str) -> Account:
    """May read everything and change nothing: what a test gets unless it says otherwise."""
    account = Account(release)
    account.rights = [
        ("REPLICATION CLIENT", "", "*.*"), ("PROCESS", "", "*.*"),
        *(("SELECT", "", f"{each}.*") for each in (database, *SYSTEM[1:])),
    ]  # fmt: skip
    return account
