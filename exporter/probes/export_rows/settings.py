"""An export as this probe wants it described: how to get it, which orders it is meant to hold, what its columns are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Literal, Self
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from exporter.download import Endpoint, Request, named
from exporter.probes.export_rows.nouns import Window
from exporter.strict import fault, faults
from exporter.units import Duration

SETTLED = timedelta(minutes=10)
"""So long after midnight a day is over: what was created in its last second has been written by then."""

_MOMENT = re.compile(r"\{(from|to|last)(?::([^{}]*))?\}")
_BRACES = re.compile(r"\{(\w+)[^{}]*\}")
_WRITTEN = "%Y-%m-%d %H:%M:%S"

_COLUMNS = {"number_column", "amount_column", "amount_unit", "time_column", "zone"}
_MEANT = {"covers", "by", "states", "items", "page_size", *_COLUMNS}

State = Literal["pending", "paid", "shipped", "done", "closed"]


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone; write for example UTC or Asia/Shanghai") from None
    return name


class Export(Endpoint):
    """`{from}`, `{to}` (the end, which is not part of it) and `{last}` (its last second) stand for the day asked for.

    `{from:%Y-%m-%d}` writes them otherwise, `{from:s}` and `{from:ms}` as a Unix time.
    """

    every: Annotated[Duration, Field(ge=60)] | None = None
    """Its own pace, where the probe's does not fit."""
    covers: Literal["yesterday", "today"] = "yesterday"
    """The day whose orders it holds; today's is compared while it goes on."""
    by: Literal["created", "paid"] = "created"
    """The time of an order that makes it the day's."""
    states: tuple[State, ...] = ()
    """The statuses of orders that are exported; none named: all."""
    items: bool = False
    """Whether an order may have several rows."""
    number_column: str = ""
    """Heading of the order numbers, where it is none of the usual ones …"""
    amount_column: str = ""
    """… of the amounts …"""
    amount_unit: Literal["yuan", "fen"] = "yuan"
    """What the number 1 means in the file."""
    time_column: str = ""
    """… and of the times."""
    zone: Annotated[str, AfterValidator(_zone)] | None = None
    """In which the file writes its times, where that is not the shop's."""
    page_size: Annotated[int, Field(ge=2)] | None = None
    """So many rows the export reads at a time: a file of full pages alone was cut."""

    @model_validator(mode="after")
    def _known_moments(self) -> Self:
        """A body may be JSON, where braces mean something else."""
        for found in _BRACES.finditer(self.url.get_secret_value()):
            if not _MOMENT.fullmatch(found[0]):
                message = f"{{{found[1]}}} is none of {{from}}, {{to}} and {{last}}"
                raise faults("Export", [fault(("url",), "moment", message)])
        return self

    @property
    def what(self) -> str:
        """What a memory is of: of other settings the verdict would be another."""
        return f"{self.place} {self.model_dump_json(include=_MEANT)}"

    def window(self, now: datetime, zone: tzinfo) -> Window:
        """The day, from midnight to midnight in the shop's zone."""
        if self.covers == "today":
            return _day(now.astimezone(zone), 0, zone)
        return _day((now - SETTLED).astimezone(zone), -1, zone)

    def request_for(self, window: Window, zone: tzinfo) -> Request:
        request = self.request()
        body = _dated(request.body.decode(), window, zone, escaped=False).encode()
        return replace(request, url=_dated(request.url, window, zone, escaped=True), body=body)

    def columns(self, known: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
        """Our words → the names they may have; `known` are the usual ones."""
        named_here = {"number": self.number_column, "amount": self.amount_column, "time": self.time_column}
        return {word: (name,) if name else known[word] for word, name in named_here.items()}


def _day(local: datetime, days: int, zone: tzinfo) -> Window:
    """Its midnights; a day with another clock is of 23 or 25 hours."""
    midnight = datetime(local.year, local.month, local.day) + timedelta(days=days)  # noqa: DTZ001 - gets its zone below
    since, until = (each.replace(tzinfo=zone).astimezone(UTC) for each in (midnight, midnight + timedelta(days=1)))
    return Window(since, until)


def _dated(text: str, window: Window, zone: tzinfo, *, escaped: bool) -> str:
    moments = {"from": window.since, "to": window.until, "last": window.until - timedelta(seconds=1)}

    def written(found: re.Match[str]) -> str:
        moment, form = moments[found[1]], found[2] or _WRITTEN
        if form in {"s", "ms"}:
            return str(int(moment.timestamp()) * (1000 if form == "ms" else 1))
        said = moment.astimezone(zone).strftime(form)
        return quote(said, safe="") if escaped else said

    return _MOMENT.sub(written, text)


Exports = Annotated[
    list[Annotated[Export, BeforeValidator(Export.written)]],
    Field(min_length=1),
    AfterValidator(lambda given: list(named(given).values())),
]
