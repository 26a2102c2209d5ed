"""What the judge goes by: rules, and who is told of what."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from exporter import grouping
from exporter.config import Config, Route
from exporter.model import Alert, AlertKey, Mute, Name
from exporter.rules import Rulebook


@dataclass(frozen=True)
class Bench:
    """What a judge judges by: changes with the configuration, as a whole."""

    rulebook: Rulebook
    config: Config

    @cached_property
    def watched(self) -> Mapping[Name, frozenset[str]]:
        """What is watched, with the names of the metrics that each makes."""
        return {
            name: frozenset(series.name for metric in probe.metrics(name.part) for series in metric.series)
            for shop, section in self.config.shops.items()
            for name, probe in section.parts(shop).items()
        }

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Without any, every channel is told of everything."""
        if self.config.alerts.routes or not self.config.channels:
            return tuple(self.config.alerts.routes)
        return (Route(to=list(self.config.channels)),)

    def route(self, labels: Mapping[str, str]) -> Route | None:
        """The first that takes these labels."""
        return next((route for route in self.routes if route.takes(labels)), None)

    def rooms(self, route: Route, about: Iterable[Mapping[str, str]]) -> list[str]:
        """The channels that are told of alerts with these labels: not those that cannot be told anything, it says.

        Where a route has no other, the other channels are told instead; only without any it waits for the lame one.
        """
        lame = {labels["channel"] for labels in about if labels.get("probe") == "watch" and "channel" in labels}
        others = [name for name in route.to if name not in lame]
        return others or [name for name in self.config.channels if name not in lame] or route.to

    def settings(self, labels: Mapping[str, str]) -> grouping.Settings | None:
        route = self.route(labels)
        return route.settings if route else None

    def group(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        """The labels by which an alert with these is told together with others."""
        settings = self.settings(labels)
        return settings.labels(labels) if settings else labels

    def muted(self, among: Collection[Alert], now: datetime) -> dict[AlertKey, Mute]:
        """By what the configuration says: quiet hours of their route, or another alert that explains them."""
        found = grouping.inhibited((each.inhibition for each in self.config.alerts.inhibit), among)
        for alert in among:
            route = self.route(alert.labels)
            until = route.quiet_until(alert.labels, now, self.config.zone) if route else None
            if until:
                found[alert.key] = Mute("quiet", until=until)
        return found
