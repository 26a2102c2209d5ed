"""The shared texts of a workbook, of which there may be millions: in a temporary file beyond a few megabytes."""

from __future__ import annotations

import tempfile
from array import array
from collections import OrderedDict
from itertools import pairwise
from typing import Self
from xml.parsers import expat

_IN_MEMORY = 16 << 20
LONGEST = 1 << 20
"""Letters of one text: a spreadsheet takes 32,767, and what is longer is a bomb."""
_BLOCK = 256
_BLOCKS = 64
"""Texts are read in blocks, of which the last ones are kept: cells mostly name them in their order."""


class Strings:
    """`strings[7]` is the text number 7; `parser` takes the XML they come in."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - closed by __exit__
        self._starts = array("Q", [0])
        self._blocks: OrderedDict[int, list[str]] = OrderedDict()
        self._text: list[str] = []
        self._length = 0
        self._within = self._reading = False
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getitem__(self, number: int) -> str:
        """Raises IndexError for a number that the workbook does not have."""
        place, offset = divmod(number, _BLOCK)
        block = self._blocks.get(place)
        if block is None:
            block = self._blocks[place] = self._block(place)
            if len(self._blocks) > _BLOCKS:
                self._blocks.popitem(last=False)
        return block[offset]

    def _block(self, place: int) -> list[str]:
        starts = self._starts[place * _BLOCK : (place + 1) * _BLOCK + 1]
        if len(starts) <= 1:
            raise IndexError(place)
        self._file.seek(starts[0])
        data = self._file.read(starts[-1] - starts[0])
        return [data[a - starts[0] : b - starts[0]].decode("utf-8") for a, b in pairwise(starts)]

    def _start(self, name: str, _: dict[str, str]) -> None:
        name = name[name.find(":") + 1 :]
        if name == "si":
            self._text, self._length, self._within = [], 0, True
        elif name == "t":
            self._reading = self._within
        elif name == "rPh":
            self._within = False  # how a name is pronounced, not the name

    def _data(self, text: str) -> None:
        if self._reading:
            self._length += len(text)
            if self._length > LONGEST:
                raise ValueError("no text is so long")
            self._text.append(text)

    def _end(self, name: str) -> None:
        name = name[name.find(":") + 1 :]
        if name == "t":
            self._reading = False
        elif name == "rPh":
            self._within = True
        elif name == "si":
            data = "".join(self._text).encode("utf-8")
            self._file.write(data)
            self._starts.append(self._starts[-1] + len(data))
