"""Evaluates PromQL over samples in memory, as Prometheus would at the same instant.

What it cannot evaluate (ranges, subqueries, offsets and some functions) it refuses before anything is evaluated.
"""

from __future__ import annotations

from exporter.promql.compiler import Expression, compiled
from exporter.promql.selectors import Selector
from exporter.promql.vector import EvaluationError, Instant, PromqlError, Samples, Value, filled, nameless

__all__ = [
    "EvaluationError",
    "Expression",
    "Instant",
    "PromqlError",
    "Samples",
    "Selector",
    "Value",
    "check",
    "compiled",
    "evaluate",
    "filled",
    "nameless",
]


def evaluate(expr: str, samples: Samples, at: float) -> list[Value] | float | str:
    """What the expression is at the instant `at` (Unix seconds).

    Raises `PromqlError` when it cannot be evaluated at all, `EvaluationError` when these samples do not match up.
    """
    result: list[Value] | float | str = compiled(expr).run(Instant(samples, at))
    return result


def check(expr: str) -> list[str]:
    """Why the expression cannot be evaluated here; empty when it can."""
    try:
        compiled(expr)
    except PromqlError as error:
        return list(error.reasons)
    return []
