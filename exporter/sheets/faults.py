"""What is wrong with a file, told so that its owner finds the place and knows what to do."""

from __future__ import annotations

from exporter.text import masked


class SheetFaultError(Exception):
    """`line` counts from 1 as an editor does (in XLSX: the row); `advice` says what to do about it."""

    def __init__(self, file: str, text: str, advice: str, *, line: int = 0, column: str = "") -> None:
        text = masked(text)  # a cell of the wrong column may be a customer's
        place = f"{file}:{line}" if line else file
        super().__init__(f"{place}: {f'column {column}: ' if column else ''}{text}; {advice}")
        self.file, self.text, self.advice, self.line, self.column = file, text, advice, line, column
