"""CSV and its relatives, row by row."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from io import StringIO
from itertools import islice
from typing import TextIO

from exporter.sheets.decoding import encoding, text, undecodable
from exporter.sheets.faults import SheetFaultError
from exporter.sheets.parts import Part

Line = tuple[int, list[str]]
"""The number of the line on which a row begins, and its cells."""

_SAMPLE = 1 << 16
_ROWS = 50
_LONGEST_CELL = 1 << 20
_PADDING = re.compile(r"\t?,\t?")
"""Alipay pads the cells of a CSV with tabs, which are no delimiters there."""


def rows(part: Part, delimiter: str | None = None) -> Iterator[Line]:
    """Rows that are not empty. A quote that is never closed is a fault: it would swallow the rows after it."""
    csv.field_size_limit(_LONGEST_CELL)
    name = encoding(part)
    if delimiter is None:
        with text(part, name) as stream:
            delimiter = _sniffed(part, stream)
    line = 0
    with text(part, name) as stream:
        reader = csv.reader(stream, delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if cells:
                    yield line + 1, cells
                line = reader.line_num
        except UnicodeDecodeError as error:
            raise undecodable(part, reader.line_num, error) from None
        except csv.Error as error:
            advice = 'close the quote, and write " within a text as ""'
            raise SheetFaultError(part.name, f"this row cannot be read ({error})", advice, line=line + 1) from None


def _sniffed(part: Part, stream: TextIO) -> str:
    try:
        return sniffed(stream.read(_SAMPLE))
    except UnicodeDecodeError as error:
        raise undecodable(part, 0, error) from None


def sniffed(sample: str) -> str:
    """The delimiter that cuts most lines into the same number of cells, weighed by that number."""
    sample = _PADDING.sub(",", sample)
    scores = {delimiter: _score(sample, delimiter) for delimiter in ",\t;|"}
    return max(scores, key=lambda delimiter: scores[delimiter])


def _score(sample: str, delimiter: str) -> float:
    widths: Counter[int] = Counter()
    try:
        for cells in islice(csv.reader(StringIO(sample, newline=""), delimiter=delimiter), _ROWS):
            widths[len(cells)] += bool(cells)
    except csv.Error:
        return 0.0
    wide = {width: count for width, count in widths.items() if width > 1}
    if not wide:
        return 0.0
    width = max(wide, key=lambda each: (wide[each], each))
    return width * wide[width] / widths.total()
