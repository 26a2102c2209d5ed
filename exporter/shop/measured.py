"""A SELECT as it was measured, and what its plan says about the tables that it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.database.select import Select
    from exporter.model import Step


@dataclass(frozen=True, slots=True)
class Measured:
    """`ended`: at the limit, so that it takes longer than `seconds`.

    `scans` are the tables that it reads from end to end; None where the plan cannot be understood.
    """

    seconds: float
    rows: int
    ended: bool
    scans: tuple[str, ...] | None


def whole_reads(plan: Sequence[Step], select: Select, sizes: Mapping[str, int], small: int) -> tuple[str, ...] | None:
    """The tables of more than `small` rows that the plan reads from end to end, named as the plan names them.

    Along an index and without a condition, a SELECT stops at its LIMIT.
    """
    if any(step.table == "?" for step in plan):
        return None
    filters = any(token.kind == "word" and token.said == "where" for token in select.tokens)
    whole = ("ALL", "index") if filters else ("ALL",)
    # An alias is not in the catalogue: then the largest table that it can stand for counts.
    largest = max(sizes.values(), default=0)
    return tuple(
        step.table
        for step in plan
        if step.access in whole
        and not step.table.startswith("<")
        and max(step.rows, sizes.get(step.table, largest)) > small
    )
