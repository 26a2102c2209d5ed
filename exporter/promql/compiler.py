"""From text to a tree of closures, once per expression; every reason against it is collected."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

import promql_parser as tree

from exporter.promql.aggregation import AGGREGATIONS, Grouping, aggregate
from exporter.promql.functions import FUNCTIONS, Argument
from exporter.promql.matching import OPERATORS, SET_OPERATORS, Matching, Operation, binary, combined
from exporter.promql.numbers import COMPARISON
from exporter.promql.selectors import Matcher, Operator, Selector
from exporter.promql.vector import Instant, Node, PromqlError, Value, nameless, unique

_MATCHES: dict[str, Operator] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


# The parser is recursive, and some 4,000 levels would end the process; a level takes at least 2 characters.
LONGEST = 5_000
_LONGEST_SEARCHED = 2_000


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, and the series it reads.

    `measured` is the same before its outermost comparison: what is compared, also while it does not hold.
    `timeless`: the same series always give the same result.
    """

    text: str
    run: Node
    measured: Node
    selectors: tuple[Selector, ...]
    timeless: bool


@cache
def compiled(text: str) -> Expression:
    """Raises `PromqlError` with every reason why the text cannot be evaluated."""
    if len(text) > LONGEST:
        raise PromqlError([f"is longer than {LONGEST} characters; write several rules instead"])
    try:
        parsed = tree.parse(text)
    except ValueError as error:
        raise PromqlError([f"is not PromQL{_after(text, str(error))}: {error}"]) from error
    compiler = _Compiler()
    try:
        run, measured = compiler.node(parsed), compiler.measured(parsed)
    except RecursionError:
        raise PromqlError(["is nested too deep; write several rules instead"]) from None
    if compiler.reasons:
        raise PromqlError(dict.fromkeys(compiler.reasons))
    return Expression(text, run, measured, tuple(dict.fromkeys(compiler.selectors)), compiler.timeless)


def _after(text: str, error: str) -> str:
    """Where it goes wrong, if the parser does not say so: behind the longest beginning that could stand alone."""
    if error != "invalid promql query":
        return ""
    for end in range(min(len(text), _LONGEST_SEARCHED) - 1, 0, -1):
        with suppress(ValueError):
            tree.parse(text[:end])
            return f" after {text[max(0, end - 30) : end].strip()!r}"
    return " from the start"


def _refused(now: Instant) -> NoReturn:
    raise PromqlError([f"refused before it was evaluated at {now.at}"])


class _Compiler:
    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.selectors: list[Selector] = []
        self.timeless = True
        self._kinds = {
            tree.NumberLiteral: self._literal,
            tree.StringLiteral: self._literal,
            tree.ParenExpr: lambda part: self.node(part.expr),
            tree.UnaryExpr: self._negated,
            tree.VectorSelector: self._selected,
            tree.BinaryExpr: self._binary,
            tree.AggregateExpr: self._aggregate,
            tree.Call: self._call,
        }

    def node(self, part: Any) -> Node:
        build = self._kinds.get(type(part))
        return build(part) if build else self._refuse(f"{part.prettify()!r} looks back in time (a range)")

    def measured(self, part: Any) -> Node:
        if isinstance(part, tree.ParenExpr):
            return self.measured(part.expr)
        sign = str(part.op) if isinstance(part, tree.BinaryExpr) else ""
        if sign in ("and", "unless"):
            return self.measured(part.lhs)
        if sign not in COMPARISON or (part.modifier and part.modifier.return_bool):
            return self.node(part)
        left, right = self.node(part.lhs), self.node(part.rhs)

        def run(now: Instant) -> list[Value]:
            result = left(now)
            values: list[Value] = result if isinstance(result, list) else right(now)
            return values

        return run

    def _refuse(self, reason: str) -> Node:
        self.reasons.append(f"{reason}, which is not evaluated here; write it with instant values")
        return _refused

    def _literal(self, part: Any) -> Node:
        literal = part.val
        return lambda _: literal

    def _negated(self, part: tree.UnaryExpr) -> Node:
        inner = self.node(part.expr)

        def run(now: Instant) -> float | list[Value]:
            result = inner(now)
            if isinstance(result, list):
                return unique([Value(nameless(each.labels), -each.value) for each in result])
            return -float(result)

        return run

    def _selected(self, part: tree.VectorSelector) -> Node:
        if part.offset is not None or part.at is not None:
            return self._refuse(f"{part.prettify()!r} looks at another time (offset or @)")
        if part.matchers.or_matchers:
            return self._refuse(f"{part.prettify()!r} joins matchers by `or`")
        try:
            matchers = [Matcher.of(each.name, _MATCHES[str(each.op)], each.value) for each in part.matchers.matchers]
        except ValueError as error:
            self.reasons.append(str(error))
            return _refused
        selector = Selector.of(part.name, matchers)
        self.selectors.append(selector)
        return selector

    def _binary(self, part: tree.BinaryExpr) -> Node:
        left, right, sign = self.node(part.lhs), self.node(part.rhs), str(part.op)
        if sign not in OPERATORS:
            return self._refuse(f"{part.prettify()!r} uses the operator {sign}")
        modifier = part.modifier
        if modifier and modifier.fill_values and (modifier.fill_values.lhs, modifier.fill_values.rhs) != (None, None):
            return self._refuse(f"{part.prettify()!r} uses `fill`")
        matching = _matching(modifier)
        if sign in SET_OPERATORS:
            return combined(sign, matching, left, right)
        return binary(Operation(sign, bool(modifier and modifier.return_bool)), matching, left, right)

    def _aggregate(self, part: tree.AggregateExpr) -> Node:
        operation = str(part.op)
        if operation not in AGGREGATIONS:
            return self._refuse(f"{part.prettify()!r} uses the aggregation {operation}")
        modifier = part.modifier
        without = modifier is not None and str(modifier.type).endswith("Without")
        return aggregate(
            operation, Grouping(frozenset(modifier.labels if modifier else ()), without), self.node(part.expr)
        )

    def _call(self, part: tree.Call) -> Node:
        name = part.func.name
        if name not in FUNCTIONS:
            return self._refuse(f"{part.prettify()!r} uses the function {name}")
        self.timeless = self.timeless and name != "time"
        return FUNCTIONS[name]([self._argument(each) for each in part.args])

    def _argument(self, part: Any) -> Argument:
        run = self.node(part)
        return Argument(run, run if isinstance(run, Selector) and isinstance(part, tree.VectorSelector) else None)


def _matching(modifier: tree.BinModifier | None) -> Matching:
    if modifier is None:
        return Matching()
    many = {"ManyToOne": "left", "OneToMany": "right"}.get(str(modifier.card).rpartition(".")[2], "")
    include: Sequence[str] = modifier.group_labels or ()
    if modifier.matching is None:
        return Matching(many=many, include=tuple(include))
    on = str(modifier.matching.type).endswith("Include")
    return Matching(on, tuple(modifier.matching.labels), many, tuple(include))
