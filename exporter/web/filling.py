"""Runbooks speak of tables in our words, as `{orders.status}`; a page says them in the words of one shop."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from exporter.mapping import WORDS, Mapping, TableMap
from exporter.repair.literals import literal, name, text

_PLACEHOLDER = re.compile(
    rf"\{{(?:(?P<shop>shop)|(?P<word>{'|'.join(WORDS)})(?:\.(?P<column>\w+)(?:(?P<how>=| in )(?P<kind>\w+))?)?)\}}"
)
_CASES = re.compile(r":cases\b")
MOST_CASES = 20
_IN_A_LINE = 4


@dataclass(frozen=True, slots=True)
class Place:
    """A shop as its runbooks need it. `family`: mysql, postgresql or sqlite; `probes`: those that watch it."""

    shop: str
    mapping: Mapping
    family: str
    probes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Runbook:
    """A runbook as its file says it, and the shops in whose words it can be read."""

    markdown: str
    places: Sequence[Place] = ()


@dataclass
class Filling:
    """Fills the words of one `place`; `cases` (order numbers, SKUs) take the place of `:cases`. None fills nothing."""

    place: Place | None
    cases: Sequence[str] = ()
    missing: list[str] = field(default_factory=list)

    def fill(self, code: str) -> str:
        """`missing` then holds what this code needs and the shop's mapping does not say."""
        self.missing = []
        if self.place is None:
            return code
        filled = _PLACEHOLDER.sub(self._said, code)
        return _CASES.sub(lambda _: self._listed(), filled) if self.cases else filled

    def _said(self, found: re.Match[str]) -> str:
        place = self.place
        if place is None:
            return found[0]
        if found["shop"]:
            return place.shop
        table = place.mapping.table(found["word"])
        said = None if table is None else _sql(place, table, found["column"], found["how"], found["kind"])
        if said is None:
            needed = found["word"] if table is None else found[0][1:-1]
            self.missing += [needed] if needed not in self.missing else []
            return found[0]
        return said

    def _listed(self) -> str:
        family = self.place.family if self.place else ""
        said = [text(family, each.replace("\0", "")) for each in self.cases[:MOST_CASES]]
        return ",\n  ".join(", ".join(said[start : start + _IN_A_LINE]) for start in range(0, len(said), _IN_A_LINE))


def _sql(place: Place, table: TableMap, column: str | None, how: str | None, kind: str | None) -> str | None:
    """None where the mapping does not say it."""
    if column is None:
        shard = table.shards[0]
        return name(place.family, shard.schema, shard.table)
    if column == "success":
        conditions = [_among(place, table.columns[word], values) for word, values in table.success.items()]
        return " AND ".join(conditions) or "1 = 1"
    if column == "order_is" and place.mapping.reservations and place.mapping.orders:
        table, column = place.mapping.orders, place.mapping.reservations.order_is
    theirs = table.key if column == "key" else table.columns.get(column)
    if theirs is None:
        return None
    if kind is None:
        return name(place.family, theirs)
    values = table.statuses(kind)
    return _among(place, theirs, values[:1] if how == "=" else values) if values else None


def _among(place: Place, column: str, values: Sequence[str | int]) -> str:
    listed = [literal(place.family, value) for value in values]
    some = f"= {listed[0]}" if len(listed) == 1 else f"IN ({', '.join(listed)})"
    return f"{name(place.family, column)} {some}"
