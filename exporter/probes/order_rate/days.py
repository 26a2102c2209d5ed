"""Days that are not like others, as people write them: `11-11`, `2026-02-16`, `2026-02-16..2026-02-23`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer

_LEAP = 2000


@dataclass(frozen=True, slots=True)
class Days:
    """From `first` to `last`, both included; `yearly`: of every year, and then it may run over its end."""

    first: date
    last: date
    yearly: bool

    def __contains__(self, day: date) -> bool:
        if not self.yearly:
            return self.first <= day <= self.last
        same = day.replace(year=_LEAP)
        if self.first <= self.last:
            return self.first <= same <= self.last
        return same >= self.first or same <= self.last

    def __str__(self) -> str:
        ends = [f"{day:%m-%d}" if self.yearly else day.isoformat() for day in (self.first, self.last)]
        return "..".join(dict.fromkeys(ends))


def days(given: object) -> Days:
    """ValueError says what to write instead."""
    if isinstance(given, Days):
        return given
    text = given.isoformat() if isinstance(given, date) else str(given)
    first, dots, last = (part.strip() for part in text.partition(".."))
    found = [_day(part) for part in (first, last if dots else first)]
    ends = [each[0] for each in found if each]
    if len(ends) != len(found) or len({each[1] for each in found if each}) != 1:
        raise ValueError(f"{text!r} is not a day or some days; write 11-11, 2026-02-16 or 2026-02-16..2026-02-23")
    yearly = bool(found[0] and found[0][1])
    if not yearly and ends[1] < ends[0]:
        raise ValueError(f"{text!r} ends before it begins; write the earlier day first")
    return Days(ends[0], ends[1], yearly)


def _day(text: str) -> tuple[date, bool] | None:
    """The day, and whether it is one of every year."""
    yearly = re.fullmatch(r"\d\d-\d\d", text) is not None
    try:
        return date.fromisoformat(f"{_LEAP}-{text}" if yearly else text), yearly
    except ValueError:
        return None


Except = Annotated[Days, BeforeValidator(days), PlainSerializer(str)]
