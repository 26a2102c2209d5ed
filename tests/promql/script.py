"""Prometheus' own test scripts: `load`, `clear` and `eval instant`, with what they expect."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import promql_parser

from exporter.promql import STALE, EvaluationError, History, PromqlError, Version, compiled, evaluate
from exporter.units import seconds

_EVAL = re.compile(r"eval(?:_(?P<kind>fail|ordered))?\s+instant\s+(?:at\s+(?P<at>\S+)\s+)?(?P<expr>.*)")
_SERIES = re.compile(r"(?P<metric>[^{}\s]*(?:\{(?:[^\"}]|\"(?:\\.|[^\"\\])*\")*\})?)\s+(?P<values>.*)")
_RUN = re.compile(r"(?P<first>[^x]+?)(?:(?P<sign>[+-])(?P<step>[\d.]+(?:e[+-]?\d+)?))?x(?P<times>\d+)", re.IGNORECASE)

Labels = frozenset[tuple[str, str]]


@dataclass
class Case:
    """One `eval`: the history it is evaluated over, and what comes of it (`fails`: an error)."""

    place: str
    expr: str
    at: float
    history: History
    fails: bool = False
    ordered: bool = False
    vector: list[tuple[Labels, float]] = field(default_factory=list)
    scalar: float | None = None

    def refused(self, version: Version) -> tuple[str, ...]:
        """Why the expression cannot be evaluated here at all."""
        try:
            compiled(self.expr, version)
        except PromqlError as error:
            return error.reasons
        return ()

    def fault(self, version: Version) -> str:
        """How the result differs from what is expected; empty when it does not."""
        try:
            result = evaluate(self.expr, self.history, self.at, version)
        except EvaluationError as error:
            return "" if self.fails else f"{self.place}: {self.expr}: {error}"
        if self.fails:
            return f"{self.place}: {self.expr}: should be an error, and is {result}"
        if not isinstance(result, list):
            expected = self.scalar if self.scalar is not None else math.nan
            return "" if close(result, expected) else f"{self.place}: {self.expr}: {result}, not {expected}"
        found = [(frozenset(each.labels.items()), each.value) for each in result]
        same = [labels for labels, _ in found] == [labels for labels, _ in self.vector]
        there = dict(self.vector)
        alike = dict(found).keys() == there.keys() and len(found) == len(there)
        if alike and (same or not self.ordered) and all(close(value, there[labels]) for labels, value in found):
            return ""
        return f"{self.place}: {self.expr}:\n  {found}\n  not {self.vector}"


def close(left: float, right: float) -> bool:
    """As nearly equal as the suite itself asks."""
    return (math.isnan(left) and math.isnan(right)) or math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-300)


def cases(path: Path) -> Iterator[Case]:
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    lines = ["" if line.startswith("#") else line for line in lines]
    history, number = History(), 0
    while number < len(lines):
        line, start = lines[number], number
        number += 1
        if not line:
            continue
        block = []
        while number < len(lines) and lines[number] and not lines[number].startswith(("eval", "load", "clear")):
            block.append(lines[number])
            number += 1
        word = line.split()[0]
        if word == "clear":
            history = History()
        elif word == "load":
            history = _loaded(history, seconds(line.split()[1]), block)
        else:
            yield _case(f"{path.name}:{start + 1}", line, block, history)


def _loaded(before: History, step: float, block: list[str]) -> History:
    """The history with more series; earlier ones stay as they are."""
    for line in block:
        labels, values = _series(line)
        for n, value in enumerate(values):
            if value is not None:
                before.append(labels, n * step, value)
    return before


def _case(place: str, line: str, block: list[str], history: History) -> Case:
    found = _EVAL.fullmatch(line)
    assert found, f"{place}: {line}"
    case = Case(place, found["expr"], seconds(found["at"] or "0s"), history)
    case.fails, case.ordered = found["kind"] == "fail", found["kind"] == "ordered"
    for each in block:
        try:
            case.scalar = number(each)
        except ValueError:
            labels, values = _series(each)
            case.vector.append((frozenset(labels.items()), values[0]))
    return case


def _series(line: str) -> tuple[dict[str, str], list[float | None]]:
    found = _SERIES.fullmatch(line)
    assert found, line
    labels = {}
    if found["metric"] != "{}":
        selector = promql_parser.parse(found["metric"])
        labels = {each.name: each.value for each in selector.matchers.matchers}
        labels |= {"__name__": selector.name} if selector.name else {}
    return labels, list(_values(found["values"]))


def _values(notation: str) -> Iterator[float | None]:
    for word in notation.split():
        run = _RUN.fullmatch(word)
        if word in ("_", "stale"):
            yield STALE if word == "stale" else None
        elif run and run["first"] == "_":
            yield from [None] * int(run["times"])
        elif run:
            step = float((run["sign"] or "+") + (run["step"] or "0"))
            yield from (number(run["first"]) + n * step for n in range(int(run["times"]) + 1))
        else:
            yield number(word)


def number(text: str) -> float:
    if text.lower().lstrip("+-").startswith("0x"):
        return float(int(text, 16))
    if re.fullmatch(r"[+-]?0\d+", text):
        return float(int(text, 8))
    return float(text)
