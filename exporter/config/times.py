"""What goes by the clock: time zones, times of day, quiet hours and reports."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field

from exporter.strict import Strict, nearest


def zone(text: object) -> ZoneInfo:
    """A time zone by its name; ValueError says what to write instead."""
    try:
        return text if isinstance(text, ZoneInfo) else ZoneInfo(str(text))
    except (ZoneInfoNotFoundError, ValueError):
        guess = nearest(str(text), available_timezones())
        raise ValueError(f"no such time zone; write for example {guess[0] if guess else 'Asia/Shanghai'}") from None


Zone = Annotated[ZoneInfo, BeforeValidator(zone)]


def _clock(text: object) -> time:
    try:
        return text if isinstance(text, time) else time.fromisoformat(text if isinstance(text, str) else "")
    except ValueError:
        raise ValueError(f'{text!r} is no time of day; write for example "23:00", in quotes') from None


TimeOfDay = Annotated[time, BeforeValidator(_clock)]


class Quiet(Strict):
    """From one time of day to another, if need be over midnight, nobody is told but of severities in `except`."""

    begin: TimeOfDay = Field(alias="from")
    """Time of day at which the quiet begins, in quotes."""
    end: TimeOfDay = Field(alias="to")
    """Time of day at which it ends; an earlier one than `from` is the next morning's."""
    zone: Zone | None = None
    """Of these two times, where it is not the configuration's."""
    excepted: list[str] = Field(default_factory=lambda: ["critical"], alias="except")
    """Severities that are told all the same."""

    def until(self, at: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet in which `at` falls ends; None outside of it. `zone` is for a section that names none."""
        local = at.astimezone(self.zone or zone)
        clock = local.time()
        over_midnight = self.begin >= self.end
        if not (clock >= self.begin or clock < self.end if over_midnight else self.begin <= clock < self.end):
            return None
        day = local.date() + timedelta(days=over_midnight and clock >= self.begin)
        return datetime.combine(day, self.end, local.tzinfo).astimezone(UTC)


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekly(text: object) -> tuple[int, time]:
    day, _, clock = str(text).partition(" ")
    if day.lower() not in _DAYS:
        raise ValueError(f'{text!r} is no day and time; write for example "mon 09:00"')
    return _DAYS.index(day.lower()), _clock(clock)


class Reports(Strict):
    """Cards that are written at set times of the configuration's zone: `daily` "09:00", `weekly` "mon 09:00"."""

    daily: TimeOfDay | None = None
    """What fired, what fires still, how delivery went: at this time of each day, in quotes."""
    weekly: Annotated[tuple[int, time], BeforeValidator(_weekly)] | None = None
    """Wrong payments among all orders of the week: at a day and time such as `mon 09:00`."""
    to: list[str]
    """The channels that get them."""

    def last(self, name: Literal["daily", "weekly"], now: datetime, zone: tzinfo) -> datetime | None:
        """The latest moment, `now` or before, at which this report was due; None where it is not asked for."""
        day, clock = (None, self.daily) if name == "daily" else self.weekly or (None, None)
        if clock is None:
            return None
        local = now.astimezone(zone)
        back = 0 if day is None else (local.weekday() - day) % 7
        moment = datetime.combine(local.date() - timedelta(days=back), clock, local.tzinfo)
        if moment > local:
            moment = datetime.combine(moment.date() - timedelta(days=1 if day is None else 7), clock, local.tzinfo)
        return moment.astimezone(UTC)
