"""Every shop × probe in one glance: those that need somebody first, the healthy ones folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, get_args

from markupsafe import Markup, escape

from exporter.model import Name
from exporter.web.status import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from exporter.web.frame import Frame
    from exporter.web.status import ProbeRow
    from exporter.web.wording import Wording

WORST_FIRST: tuple[State, ...] = get_args(State)
_RANK = {state: rank for rank, state in enumerate(WORST_FIRST)}
_WELL = ("healthy", "not_applicable")


@dataclass(frozen=True, slots=True)
class Line:
    """One shop: its cells are ready markup, in the order of the columns."""

    shop: str
    state: State
    cells: Markup


@dataclass(frozen=True, slots=True)
class Matrix:
    probes: Sequence[str]
    ill: Sequence[Line]
    well: Sequence[Line]


def matrix(rows: Sequence[ProbeRow], say: Wording, frame: Frame) -> Matrix:
    """`rows` are sorted by shop. A probe that runs in parts is as well as its worst part."""
    probes = sorted({row.probe for row in rows})
    draw = _Cells(say, frame)
    lines = [_line(shop, list(each), probes, draw) for shop, each in groupby(rows, key=lambda row: row.shop)]
    lines.sort(key=lambda each: (_RANK[each[0].state], -each[1], each[0].shop))
    ordered = [line for line, _ in lines]
    return Matrix(
        probes, [each for each in ordered if each.state not in _WELL], [each for each in ordered if each.state in _WELL]
    )


def _line(shop: str, rows: Sequence[ProbeRow], probes: Sequence[str], draw: _Cells) -> tuple[Line, int]:
    """With how many of its probes are in its worst state."""
    worst: dict[str, ProbeRow] = {}
    for row in rows:
        if row.probe not in worst or _RANK[row.state] < _RANK[worst[row.probe].state]:
            worst[row.probe] = row
    cells = Markup("").join(draw.cell(shop, probe, worst.get(probe)) for probe in probes)
    states = [row.state for row in worst.values()]
    state = min(states, key=lambda each: _RANK[each])
    return Line(shop, state, cells), states.count(state)


class _Cells:
    """Two thousand of them: what is the same in all is escaped once."""

    def __init__(self, say: Wording, frame: Frame) -> None:
        self._frame = frame
        self._states: Mapping[str, Markup] = {each: escape(say.word(each)) for each in WORST_FIRST}
        self._say = say
        self._names: dict[str, Markup] = {}

    def cell(self, shop: str, probe: str, row: ProbeRow | None) -> Markup:
        if row is None:
            return Markup("<td></td>")
        name = self._names.get(probe)
        if name is None:
            name = self._names[probe] = escape(self._say.probe(probe))
        link = escape(self._frame.probe(Name(shop, probe, row.part)))
        state = self._states[row.state]
        return Markup(  # noqa: S704 - every part of it is escaped above
            f'<td class="{row.state}"><a href="{link}" title="{name}: {state}"><i></i>'
            f"<span>{name} </span><small>{state}</small></a></td>"
        )
