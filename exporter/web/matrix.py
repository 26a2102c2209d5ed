"""Every shop × probe in one glance: those that need somebody first, the healthy ones folded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, get_args
from urllib.parse import quote

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
FEW, _SHOWN = 3, 20
"""Shops whose probes are all named, and lines that are not folded."""


@dataclass(frozen=True, slots=True)
class Line:
    """One shop: its cells are ready markup, in the order of the columns."""

    shop: str
    state: State
    cells: Markup


@dataclass(frozen=True, slots=True)
class Matrix:
    """`shown` are the worst, `ill` those that need somebody as well, `well` the others; `few`: cells have names."""

    probes: Sequence[str]
    shown: Sequence[Line]
    ill: Sequence[Line]
    well: Sequence[Line]
    few: bool


def matrix(rows: Sequence[ProbeRow], say: Wording, frame: Frame) -> Matrix:
    """`rows` are sorted by shop. A probe that runs in parts is as well as its worst part."""
    probes = sorted({row.probe for row in rows})
    draw = _Cells(say, frame)
    lines = [_line(shop, list(each), probes, draw) for shop, each in groupby(rows, key=lambda row: row.shop)]
    lines.sort(key=lambda each: (_RANK[each[0].state], -each[1], each[0].shop))
    ordered = [line for line, _ in lines]
    if len(ordered) <= FEW:
        return Matrix(probes, ordered, (), (), few=True)
    ill = [each for each in ordered if each.state not in _WELL]
    return Matrix(probes, ill[:_SHOWN], ill[_SHOWN:], ordered[len(ill) :], few=False)


def _line(shop: str, rows: Sequence[ProbeRow], probes: Sequence[str], draw: _Cells) -> tuple[Line, int]:
    """With how many of its probes are in its worst state."""
    worst: dict[str, ProbeRow] = {}
    for row in rows:
        if row.probe not in worst or _RANK[row.state] < _RANK[worst[row.probe].state]:
            worst[row.probe] = row
    cells = draw.cells(shop, probes, worst)
    states = [row.state for row in worst.values()]
    state = min(states, key=lambda each: _RANK[each])
    return Line(shop, state, cells), states.count(state)


class _Cells:
    """Two thousand of them on a page: what is the same in many is quoted and escaped once."""

    def __init__(self, say: Wording, frame: Frame) -> None:
        self._say, self._frame = say, frame
        self._ends: dict[tuple[str, str], str] = {}

    def cells(self, shop: str, probes: Sequence[str], rows: Mapping[str, ProbeRow]) -> Markup:
        stem, _, query = self._frame.probe(Name(shop, "")).partition("?")
        start = str(escape(stem))
        found = (rows.get(probe) for probe in probes)
        cells = (self._cell(start, row, query) if row else "<td></td>" for row in found)
        return Markup("".join(cells))  # noqa: S704 - every part of it is escaped

    def _cell(self, start: str, row: ProbeRow, query: str) -> str:
        part = f"/{quote(row.part, safe='')}" if row.part else ""
        asked = f"?{escape(query)}" if query else ""
        end = self._ends.get((row.probe, row.state)) or self._end(row.probe, row.state)
        return f'<td class="{row.state}"><a href="{start}/{quote(row.probe, safe="")}{part}{asked}"{end}'

    def _end(self, probe: str, state: str) -> str:
        name, said = escape(self._say.probe(probe)), escape(self._say.word(state))
        made = f' title="{name}: {said}"><i></i><span>{name} </span><small>{said}</small></a></td>'
        self._ends[probe, state] = made
        return made
