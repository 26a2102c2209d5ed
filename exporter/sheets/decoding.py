"""Which encoding a text is in, told by its bytes, and its lines."""

from __future__ import annotations

import codecs
import io
import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TextIO

from exporter.sheets.faults import SheetFaultError
from exporter.sheets.parts import Part

_CHUNK = 1 << 18
_EVIDENCE = 4096
"""So many bytes from the first that is not ASCII tell the encoding: GBK does not read as UTF-8 for so long."""
_FOREIGN = re.compile(rb"[\x80-\xff]")
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding(part: Part) -> str:
    """By its byte order mark, else by the first bytes that are not ASCII; raises for what is no text."""
    with part.open() as stream:
        chunk = stream.read(_CHUNK)
        for mark, name in _MARKS:
            if chunk.startswith(mark):
                return name
        if 0 in chunk[:_EVIDENCE]:
            return _wide(chunk[:_EVIDENCE], part)
        while chunk.isascii() and chunk:
            chunk = stream.read(_CHUNK)
        chunk += stream.read(_EVIDENCE)
    first = _FOREIGN.search(chunk)
    evidence = chunk[first.start() :][:_EVIDENCE] if first else b""
    return "utf-8" if _reads(evidence, "utf-8") else "gb18030"


def _wide(head: bytes, part: Part) -> str:
    for name in ("utf-16-le", "utf-16-be"):
        letters = head.decode(name, "replace")
        if ("\n" in letters or "," in letters) and all(
            letter.isprintable() or letter in "\t\r\n\ufffd" for letter in letters
        ):
            return name
    raise SheetFaultError(part.name, "not a text: it holds NUL bytes", "give CSV or XLSX")


def _reads(chunk: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(chunk)  # a letter that is cut at the end is no fault
    except UnicodeDecodeError:
        return False
    return True


@contextmanager
def text(part: Part, name: str, *, newline: str | None = "") -> Iterator[TextIO]:
    """The part as text in this encoding, line ends as they are; `newline=None` makes them one."""
    with io.TextIOWrapper(part.open(), encoding=name, newline=newline) as stream:
        yield stream


def batches(part: Part, most: int) -> Iterator[list[str]]:
    """The lines of a text with their ends, so many at a time."""
    with text(part, encoding(part), newline=None) as stream:
        try:
            while batch := list(islice(stream, most)):
                yield batch
        except UnicodeDecodeError:
            deque(lines(part), 0)  # raises with the line
            raise


def lines(part: Part) -> Iterator[tuple[int, str]]:
    """The lines of a text with their numbers, without their ends."""
    number = 0
    with text(part, encoding(part)) as stream:
        try:
            for number, line in enumerate(stream, 1):
                yield number, line.rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise undecodable(part, number, error) from None


def undecodable(part: Part, read: int, error: UnicodeDecodeError) -> SheetFaultError:
    """`read`: how many lines were delivered; the rest of the way is in the chunk that could not be decoded."""
    line = read + 1 + bytes(error.object[: error.start]).count(b"\n")
    told = f"bytes that are not {error.encoding.upper()}, as the text before them is"
    return SheetFaultError(part.name, told, "save the whole file in one encoding (UTF-8)", line=line)
