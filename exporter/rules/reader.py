"""What a rule file holds, field by field; what is wrong with a field is noted with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exporter.rules.durations import duration
from exporter.strict import Place, unknown
from exporter.yamlfile import Document


@dataclass(frozen=True, slots=True)
class Reader:
    """One mapping of the file, at `place`; `owner` names the group and rule it belongs to. `faults` is shared."""

    document: Document
    shown: str
    faults: list[str]
    data: Mapping[str, Any]
    place: Place = ()
    owner: str = ""

    def below(self, *steps: str | int, data: Any, owner: str = "") -> Reader:
        """The same for a part; what is no mapping is noted, and read as an empty one."""
        part = replace(self, place=(*self.place, *steps), owner=self.owner + owner, data={})
        if isinstance(data, Mapping):
            return replace(part, data=data)
        if data:
            part.fault("", "must be `name: value` lines, indented below it")
        return part

    def where(self, key: str = "") -> str:
        line = self.document.line((*self.place, key) if key else self.place)
        return f"{self.shown}:{line}{self.owner}"

    def fault(self, key: str, text: str) -> None:
        self.faults.append(f"{self.where(key)}: {key}{' ' if key else ''}{text}")

    def refuse_others(self, known: Collection[str]) -> None:
        for key in self.data:
            if key not in known:
                self.fault(key, f"is an unknown field; {unknown(key, known, 'the fields here')}")

    def listed(self, key: str) -> Sequence[Any]:
        value = self.data.get(key) or []
        if isinstance(value, list):
            return value
        self.fault(key, "must be a list; write each below it after `- `")
        return []

    def text(self, key: str) -> str:
        value = self.data.get(key, "")
        if isinstance(value, str):
            return value
        self.fault(key, "must be text; write it in one line, or below it after `|`")
        return ""

    def duration(self, key: str) -> float:
        """Seconds of `1h30m`; 0 where there is none."""
        try:
            return duration(self.text(key) or "0")
        except ValueError as error:
            self.fault(key, str(error))
            return 0.0

    def count(self, key: str) -> int:
        text = self.text(key)
        if text and not re.fullmatch(r"\d{1,9}", text, re.ASCII):
            self.fault(key, f"{text!r} is not a whole number; write for example 100")
            return 0
        return int(text or 0)
