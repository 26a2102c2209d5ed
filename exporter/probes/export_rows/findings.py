"""What may be wrong with an exported file, each fault by the name that stands in labels and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from exporter.probes.export_rows.nouns import Fen

Finding = Literal[
    "truncated",
    "replica",
    "time_zone",
    "boundary",
    "repeated",
    "unknown_orders",
    "numbers_damaged",
    "numbers_missing",
    "amount_unit",
    "amount_rate",
    "amount_column",
    "amount_float",
    "amount_scale",
    "amount_scientific",
    "amount_unreadable",
    "float_column",
]

FINDINGS: tuple[Finding, ...] = get_args(Finding)


@dataclass(frozen=True, slots=True)
class Found:
    """`count` is how many rows or orders it concerns, of the sample where only that was looked at.

    `ref` and `note` say what it was seen by: an order number or a figure, and amounts.
    """

    count: int
    seen: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """`difference` is the file's sum less the primary's, in fen; None while orders change or a side has no amounts."""

    missing: int = 0
    extra: int = 0
    difference: Fen | None = None
    found: Mapping[Finding, Found] = field(default_factory=dict)
