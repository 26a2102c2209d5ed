"""The section `alerts`: which rules are judged, who is told, together with what, and when not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from exporter.config.hearing import Hearing
from exporter.config.heartbeat import Heartbeats
from exporter.config.times import Quiet, Reports
from exporter.grouping import Inhibition, Settings
from exporter.matching import Match, Matchers, matchers
from exporter.strict import Strict
from exporter.units import Duration

Several = BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
"""A list; one alone may be written as it is."""


def _by_severity(given: Any) -> Any:
    return given if isinstance(given, Mapping) else {"": given}


class Route(Strict):
    """Where the cards of matching alerts go; the first route that matches takes the alert."""

    match: Match = Matchers()
    """Labels that an alert must have: a value, or one after `!=`, `=~` or `!~`. Without any, every alert matches."""
    to: list[str]
    """The channels that are told."""
    mention: Annotated[dict[str, list[str]], BeforeValidator(_by_severity)] = Field(default_factory=dict)
    """Whom the card calls: mobile numbers, user ids or `@all`; for all alerts, or by severity."""
    group_by: Annotated[list[str], Several] = Field(default_factory=lambda: ["shop", "alertname", "channel"])
    """Alerts that agree in these labels are one card; `...`: each is its own."""
    group_wait: Duration = 0.0
    """How long a new group waits for more alerts."""
    group_interval: Duration = 60.0
    """How often a group tells news at most; that all is over is told at once."""
    repeat_interval: Duration = 4 * 3600.0
    """What still fires is told again after this; 0: never."""
    quiet: Quiet | None = None
    """When nobody is told; what still fires at its end is told then."""

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
    """The alert that explains."""
    target: Match
    """The alerts that are muted meanwhile."""
    equal: Annotated[list[str], Several] = Field(default_factory=list)
    """Labels in which both must agree."""

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


def _label(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name, re.ASCII) or name.startswith("__"):
        raise ValueError("cannot be a label; write letters, digits and `_`, and no `__` in front")
    return name


class Alerts(Strict):
    """How this sidecar judges its rules, and whom it tells."""

    source: Literal["rules", "alertmanager", "both"] = Field(default="rules", alias="from")
    """Who judges: our rules, an Alertmanager that posts to us, or both: our rules, and of what it says the rest."""
    alertmanager: Hearing = Hearing()
    """How what an Alertmanager posts is heard."""
    rules: Annotated[list[str], Several] = Field(default_factory=lambda: ["rules/*.yml"])
    """Patterns of rule files, relative to this file; where the default finds none, the rules that come along."""
    every: Annotated[Duration, Field(ge=0.1)] = 5.0
    """Rules are judged after every reading, and this often at the least."""
    routes: list[Route] = Field(default_factory=list)
    """The first that matches takes the alert; without routes, every channel is told of everything."""
    longest_silence: Annotated[Duration, Field(ge=3600, le=366 * 86400)] = 30 * 86400.0
    """Nothing is silenced for longer than this at once."""
    inhibit: list[Inhibit] = Field(default_factory=lambda: list(INHIBIT))
    """What is not told while something else explains it. Unless set, a dead database mutes what depends on it."""
    reports: Reports | None = None
    """Cards that are written at set times."""
    heartbeat: Heartbeats = Field(default_factory=list)
    """Signs of life: cards for rooms, or calls of an address, while there is judging and a probe has an answer."""
    external_labels: dict[Annotated[str, AfterValidator(_label)], str] = Field(default_factory=dict)
    """Tell this sidecar's alerts from another's: `$externalLabels` in rules."""
    export: bool = False
    """Puts `ALERTS` and `ALERTS_FOR_STATE` into /metrics, as Prometheus has them."""
    job: str = "order-health"
    """The label that a scrape of this sidecar would add, so that both judges name the same alerts; empty: none."""
    instance: str | None = None
    """As `job`; without it, it is `web.listen`."""
    promql: Literal[2, 3] = 3
    """The major version of the Prometheus that rules are judged like; they differ in the left end of ranges."""
