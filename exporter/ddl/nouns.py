"""The nouns of a judgement: statements of a file, the changes they ask for, and what is found about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from exporter.database.shape import IndexShape

Severity = Literal["block", "warn", "note"]


@dataclass(frozen=True, slots=True)
class Statement:
    """`text` without its delimiter; `allowed`: rule → reason, as comments beside it say. Lines and columns from 1."""

    text: str
    line: int
    column: int
    allowed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a place of the file cannot be judged at all."""

    line: int
    column: int
    text: str


class UnreadableError(ValueError):
    """A statement that is not understood; `offset`: where in its text."""

    def __init__(self, text: str, offset: int = 0) -> None:
        super().__init__(text)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Name:
    """A table as a statement names it; `schema` is "" where it names none."""

    table: str
    schema: str = ""

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table


@dataclass(frozen=True, slots=True)
class ColumnDef:
    """A column as a migration defines it: `type` as the servers write it; None where nothing is said."""

    name: str
    type: str
    nullable: bool = True
    default: bool = False
    charset: str = ""
    collation: str = ""
    auto: bool = False
    generated: str = ""
    """`stored` or `virtual` for a computed column."""
    after: str | None = None
    """The column it is put behind; "" is FIRST, None is where it stands (or the end)."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a statement asks of one table. `kind` names it; the other fields are those that the kind needs.

    Tables: create drop rename truncate convert(charset, collation) charset rebuild engine(to) option partition order
    write(where) insert. Columns: add-column modify rename-column(to) drop-column default not-null null.
    Indexes: add-index drop-index rename-index(to) hide-index. Keys: add-key(parent) drop-key check.
    """

    kind: str
    table: Name
    name: str = ""
    to: str = ""
    column: ColumnDef | None = None
    index: IndexShape | None = None
    parent: Name | None = None
    exists: bool = False
    """IF EXISTS or IF NOT EXISTS is written."""
    charset: str = ""
    collation: str = ""
    options: frozenset[str] = frozenset()
    """`concurrently`, `not valid`, `ignore`."""

    def __str__(self) -> str:
        return self.kind.replace("-", " ") + (f" {self.name}" if self.name else "")


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement understood. `verb` in upper case; `settings`: what a SET sets, lower case name → value."""

    statement: Statement
    verb: str
    changes: tuple[Change, ...] = ()
    algorithm: str = ""
    lock: str = ""
    wait: bool = False
    """WAIT n or NOWAIT stands in the ALTER itself (MariaDB)."""
    settings: Mapping[str, str] = field(default_factory=dict)
    schema: str = ""
    """The database of a USE."""
    objects: tuple[str, ...] = ()
    """Names of views, triggers or databases that are dropped."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`what` breaks, `who` depends on it, `instead` is what to write. `allowed`: why a comment says it may be.

    `at` is "shop" or "shop/database"; it is "" for what is wrong with the file on any shop.
    """

    rule: str
    severity: Severity
    line: int
    column: int
    what: str
    instead: str
    table: str = ""
    who: tuple[str, ...] = ()
    at: str = ""
    allowed: str | None = None

    def under(self, allowed: Mapping[str, str]) -> Finding:
        return replace(self, allowed=allowed[self.rule]) if self.rule in allowed else self

    @property
    def blocks(self) -> bool:
        return self.severity == "block" and self.allowed is None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`faults` are parts of the file that could not be judged; with any, nothing was judged."""

    file: str
    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    statements: int = 0
    notes: tuple[str, ...] = ()
    """What could not be seen of the live schema."""

    @property
    def status(self) -> int:
        """The exit status: 2 not judged, 1 blocked, 0 neither."""
        return 2 if self.faults else int(any(finding.blocks for finding in self.findings))
