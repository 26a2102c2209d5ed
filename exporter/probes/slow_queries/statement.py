"""A statement as statistics know it: its shape, the tables that it names, and what it has cost so far."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from exporter import masking
from exporter.text import ELLIPSIS, one_line

_TEXT = 400
_NAME = r"(?:[`\w$]+\s*\.\s*)?`?([^\s`(),;.?]+)"
_READ = re.compile(rf"\b(?:from|join|update)\s+(?:(?:low_priority|ignore)\s+)*{_NAME}", re.IGNORECASE)
_FIRST = re.compile(rf"\s*{_NAME}")
_INTO = re.compile(rf"\binto\s+{_NAME}", re.IGNORECASE)
_COMMA = re.compile(
    r"\b(?:from|update)\s+([`\w$.\s]+,[`\w$.\s,]+?)(?=\bwhere\b|\bon\b|\border\b|\bgroup\b|\blimit\b|\bset\b|$)",
    re.IGNORECASE,
)
_PASSING = re.compile(
    r"[\s(]*(?:explain|desc(?:ribe)?|set|show|use|kill|analyze|begin|rollback)\b"
    r"|\s*select\s+(?:\?|@@\s*`?\w+`?|`?(?:version|schema|database|connection_id|user)`?\s*\(\s*\))\s*$"  # log-in
    r"|.*\bfrom\s+`?(?:information_schema|performance_schema|sys)`?\s*\.",
    re.IGNORECASE | re.DOTALL,
)
_BACKUP = re.compile(r"\s*select\s+(?:/\*!\d+\s*)?sql_no_cache\b", re.IGNORECASE)
"""What mysqldump and mariadb-dump write, and hardly anybody else."""


class Cost(NamedTuple):
    """`picoseconds` as the server counts them; `unindexed` and `scans` are some of the `runs`."""

    runs: int = 0
    picoseconds: int = 0
    examined: int = 0
    sent: int = 0
    unindexed: int = 0
    scans: int = 0

    @property
    def seconds(self) -> float:
        return self.picoseconds / 1e12

    @property
    def average(self) -> float:
        """Seconds for each execution."""
        return self.seconds / self.runs if self.runs else 0.0

    def less(self, before: Cost) -> Cost | None:
        """What came since; None when a counter fell, so that it was reset."""
        since = Cost(*(now - then for now, then in zip(self, before, strict=True)))
        return None if min(since) < 0 else since


@dataclass(frozen=True, slots=True)
class Shape:
    """`text` is masked; `reads` are tables without their schema, `table` the first of them, or what it writes into.

    `note` is what else is known: "p95 1.2s".
    """

    digest: str
    schema: str
    text: str
    table: str
    reads: frozenset[str]
    note: str = ""

    @classmethod
    def of(cls, digest: str, schema: str | None, text: str, note: str = "") -> Shape:
        return cls(digest[:16], schema or "none", *_parsed(text), note)

    @property
    def key(self) -> str:
        return f"{self.schema}/{self.digest}"

    @property
    def selects(self) -> bool:
        return self.text.lstrip("( ").upper().startswith(("SELECT", "WITH"))


def passing(text: str) -> bool:
    """Statements about the session or the server, and those of backups: no work that an order waits for."""
    return _PASSING.match(text) is not None or backup(text)


def backup(text: str) -> bool:
    """It reads whole tables for minutes, each night, and is meant to."""
    return _BACKUP.match(text) is not None


@lru_cache(maxsize=600)
def _parsed(text: str) -> tuple[str, str, frozenset[str]]:
    """Its masked text, its table and what it reads; the same statements come in every run."""
    masked = masking.statement(text)
    reads = _reads(masked)
    into = _INTO.search(masked)
    table = next(iter([*reads, *([into[1]] if into else [])]), "")
    # Cut by letters first: to cut by what the eye sees costs more than all the rest.
    shown = one_line(masked[:_TEXT]) + (ELLIPSIS if len(masked) > _TEXT else "")
    return shown, one_line(table[:64]), frozenset(name.lower() for name in reads)


def _reads(text: str) -> list[str]:
    found = [match[1] for match in _READ.finditer(text)]
    for match in _COMMA.finditer(text):
        found += [name[1] for part in match[1].split(",") if (name := _FIRST.match(part))]
    return list(dict.fromkeys(found))


def took(seconds: float) -> str:
    """As people say it: 12 ms, 1.24 s."""
    return f"{seconds:,.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"
