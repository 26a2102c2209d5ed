"""The section `alerts`: which rules are judged, who is told, together with what, and when not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field

from exporter.config.heartbeat import Heartbeats
from exporter.grouping import Inhibition, Settings
from exporter.matching import Match, Matchers, matchers
from exporter.strict import Strict, nearest
from exporter.units import Duration


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
Several = BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
"""A list; one alone may be written as it is."""


class Quiet(Strict):
    """From one time of day to another, if need be over midnight, nobody is told but of severities in `except`."""

    begin: TimeOfDay = Field(alias="from")
    end: TimeOfDay = Field(alias="to")
    zone: Zone | None = None
    excepted: list[str] = Field(default_factory=lambda: ["critical"], alias="except")

    def until(self, at: datetime, zone: tzinfo) -> datetime | None:
        """When the quiet in which `at` falls ends; None outside of it. `zone` is for a section that names none."""
        local = at.astimezone(self.zone or zone)
        clock = local.time()
        over_midnight = self.begin >= self.end
        if not (clock >= self.begin or clock < self.end if over_midnight else self.begin <= clock < self.end):
            return None
        day = local.date() + timedelta(days=over_midnight and clock >= self.begin)
        return datetime.combine(day, self.end, local.tzinfo).astimezone(UTC)


def _by_severity(given: Any) -> Any:
    return given if isinstance(given, Mapping) else {"": given}


class Route(Strict):
    """Where the cards of matching alerts go; the first route that matches takes the alert.

    Alerts that agree in the labels `group_by` are told together (`...`: each by itself). A group is told after
    `group_wait`, of news at most every `group_interval`, and of what still fires every `repeat_interval` (0: never).
    """

    match: Match = Matchers()
    to: list[str]
    mention: Annotated[dict[str, list[str]], BeforeValidator(_by_severity)] = Field(default_factory=dict)
    group_by: Annotated[list[str], Several] = Field(default_factory=lambda: ["shop", "alertname", "channel"])
    group_wait: Duration = 0.0
    group_interval: Duration = 60.0
    repeat_interval: Duration = 4 * 3600.0
    quiet: Quiet | None = None

    def takes(self, labels: Mapping[str, str]) -> bool:
        return self.match.takes(labels)

    @cached_property
    def settings(self) -> Settings:
        return Settings(
            route=str(self.match),
            receiver=",".join(self.to),
            by=tuple(self.group_by),
            wait=self.group_wait,
            interval=self.group_interval,
            repeat=self.repeat_interval,
        )

    def quiet_until(self, labels: Mapping[str, str], at: datetime, zone: tzinfo) -> datetime | None:
        """Until when an alert with these labels is kept back; None when it is told."""
        if self.quiet is None or labels.get("severity", "info") in self.quiet.excepted:
            return None
        return self.quiet.until(at, zone)

    def called(self, severity: str) -> list[str]:
        """Whom an alert of this severity calls."""
        return [*self.mention.get("", ()), *self.mention.get(severity, ())]


class Inhibit(Strict):
    """While an alert that `source` takes fires, those of `target` that agree with it in `equal` are muted."""

    source: Match
    target: Match
    equal: Annotated[list[str], Several] = Field(default_factory=list)

    @cached_property
    def inhibition(self) -> Inhibition:
        return Inhibition(self.source, self.target, tuple(self.equal))


def _inhibit(source: str, target: str, *equal: str, **more: str) -> Inhibit:
    made = matchers({"alertname": source, **more}), matchers({"alertname": target})
    return Inhibit(source=made[0], target=made[1], equal=list(equal))


INHIBIT = (
    _inhibit(
        "DatabaseNotAnswering",
        "=~ProbeFailing|ProbeStale|ShardsNotRead|QueryFailing|ExportUnchecked|ExportRowsUnchecked"
        "|ConsumerDelayed|ConsumerBacklog",
        "shop",
    ),
    _inhibit("NoProbeSucceeded", "=~ProbeFailing|DatabaseNotAnswering"),
    _inhibit("ChannelRefused", "CardsNotDelivered", "channel"),
)
"""What holds unless `inhibit` says otherwise: a dead database is one card, not one for each check that needs it.

No fault of orders or money is silenced that way: consumers and exports that stand still are told all the same.
"""


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _weekly(text: object) -> tuple[int, time]:
    day, _, clock = str(text).partition(" ")
    if day.lower() not in _DAYS:
        raise ValueError(f'{text!r} is no day and time; write for example "mon 09:00"')
    return _DAYS.index(day.lower()), _clock(clock)


class Reports(Strict):
    """Cards that are written at set times of the configuration's zone: `daily` "09:00", `weekly` "mon 09:00"."""

    daily: TimeOfDay | None = None
    weekly: Annotated[tuple[int, time], BeforeValidator(_weekly)] | None = None
    to: list[str]

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


def _label(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name, re.ASCII) or name.startswith("__"):
        raise ValueError("cannot be a label; write letters, digits and `_`, and no `__` in front")
    return name


class Alerts(Strict):
    """`rules` are file patterns, relative to config.yaml; without any, the rules that order-health brings.

    `external_labels` tell this sidecar's alerts from another's; `export` puts the alerts into /metrics. `job` and
    `instance` are the labels that a scrape would add, empty for none; without `instance` it is `web.listen`. `promql`:
    the major version of the Prometheus that the rules are judged like.
    """

    rules: Annotated[list[str], Several] = Field(default_factory=lambda: ["rules/*.yml"])
    every: Annotated[Duration, Field(ge=0.1)] = 5.0
    routes: list[Route] = Field(default_factory=list)
    longest_silence: Annotated[Duration, Field(ge=3600, le=366 * 86400)] = 30 * 86400.0
    inhibit: list[Inhibit] = Field(default_factory=lambda: list(INHIBIT))
    reports: Reports | None = None
    heartbeat: Heartbeats = Field(default_factory=list)
    external_labels: dict[Annotated[str, AfterValidator(_label)], str] = Field(default_factory=dict)
    export: bool = False
    job: str = "order-health"
    instance: str | None = None
    promql: Literal[2, 3] = 3
