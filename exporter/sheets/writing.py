"""CSV and XLSX written row by row; a cell that a spreadsheet would take for a formula is written as text."""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

Cell = str | int | None

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MOST_ROWS = 1_048_576
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])

_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
{sheets}</Types>"""
_TYPE = (
    '<Override PartName="/xl/worksheets/sheet{number}.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
_MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def neutral(cell: Cell) -> str:
    """The cell as text that no spreadsheet evaluates: '=1+1 instead of =1+1. A plain negative number stays one."""
    text = "" if cell is None else str(cell)
    if text.startswith(_FORMULA) and not _negative(text):
        return f"'{text}"
    return text


def _negative(text: str) -> bool:
    return text[0] == "-" and text[1:].replace(".", "", 1).isdecimal() and text[1:].isascii()


def write_csv(path: Path, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """UTF-8 with a byte order mark, which Excel needs to read Chinese."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([neutral(cell) for cell in row] for row in rows)


def write_xlsx(path: Path, sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> None:
    """A sheet for each (title, head, rows); every cell is text, so that order numbers keep all their digits."""
    titles: list[str] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for title, head, rows in sheets:
            titles.append(title)
            with archive.open(f"xl/worksheets/sheet{len(titles)}.xml", "w", force_zip64=True) as stream:
                _sheet(stream, head, rows)
        numbers = range(1, len(titles) + 1)
        archive.writestr("[Content_Types].xml", _TYPES.format(sheets="".join(_TYPE.format(number=n) for n in numbers)))
        own = f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
        archive.writestr("_rels/.rels", _RELATIONS.format(own))
        related = (
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        archive.writestr("xl/_rels/workbook.xml.rels", _RELATIONS.format("".join(related)))
        listed = "".join(
            f'<sheet name="{_xml(title[:31])}" sheetId="{n}" r:id="rId{n}"/>' for n, title in enumerate(titles, 1)
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook {_MAIN} xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        )


def _sheet(stream: IO[bytes], head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    with TextIOWrapper(stream, encoding="utf-8", write_through=False) as out:
        out.write(f"<worksheet {_MAIN}><sheetData>")
        out.write(_row(head))
        for number, row in enumerate(rows, 2):
            if number >= _MOST_ROWS:
                out.write(_row(["…"]))
                break
            out.write(_row([neutral(cell) for cell in row]))
        out.write("</sheetData></worksheet>")


def _row(cells: Sequence[str]) -> str:
    written = (f'<c t="inlineStr"><is><t xml:space="preserve">{_xml(cell)}</t></is></c>' for cell in cells)
    return f"<row>{''.join(written)}</row>"


def _xml(text: str) -> str:
    return escape(text.translate(_CONTROL).encode("utf-8", "replace").decode(), {'"': "&quot;"})
