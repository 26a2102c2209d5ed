"""Evaluates PromQL over samples in memory, as Prometheus would at the same instant.

What it cannot evaluate it refuses before anything is evaluated.
"""

from __future__ import annotations

from exporter.promql.compiler import Expression, compiled
from exporter.promql.history import History
from exporter.promql.looks import LOOKBACK
from exporter.promql.selectors import Selector
from exporter.promql.tracks import STALE, is_stale
from exporter.promql.vector import (
    NEWEST,
    EvaluationError,
    Instant,
    PromqlError,
    Source,
    Value,
    Version,
    filled,
    nameless,
)

__all__ = [
    "LOOKBACK",
    "STALE",
    "EvaluationError",
    "Expression",
    "History",
    "Instant",
    "PromqlError",
    "Selector",
    "Source",
    "Value",
    "Version",
    "check",
    "compiled",
    "evaluate",
    "filled",
    "is_stale",
    "nameless",
]


def evaluate(expr: str, history: Source, at: float, version: Version = NEWEST) -> list[Value] | float | str:
    """What the expression is at the instant `at` (Unix seconds): a vector, a number, or a text that is written so.

    Raises `PromqlError` when it cannot be evaluated at all, `EvaluationError` when these samples do not match up.
    """
    result: list[Value] | float | str = compiled(expr, version).run(Instant(history, at))
    return result


def check(expr: str) -> list[str]:
    """Why the expression cannot be evaluated here; empty when it can."""
    try:
        compiled(expr)
    except PromqlError as error:
        return list(error.reasons)
    return []
