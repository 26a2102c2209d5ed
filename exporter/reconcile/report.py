"""The outcome as people read it: tables on the terminal, CSV and XLSX for those who go through it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from exporter.reconcile import Reconciliation, Tallies
from exporter.reconcile.nouns import Day, Difference, Fen
from exporter.reconcile.words import EQUAL, HEADS, KINDS, SIDES, TOTALS, Language, said
from exporter.sheets.writing import write_csv, write_xlsx
from exporter.text import one_line

_SHOWN = 3


def money(fen: Fen) -> str:
    """In yuan; what is finer than a fen is shown, not rounded away."""
    if fen is None:
        return ""
    amount = Decimal(fen) / 100
    return f"{amount:,.2f}" if amount == amount.quantize(Decimal("0.01")) else f"{amount:,f}"


def terminal(done: Reconciliation, day: Day, language: Language) -> Iterator[str]:
    """The lines of the report."""
    yield f"{day.date}  {day.start:%H:%M %z} – {day.end:%m-%d %H:%M}"
    rows = [[said(SIDES[name], language), f"{side.rows:,}", money(side.money)] for name, side in done.sides.items()]
    yield from _aligned(rows)
    yield ""
    totals = list(_totals(done.tallies, language, _SHOWN, money))
    yield from _aligned([list(TOTALS[language]), *totals] if totals else [[EQUAL[language]]])
    for note in done.notes:
        yield f"! {note}"


def write(done: Reconciliation, day: Day, folder: Path, language: Language) -> tuple[Path, Path]:
    """All differences as CSV, and as XLSX with the totals on a first sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    csv, xlsx = (folder / f"differences-{day.date}.{kind}" for kind in ("csv", "xlsx"))
    write_csv(csv, HEADS[language], _rows(done.tallies, day, language))
    sides = [
        [name, said(SIDES[name], language), str(side.rows), _plain(side.money), ""] for name, side in done.sides.items()
    ]
    notes = [["", note, "", "", ""] for note in done.notes]
    totals = [*sides, *_totals(done.tallies, language, 10, _plain), *notes]
    write_xlsx(
        xlsx,
        [
            (str(day.date), TOTALS[language], totals),
            ("differences", HEADS[language], _rows(done.tallies, day, language)),
        ],
    )
    return csv, xlsx


def _totals(tallies: Tallies, language: Language, shown: int, sum_of: Callable[[Fen], str]) -> Iterator[list[str]]:
    for kind, tally in tallies:
        numbers = [one_line(each.number, 48) for each in tally.first[:shown]]
        more = ["…"] if tally.count > len(numbers) else []
        yield [kind, said(KINDS[kind], language), f"{tally.count:,}", sum_of(tally.money), " ".join([*numbers, *more])]


def _rows(tallies: Tallies, day: Day, language: Language) -> Iterator[list[str]]:
    for kind, tally in tallies:
        for each in tally:
            amounts = map(_plain, (each.order, each.bill, each.callback, each.export))
            yield [kind, said(KINDS[kind], language), each.number, *amounts, each.state, _moment(each, day), each.note]


def _plain(fen: Fen) -> str:
    return money(fen).replace(",", "")


def _moment(each: Difference, day: Day) -> str:
    return datetime.fromtimestamp(each.at, UTC).astimezone(day.zone).strftime("%Y-%m-%d %H:%M:%S") if each.at else ""


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """In columns; a Chinese letter is two wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
