"""A table found among the rows of a file: where its header is, which rows are titles or sums, which are data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from exporter.sheets.cells import clean
from exporter.sheets.faults import SheetFaultError

Columns = Mapping[str, Sequence[str]]
"""Our word → the names under which files have this column, the most telling first."""

TITLES = 50
"""So many rows may stand above the header."""

_SUM = re.compile(
    r"(合\s*计|总\s*计|小\s*计|汇\s*总|总交易单数|总笔数|grand total|subtotal|total|sum)\b", re.IGNORECASE
)
_COUNT = re.compile(r"共\s*\d+\s*(条|笔|单|个|行)")


@dataclass(frozen=True, slots=True)
class Header:
    """`names` as the file has them, `at`: our word → its place among them; `width`: how many cells a row may have."""

    line: int
    names: tuple[str, ...]
    at: Mapping[str, int]

    @property
    def width(self) -> int:
        return len(self.names)


def folded(name: str) -> str:
    """A column's name as it is compared: 订单金额（元） is 订单金额(元)."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", clean(name))).casefold()


def header(
    file: str, rows: Iterator[tuple[int, Sequence[str]]], columns: Columns, needed: Iterable[str] = ()
) -> Header:
    """Reads up to the header: the first row that names all `needed` columns (one, when none is needed).

    Raises SheetFaultError that says what was found in its place.
    """
    needed = tuple(needed)
    nearest: Header | None = None
    for count, (line, cells) in enumerate(rows):
        found = _matched(line, cells, columns)
        if found.at and all(word in found.at for word in needed):
            return found
        if nearest is None or len(found.at) > len(nearest.at):
            nearest = found
        if count + 1 >= TITLES:
            break
    raise _headless(file, nearest, columns, needed)


def _matched(line: int, cells: Sequence[str], columns: Columns) -> Header:
    names = [folded(cell) for cell in cells]
    wanted = ((word, (folded(each) for each in known)) for word, known in columns.items())
    places = {word: next((names.index(each) for each in known if each in names), None) for word, known in wanted}
    at = {word: place for word, place in places.items() if place is not None}
    while names and not names[-1]:
        names.pop()
    return Header(line, tuple(clean(cell) for cell in cells[: len(names)]), at)


def _headless(file: str, nearest: Header | None, columns: Columns, needed: Sequence[str]) -> SheetFaultError:
    if nearest is None:
        return SheetFaultError(file, "no rows", "the export failed or is not finished: download it again")
    missing = [word for word in needed or columns if word not in nearest.at]
    wanted = "; ".join(f"{word}: one of {', '.join(list(columns[word])[:6])}" for word in missing)
    seen = ", ".join(name for name in nearest.names if name)[:200]
    text = f"no header with {wanted or 'the columns'} (nearest row: {seen})"
    return SheetFaultError(file, text, "name the column as this file has it", line=nearest.line)


def is_summary(cells: Sequence[str]) -> bool:
    """合计, 总计, 小计, 汇总, 共 12 笔: in the first cell that is not empty."""
    first = next((text for cell in cells if (text := clean(cell))), "")
    return bool(first) and not first[0].isdigit() and bool(_SUM.match(first) or _COUNT.match(first))


def is_blank(cells: Sequence[str]) -> bool:
    return not any(map(clean, cells))
