"""Weak spots that stand: in the shape of a table, and in how its database is set up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Finding = Literal[
    "redundant_index", "too_many_indexes", "range_first_index", "float_money", "open_phone", "auto_increment_limit",
    "join_mismatch", "unguarded_stock_update", "zone_tables_missing", "server_zone", "dirty_reads",
]  # fmt: skip
FINDINGS: tuple[Finding, ...] = get_args(Finding)

DATABASE = "database"
"""The table of findings that are about a database as a whole."""


@dataclass(frozen=True, slots=True)
class Found:
    """One weak spot: `name` is a table, a column, an index or a digest; `note` says it in signs or in SQL."""

    name: str
    note: str = ""


class Findings(dict[tuple[str, Finding], list[Found]]):
    """By table and finding; an entry without anything found is known to be fine."""

    def say(self, table: str, finding: Finding, found: Iterable[Found] = ()) -> None:
        self.setdefault((table, finding), []).extend(found)

    def without(self, skipped: Iterable[str]) -> Mapping[tuple[str, Finding], list[Found]]:
        left_out = frozenset(skipped)
        return {key: found for key, found in self.items() if key[1] not in left_out}
