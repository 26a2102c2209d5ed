"""What a plan is made of: steps that may be run, and doubts that a person must decide."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Payment:
    """Somebody says that this trade number was paid; `amount` is in minor units, `source` is who says so."""

    trade_no: str
    at: datetime
    transaction: str | None = None
    amount: Decimal | int | None = None
    currency: str | None = None
    channel: str | None = None
    source: str = "callbacks"


@dataclass(frozen=True, slots=True)
class Question:
    """How many rows are still at fault, 0 when all is well: SQL before and after the list of their keys."""

    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One case: the SQL that ends it on this database ("" is the shop's own), and how many `rows` that changes.

    `evidence` is a line in the language of the plan, not yet escaped; `since` puts the steps into their order. `key`:
    that of its row, as SQL, for the `question` that is asked afterwards.
    """

    database: str
    evidence: str
    sql: str
    since: datetime
    key: str
    question: Question
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Doubt:
    """A case that is not repaired: `why` and `evidence` are lines in the language of the plan, not yet escaped."""

    evidence: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """`notes`: what whoever runs the plan must know of it as a whole."""

    steps: tuple[Step, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    notes: tuple[str, ...] = ()
