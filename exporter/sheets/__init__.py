"""Tables in files: streaming readers of CSV, XLSX and archives of them, in bounded memory, and the writers."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.sheets import delimited, workbook
from exporter.sheets.cells import Number, clean, damage, fen, money, rounded, scientific
from exporter.sheets.decoding import batches, lines
from exporter.sheets.faults import SheetFaultError
from exporter.sheets.kept import Kept
from exporter.sheets.parts import File, Limits, Part, parts
from exporter.sheets.table import Columns, Header, folded, header, is_blank, is_summary

__all__ = [
    "Columns",
    "File",
    "Header",
    "Kept",
    "Limits",
    "Number",
    "Part",
    "SheetFaultError",
    "batches",
    "clean",
    "damage",
    "fen",
    "folded",
    "header",
    "is_blank",
    "is_summary",
    "lines",
    "money",
    "numbered",
    "parts",
    "rounded",
    "rows",
    "scientific",
]


def rows(
    file: File, name: str = "", *, limits: Limits | None = None, delimiter: str | None = None
) -> Iterator[list[str]]:
    """The rows of all tables of a file that are not empty, as text; raises SheetFaultError."""
    for part in parts(file, name, limits):
        for _, cells in numbered(part, limits=limits, delimiter=delimiter):
            yield cells


def numbered(
    part: Part, *, limits: Limits | None = None, delimiter: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    """The rows of one table with the number of the line (in XLSX: the row) that each begins on."""
    if part.kind == "xlsx":
        return workbook.rows(part, limits or Limits())
    if part.kind == "json":
        raise SheetFaultError(part.name, "JSON, not a table", "an error message may take this form: read it")
    return delimited.rows(part, delimiter)
