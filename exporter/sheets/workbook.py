"""XLSX, row by row: one pass over a sheet with expat, nothing evaluated, memory that does not grow with the rows."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import IO
from xml.parsers import expat

from exporter.sheets.capped import Capped
from exporter.sheets.cells import Number
from exporter.sheets.faults import SheetFaultError
from exporter.sheets.parts import Limits, Part
from exporter.sheets.strings import LONGEST, Strings
from exporter.sheets.styles import Styles

Line = tuple[int, list[str]]

_CHUNK = 1 << 16
_WIDEST = 16_384
_EXACT = 15
"""So many digits of a number are what was written; more are read as the number they stand for (0.1 + 0.2)."""

_DAMAGE = (zipfile.BadZipFile, NotImplementedError, RuntimeError, KeyError, ValueError, OSError)


def rows(part: Part, limits: Limits) -> Iterator[Line]:
    """The rows of the part's sheet that are not empty. Dates are ISO text, formulas are their last results."""
    with part.open() as stream, Strings() as strings:
        try:
            archive = zipfile.ZipFile(stream)
        except _DAMAGE:
            raise _damaged(part) from None
        with archive:
            names, styles = set(archive.namelist()), Styles()
            for name, reader in (("xl/sharedStrings.xml", strings), ("xl/styles.xml", styles)):
                if name in names:
                    for chunk in _chunks(part, archive, name, limits):
                        _feed(part, reader.parser, chunk)
            sheet = Sheet(part.name, strings, styles)
            for chunk in _chunks(part, archive, part.sheet, limits):
                _feed(part, sheet.parser, chunk, sheet)
                yield from sheet.done()


def _chunks(part: Part, archive: zipfile.ZipFile, name: str, limits: Limits) -> Iterator[bytes]:
    """Of a file inside the workbook; the last one is empty."""
    try:
        entry: IO[bytes] = archive.open(name)
    except _DAMAGE:
        raise _damaged(part) from None
    with Capped(entry, limits.size, part.name) as stream:
        while chunk := stream.read(_CHUNK):
            yield chunk
        yield b""


def _feed(part: Part, parser: expat.XMLParserType, chunk: bytes, sheet: Sheet | None = None) -> None:
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(chunk, not chunk)
    except (expat.ExpatError, ValueError, IndexError):
        raise _damaged(part, sheet.line if sheet else 0) from None


def _refuse_doctype(*_: object) -> None:
    raise ValueError("no workbook declares entities")


def _damaged(part: Part, line: int = 0) -> SheetFaultError:
    return SheetFaultError(part.name, "a damaged or cut workbook", "download it again", line=line)


class Sheet:
    """Collects rows as expat meets them; `line` is the row it is at."""

    def __init__(self, name: str, strings: Strings, styles: Styles) -> None:
        self._name, self._strings, self._styles = name, strings, styles
        self._rows: list[Line] = []
        self._row: list[str] = []
        self._kind = self._style = self._text = ""
        self._place, self._within = -1, False
        self._places: dict[str, int] = {}
        self.line = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def done(self) -> list[Line]:
        """The rows that are whole, each once."""
        found, self._rows = self._rows, []
        return found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name[name.find(":") + 1 :]
        if name == "c":
            self._kind, self._style, self._text = attributes.get("t", ""), attributes.get("s", ""), ""
            self._place = self._column(attributes["r"]) if "r" in attributes else self._place + 1
            if self._place >= _WIDEST:
                raise ValueError("no row is so wide")
        elif name in {"v", "t"}:
            self._within = True
        elif name == "row":
            self.line = int(attributes.get("r", self.line + 1))
            self._row, self._place = [], -1

    def _data(self, text: str) -> None:
        if self._within:
            self._text += text
            if len(self._text) > LONGEST:
                raise ValueError("no cell holds so much")

    def _end(self, name: str) -> None:
        name = name[name.find(":") + 1 :]
        if name in {"v", "t"}:
            self._within = False
        elif name == "c":
            if self._text:
                self._put(self._value())
        elif name == "row" and self._row:
            self._rows.append((self.line, self._row))

    def _put(self, value: str) -> None:
        gap = self._place - len(self._row)
        if gap < 0:
            self._row[self._place] = value
            return
        if gap:
            self._row += [""] * gap
        self._row.append(value)

    def _value(self) -> str:
        kind, text = self._kind, self._text
        if kind == "s":
            return self._strings[int(text)]
        if kind not in {"", "n"}:
            return {"1": "TRUE", "0": "FALSE"}.get(text, text) if kind == "b" else text
        if self._style and (date := self._styles.date(self._style, text)):
            return date
        if len(text) > _EXACT and not text.lstrip("-").isdigit():
            text = repr(float(text))
        return Number(text.removesuffix(".0"))

    def _column(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        place = self._places.get(letters)
        if place is None:
            place = 0
            for letter in letters.lstrip("$"):
                place = place * 26 + ord(letter) - ord("A") + 1
            place -= 1
            if not 0 <= place < _WIDEST:
                raise ValueError("no such column")
            self._places[letters] = place
        return place
