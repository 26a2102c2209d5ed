"""Binary operators: between numbers, between a vector and a number, and between vectors that match up."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import promql_parser as tree

from exporter.promql.numbers import ARITHMETIC, COMPARISON
from exporter.promql.vector import (
    NAME,
    NEWEST,
    EvaluationError,
    Instant,
    Node,
    Value,
    Version,
    mapped,
    nameless,
    several_names,
    unique,
)

SET_OPERATORS = frozenset({"and", "or", "unless"})
OPERATORS = SET_OPERATORS | set(ARITHMETIC) | set(COMPARISON)


@dataclass(frozen=True, slots=True)
class Matching:
    """How elements of two vectors find each other.

    `labels` are those of `on` or `ignoring`; `many` is the side that may have several ("left", "right" or neither),
    `include` the labels of group_left or group_right, taken from the other side.
    """

    on: bool = False
    labels: tuple[str, ...] = ()
    many: str = ""
    include: tuple[str, ...] = ()

    @classmethod
    def of(cls, modifier: tree.BinModifier | None) -> Matching:
        """What the parser read behind an operator."""
        if modifier is None:
            return cls()
        many = {"ManyToOne": "left", "OneToMany": "right"}.get(str(modifier.card).rpartition(".")[2], "")
        include = tuple(modifier.group_labels or ())
        if modifier.matching is None:
            return cls(many=many, include=include)
        on = str(modifier.matching.type).endswith("Include")
        return cls(on, tuple(modifier.matching.labels), many, include)

    def signature(self, labels: Mapping[str, str]) -> Hashable:
        if self.on:
            return tuple(labels.get(name, "") for name in self.labels)
        return frozenset(item for item in labels.items() if item[0] != NAME and item[0] not in self.labels)

    def result(self, many: Mapping[str, str], one: Mapping[str, str]) -> dict[str, str]:
        if not self.many:
            return {name: text for name, text in many.items() if (name in self.labels) is self.on}
        kept = {name: text for name, text in many.items() if name not in self.include}
        kept.update((name, one[name]) for name in self.include if name in one)
        return kept


@dataclass(frozen=True, slots=True)
class Operation:
    """One arithmetic or comparison operator; `flag` is its `bool` modifier."""

    sign: str
    flag: bool = False

    @property
    def filters(self) -> bool:
        return self.sign in COMPARISON and not self.flag

    def number(self, left: float, right: float) -> float:
        if self.sign in ARITHMETIC:
            return ARITHMETIC[self.sign](left, right)
        return float(COMPARISON[self.sign](left, right))

    def element(self, left: Value, right: Value) -> float | None:
        """The number an element gets, None when a comparison filters it out."""
        if self.filters:
            return left.value if COMPARISON[self.sign](left.value, right.value) else None
        return self.number(left.value, right.value)


def binary(operation: Operation, matching: Matching, left: Node, right: Node, version: Version) -> Node:
    def run(now: Instant) -> float | list[Value]:
        one, two = left(now), right(now)
        if isinstance(one, list):
            if isinstance(two, list):
                return _vectors(operation, matching, one, two, version)
            return _scaled(operation, one, two)
        if isinstance(two, list):
            return _scaled(operation, two, one, swapped=True)
        return operation.number(one, two)

    return run


def _scaled(operation: Operation, vector: list[Value], scalar: float, *, swapped: bool = False) -> list[Value]:
    if operation.filters:
        compare = COMPARISON[operation.sign]
        if swapped:
            return [each for each in vector if compare(scalar, each.value)]
        return [each for each in vector if compare(each.value, scalar)]
    number = operation.number
    if swapped:
        return mapped(vector, lambda value: number(scalar, value))
    return mapped(vector, lambda value: number(value, scalar))


def _vectors(
    operation: Operation, matching: Matching, left: list[Value], right: list[Value], version: Version
) -> list[Value]:
    if not left or not right:
        return []
    swapped = matching.many == "right"
    many, one = (right, left) if swapped else (left, right)
    partners = _partners(matching, one, "left" if swapped else "right")
    checked = not matching.many or bool(matching.include) or (not operation.filters and several_names(many))
    results: list[Value] = []
    taken: set[tuple[Hashable, Hashable]] = set()
    for each in many:
        signature = matching.signature(each.labels)
        partner = partners.get(signature)
        if partner is None:
            continue
        number = operation.element(*((partner, each) if swapped else (each, partner)))
        if number is None and version < NEWEST:  # 3.x looks for many matches among what a comparison drops, too
            continue
        labels = matching.result(each.labels if operation.filters else nameless(each.labels), partner.labels)
        if checked:
            _take(taken, (signature, frozenset(labels.items()) if matching.many else None))
        if number is not None:
            results.append(Value(labels, number))
    return unique(results) if checked else results


def _take(taken: set[tuple[Hashable, Hashable]], match: tuple[Hashable, Hashable]) -> None:
    if match in taken:
        raise EvaluationError(
            "multiple matches for labels: "
            + (
                "many-to-one matching must be explicit (group_left/group_right)"
                if match[1] is None
                else "grouping labels must ensure unique matches"
            )
        )
    taken.add(match)


def _partners(matching: Matching, one: list[Value], side: str) -> dict[Hashable, Value]:
    partners: dict[Hashable, Value] = {}
    for each in one:
        signature = matching.signature(each.labels)
        if signature in partners:
            shared = {name: each.labels.get(name, "") for name in matching.labels} if matching.on else dict(each.labels)
            raise EvaluationError(
                f"found duplicate series for the match group {shared} on the {side} hand-side of the operation: "
                "many-to-many matching not allowed: matching labels must be unique on one side"
            )
        partners[signature] = each
    return partners


def _and(left: list[Value], right: list[Value], signature: Callable[[Mapping[str, str]], Hashable]) -> list[Value]:
    present = {signature(each.labels) for each in right}
    return [each for each in left if signature(each.labels) in present]


def _unless(left: list[Value], right: list[Value], signature: Callable[[Mapping[str, str]], Hashable]) -> list[Value]:
    present = {signature(each.labels) for each in right}
    return [each for each in left if signature(each.labels) not in present]


def _or(left: list[Value], right: list[Value], signature: Callable[[Mapping[str, str]], Hashable]) -> list[Value]:
    return unique([*left, *_unless(right, left, signature)])


_SETS = {"and": _and, "or": _or, "unless": _unless}


def combined(sign: str, matching: Matching, left: Node, right: Node) -> Node:
    """The set operators, which look at labels only."""
    combine = _SETS[sign]

    def run(now: Instant) -> list[Value]:
        return combine(left(now), right(now), matching.signature)

    return run
