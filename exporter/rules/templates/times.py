"""Points in time as Go prints and formats them; all of them are UTC."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from exporter.rules.templates.data import TemplateError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NANOSECONDS_END = 2**63

_LAYOUT = {
    "January": "%B", "Jan": "%b", "Monday": "%A", "Mon": "%a", "MST": "UTC", "2006": "%Y", "Z07:00": "Z",
    "-07:00": "+00:00", "-0700": "+0000", "01": "%m", "02": "%d", "03": "%I", "04": "%M", "05": "%S", "06": "%y",
    "15": "%H", "PM": "%p",
}  # fmt: skip
_LAYOUT_WORD = re.compile("|".join(map(re.escape, sorted(_LAYOUT, key=len, reverse=True))))


@dataclass(frozen=True, slots=True)
class Time:
    """What `toTime` makes, in whole milliseconds."""

    at: datetime

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S}{self._fraction()} +0000 UTC"

    def _fraction(self) -> str:
        return f".{self.at.microsecond // 1000:03d}".rstrip("0").rstrip(".")

    def method(self, name: str, arguments: list[object]) -> object:
        """What `.Year`, `.Format "15:04"` and the like answer."""
        at = self.at
        if name == "Format" and len(arguments) == 1 and isinstance(arguments[0], str):
            return _LAYOUT_WORD.sub(lambda found: at.strftime(_LAYOUT[found[0]]), arguments[0])
        if name in _METHODS and not arguments:
            return _METHODS[name](at)
        raise TemplateError(f"a time has no {name} with {len(arguments)} arguments; it has Format and {_NAMES}")


_METHODS = {
    "Year": lambda at: at.year,
    "Month": lambda at: f"{at:%B}",
    "Day": lambda at: at.day,
    "Hour": lambda at: at.hour,
    "Minute": lambda at: at.minute,
    "Second": lambda at: at.second,
    "Weekday": lambda at: f"{at:%A}",
    "YearDay": lambda at: at.timetuple().tm_yday,
    "Unix": lambda at: math.floor(at.timestamp()),
    "UTC": Time,
}
_NAMES = ", ".join(_METHODS)


def time_of(value: float) -> Time:
    """Of Unix seconds. Raises `TemplateError` for NaN, infinities and what Go's nanoseconds do not hold."""
    if not math.isfinite(value):
        raise TemplateError("value is NaN or Inf")
    if abs(value) * 1e9 >= _NANOSECONDS_END:
        raise TemplateError(f"{value:g} cannot be represented as a nanoseconds timestamp")
    return Time(_EPOCH + timedelta(milliseconds=math.trunc(math.trunc(value * 1e9) / 1_000_000)))
