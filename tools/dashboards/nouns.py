"""What a dashboard is made of, before it is anything of Grafana's."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

Language = Literal["zh", "en"]
Look = Literal["", "limit", "usual"]


@dataclass(frozen=True)
class Words:
    """One text in the two languages."""

    zh: str
    en: str

    def of(self, language: Language) -> str:
        return self.zh if language == "zh" else self.en


FAULT = Words("异常", "fault")


@dataclass(frozen=True)
class Query:
    """`legend` may name labels in Grafana's way, `{{shop}}`. A limit is drawn dashed and red, what is usual dashed."""

    expr: str
    legend: Words | str
    look: Look = ""


@dataclass(frozen=True)
class Panel:
    """`meaning`: what it shows and what to do, in plain words. `probe`: whose runbook it leads to; "" for none.

    `width` and `height` are Grafana's units: a line is 24 wide. `unit` is Grafana's name of the unit.
    """

    title: Words
    meaning: Words
    unit: str
    queries: tuple[Query, ...] = ()
    probe: str = ""
    width: int = 12
    height: int = 8


@dataclass(frozen=True)
class Lines(Panel):
    """Series over time. `stacked` for parts of a whole; `top` is the axis' end, if it has one; `least` as of `Bars`."""

    stacked: bool = False
    top: float | None = None
    least: str = ""


@dataclass(frozen=True)
class Bars(Panel):
    """What a counter grew by, as bars over time, no shorter than `least` (as `15m`)."""

    least: str = "1m"


@dataclass(frozen=True)
class Heat(Panel):
    """Buckets of a histogram over time."""


@dataclass(frozen=True)
class States(Panel):
    """Series of 0 and 1 over time; `good` is which of them is well, `other` what the other one is called."""

    good: Literal[0, 1] = 1
    other: Words = FAULT


@dataclass(frozen=True)
class Tile(Panel):
    """One number of now for each shop: red beyond the shop's own limit, or from `red_from` where there is none."""

    red_from: float = 1


@dataclass(frozen=True)
class Column:
    """Of a table: one query's value. `red_from` paints the cell; a table whose first column has it begins with the worst."""

    title: Words
    query: Query
    unit: str = "short"
    red_from: float | None = None


@dataclass(frozen=True)
class Table(Panel):
    """What holds now: the `labels` that a line is of, then the columns; a column without a title is not shown."""

    labels: tuple[tuple[str, Words], ...] = ()
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class Row:
    """Panels under one title; `repeated` once for each chosen shop."""

    title: Words
    panels: tuple[Panel, ...]
    repeated: bool = False


@dataclass(frozen=True)
class Choice:
    """A variable whose values are those of the label of its name, in the series that `selector` finds."""

    name: str
    title: Words
    selector: str


@dataclass(frozen=True)
class Board:
    """One dashboard; `name` is its file and the end of its uid."""

    name: str
    title: Words
    meaning: Words
    rows: tuple[Row, ...]
    choices: tuple[Choice, ...] = field(default=())


def limit(probe: str, name: str) -> Query:
    """The shop's own threshold, as a line."""
    return Query(_limit(probe, name), Words("{{shop}} 阈值", "limit of {{shop}}"), "limit")


def tile(panel: Tile, value: str, legend: str = "{{shop}}", beyond: str = "") -> Tile:
    """Of a value that carries `shop`. `beyond` names the probe's limit: the tile is red when the value is over it."""
    if not beyond:
        return replace(panel, queries=(Query(value, legend),))
    over = f"on (shop) group_left () {_limit(panel.probe, beyond)}"
    return replace(
        panel, queries=(Query(f"{value} <= {over}", legend), Query(f"{value} > {over}", legend, "limit")), red_from=0
    )


def _limit(probe: str, name: str) -> str:
    return f'max by (shop) (order_health_limit{{shop=~"$shop", probe="{probe}", limit="{name}"}})'
