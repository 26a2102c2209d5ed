"""Makes the node of each part of a parsed expression, and notes what the expression reads and how far back."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any, NoReturn

import promql_parser as tree

from exporter.promql.aggregation import Grouping, aggregations
from exporter.promql.calls import Argument
from exporter.promql.functions import functions
from exporter.promql.looks import LOOKBACK, STEP, Look, Moment, Range, Subquery
from exporter.promql.matching import OPERATORS, SET_OPERATORS, Matching, Operation, binary, combined
from exporter.promql.numbers import COMPARISON
from exporter.promql.selectors import Matcher, Operator, Selector
from exporter.promql.vector import Instant, Node, PromqlError, Value, Version, mapped

_MATCHES: dict[str, Operator] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


def _refused(now: Instant) -> NoReturn:
    raise PromqlError([f"refused before it was evaluated at {now.at}"])


class Builder:
    """Of one expression; after `whole` its fields say what `Expression` tells."""

    def __init__(self, version: Version) -> None:
        self.reasons: list[str] = []
        self.selectors: list[Selector] = []
        self.timeless = True
        self.horizon = 0.0
        self.past: dict[str | None, float] = {}
        self._version = version
        self._back = 0.0  # seconds between the whole expression's time and the part's
        self._functions, self._aggregations = functions(version), aggregations(version)
        self._kinds = {
            tree.NumberLiteral: self._literal,
            tree.StringLiteral: self._literal,
            tree.ParenExpr: lambda part: self.node(part.expr),
            tree.UnaryExpr: self._negated,
            tree.VectorSelector: self._look,
            tree.MatrixSelector: self._range,
            tree.SubqueryExpr: self._subquery,
            tree.BinaryExpr: self._binary,
            tree.AggregateExpr: self._aggregate,
            tree.Call: self._call,
        }

    def whole(self, part: Any) -> Node:
        """The node of the whole expression, which is a vector, a number or a text."""
        if isinstance(_bare(part), tree.MatrixSelector | tree.SubqueryExpr):
            return self._refuse(f"{part.prettify()!r} is a range, and a result has one value for each series")
        return self.node(part)

    def node(self, part: Any) -> Node:
        build = self._kinds.get(type(part))
        return build(part) if build else self._refuse(f"{part.prettify()!r} is not evaluated here")

    def measured(self, part: Any) -> Node:
        """The same before its outermost comparison."""
        part = _bare(part)
        sign = str(part.op) if isinstance(part, tree.BinaryExpr) else ""
        if sign in ("and", "unless"):
            return self.measured(part.lhs)
        if sign not in COMPARISON or (part.modifier and part.modifier.return_bool):
            return self.whole(part)
        left, right = self.node(part.lhs), self.node(part.rhs)
        return lambda now: result if isinstance(result := left(now), list) else right(now)

    def _refuse(self, reason: str) -> Node:
        self.reasons.append(reason)
        return _refused

    def _literal(self, part: Any) -> Node:
        literal = part.val
        return lambda _: literal

    def _negated(self, part: tree.UnaryExpr) -> Node:
        inner = self.node(part.expr)

        def run(now: Instant) -> float | list[Value]:
            result = inner(now)
            return mapped(result, lambda value: -value) if isinstance(result, list) else -float(result)

        return run

    def _look(self, part: tree.VectorSelector) -> Node:
        moment, back = self._moment(part)
        selector = self._selector(part, back, LOOKBACK, plain=back == 0 and not moment.moved)
        return Look(selector, moment, self._version) if selector else _refused

    def _range(self, part: Any) -> Node:
        moment, back = self._moment(part.vector_selector)
        selector = self._selector(part.vector_selector, back, part.range.total_seconds())
        return Range(selector, moment, _ms(part.range), self._version) if selector else _refused

    def _subquery(self, part: Any) -> Node:
        moment, back = self._moment(part)
        outside, self._back = self._back, back + part.range.total_seconds()
        inner = self.node(part.expr)
        self._back = outside
        self.timeless = False
        step = _ms(part.step) if part.step else round(STEP * 1000)
        return Subquery(inner, moment, _ms(part.range), step, self._version)

    def _moment(self, part: Any) -> tuple[Moment, float]:
        """Which time the part's offset and `@` mean, and how many seconds that lies before the whole expression's."""
        offset, at = part.offset or timedelta(), part.at
        if at is None:
            return Moment(_ms(offset)), self._back + offset.total_seconds()
        if at.at is None:
            return Moment(_ms(offset), whole=True), offset.total_seconds()
        return Moment(_ms(offset), at.at.timestamp()), math.inf

    def _selector(
        self, part: tree.VectorSelector, back: float, length: float, *, plain: bool = False
    ) -> Selector | None:
        if part.matchers.or_matchers:
            self._refuse(f"{part.prettify()!r} joins matchers by `or`; write several selectors joined by `or`")
            return None
        try:
            matchers = [(each.name, _MATCHES[str(each.op)], each.value) for each in part.matchers.matchers]
            selector = Selector.of(part.name, [Matcher.of(*each, self._version) for each in matchers])
        except ValueError as error:
            self._refuse(str(error))
            return None
        self.selectors.append(selector)
        self.timeless = self.timeless and plain
        reach = max(back + length, 0.0)
        self.horizon = max(self.horizon, reach)
        self.past[selector.name] = max(self.past.get(selector.name, 0.0), 0.0 if plain else reach)
        return selector

    def _binary(self, part: tree.BinaryExpr) -> Node:
        left, right, sign = self.node(part.lhs), self.node(part.rhs), str(part.op)
        if sign not in OPERATORS:
            return self._refuse(f"{part.prettify()!r} uses the operator {sign}, which is not evaluated here")
        modifier = part.modifier
        if modifier and modifier.fill_values and (modifier.fill_values.lhs, modifier.fill_values.rhs) != (None, None):
            return self._refuse(f"{part.prettify()!r} uses `fill`, which is not evaluated here; write `or`")
        matching = Matching.of(modifier)
        if sign in SET_OPERATORS:
            return combined(sign, matching, left, right)
        operation = Operation(sign, bool(modifier and modifier.return_bool))
        return binary(operation, matching, left, right, self._version)

    def _aggregate(self, part: tree.AggregateExpr) -> Node:
        operation = str(part.op)
        if operation not in self._aggregations:
            return self._refuse(f"{part.prettify()!r} uses the aggregation {operation}, which is not evaluated here")
        modifier = part.modifier
        without = modifier is not None and str(modifier.type).endswith("Without")
        grouping = Grouping(frozenset(modifier.labels if modifier else ()), without)
        parameter = self.node(part.param) if part.param is not None else _refused
        return self._aggregations[operation](grouping, self.node(part.expr), parameter)

    def _call(self, part: tree.Call) -> Node:
        name = part.func.name
        if name not in self._functions:
            return self._refuse(f"{part.prettify()!r} uses the function {name}, which is not evaluated here")
        self.timeless = self.timeless and name not in ("time", "timestamp") and bool(part.args)
        already = len(self.reasons)
        arguments = [self._argument(each) for each in part.args]
        if len(self.reasons) > already:
            return _refused
        try:
            return self._functions[name](arguments)
        except ValueError as error:
            return self._refuse(str(error))

    def _argument(self, part: Any) -> Argument:
        run, bare = self.node(part), _bare(part)
        return Argument(
            run,
            run.selector if isinstance(run, Look | Range) and bare is part else None,
            bare.val if isinstance(bare, tree.StringLiteral) else "",
            isinstance(run, Range | Subquery),
        )


def _bare(part: Any) -> Any:
    while isinstance(part, tree.ParenExpr):
        part = part.expr
    return part


def _ms(length: timedelta) -> int:
    return round(length.total_seconds() * 1000)
