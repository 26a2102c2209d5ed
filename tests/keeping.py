"""Which labels an expression's result has for certain, told from its text and the labels of the metrics."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import promql_parser as tree

Labels = frozenset[str]
NONE: Labels = frozenset()


def kept(expr: object, metrics: Mapping[str, Labels]) -> Labels:
    """Of a parsed expression; a metric that is not in `metrics` is a KeyError."""
    found = NONE  # of a number or a text
    match expr:
        case tree.VectorSelector():
            found = metrics[expr.name]
        case tree.MatrixSelector():
            found = kept(expr.vector_selector, metrics)
        case tree.SubqueryExpr() | tree.ParenExpr() | tree.UnaryExpr():
            found = kept(expr.expr, metrics)
        case tree.AggregateExpr():
            found = _aggregated(expr, kept(expr.expr, metrics))
        case tree.BinaryExpr():
            found = _combined(expr, kept(expr.lhs, metrics), kept(expr.rhs, metrics))
        case tree.Call():
            found = _called(expr, metrics)
    return found


def _aggregated(expr: tree.AggregateExpr, inner: Labels) -> Labels:
    modifier = expr.modifier
    if str(expr.op) in ("topk", "bottomk"):
        return inner
    if modifier is None:
        return NONE
    return inner.difference(modifier.labels) if "Without" in str(modifier.type) else inner.intersection(modifier.labels)


def _combined(expr: tree.BinaryExpr, left: Labels, right: Labels) -> Labels:
    if _number(expr.lhs) or _number(expr.rhs):
        return left | right
    if str(expr.op) in ("and", "unless", "or"):
        return left & right if str(expr.op) == "or" else left
    cardinality = str(expr.modifier.card) if expr.modifier else ""
    for name, side in (("ManyToOne", left), ("OneToMany", right)):
        if name in cardinality:
            return side.union(expr.modifier.group_labels)
    matching = expr.modifier.matching if expr.modifier else None
    if matching is None:
        return left
    ignoring = str(matching).startswith("ignoring")
    return left.difference(matching.labels) if ignoring else left.intersection(matching.labels)


def _number(expr: object) -> bool:
    called = isinstance(expr, tree.Call) and expr.func.name in ("time", "scalar")
    return called or isinstance(expr, tree.NumberLiteral)


def _called(expr: tree.Call, metrics: Mapping[str, Labels]) -> Labels:
    name, arguments = expr.func.name, expr.args
    if name in ("absent", "absent_over_time", "vector", "scalar", "time"):
        return NONE
    inner = reduce(frozenset.union, (frozenset(kept(each, metrics)) for each in arguments), NONE)
    if name in ("label_replace", "label_join"):
        return inner | {arguments[1].val}
    return inner - {"le"} if name == "histogram_quantile" else inner
