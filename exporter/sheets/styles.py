"""Which number formats of a workbook mean a moment, for XLSX keeps those as days since 1900."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from xml.parsers import expat

_BUILT_IN = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_QUOTED = re.compile(r'"[^"]*"|\\.|\[(?!h+\]|m+\]|s+\])[^\]]*\]', re.IGNORECASE)
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - what a sheet shows has no zone
_LAST_DAY = 2_958_466


class Styles:
    """`parser` takes the XML they come in."""

    def __init__(self) -> None:
        self._own: set[int] = set()
        self._dates: list[bool] = []
        self._within = False
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end

    def date(self, style: str, days: str) -> str:
        """`2026-01-25 13:00:00` where this style shows a moment; empty where it shows a number."""
        number = int(style)
        if not (number < len(self._dates) and self._dates[number]):
            return ""
        count = float(days)
        if not 0 <= count < _LAST_DAY:
            return ""
        at = _EPOCH + timedelta(seconds=round(count * 86_400))
        return at.isoformat(" ")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = name[name.find(":") + 1 :]
        if name == "numFmt":
            code = _QUOTED.sub("", attributes.get("formatCode", "")).lower()
            if re.search(r"[ydhs]|m+[/\-:]|[/\-:]m", code):
                self._own.add(int(attributes["numFmtId"]))
        elif name == "cellXfs":
            self._within = True
        elif name == "xf" and self._within:
            number = int(attributes.get("numFmtId", "0"))
            self._dates.append(number in _BUILT_IN or number in self._own)

    def _end(self, name: str) -> None:
        if name.endswith("cellXfs"):
            self._within = False
