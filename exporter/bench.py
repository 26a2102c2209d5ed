"""What the judge goes by: rules, and who is told of what."""

from __future__ import annotations

from collections import defaultdict
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
    def titles(self) -> frozenset[str]:
        """What the alerts of our rules are called."""
        return frozenset(self.rulebook.rule(name).title for name in self.rulebook.names())

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Without any, every channel is told of everything."""
        if self.config.alerts.routes or not self.config.channels:
            return tuple(self.config.alerts.routes)
        return (Route(to=list(self.config.channels)),)

    def route(self, labels: Mapping[str, str]) -> Route | None:
        """The first that takes these labels."""
        return next((route for route in self.routes if route.takes(labels)), None)

    def posted(self, alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
        """What fires, by the channels that take alerts and not cards; muted or not, for they mute by themselves."""
        found: defaultdict[str, list[Alert]] = defaultdict(list)
        peers = self.config.channels.keys() - self.config.rooms().keys()
        for alert in alerts if peers else ():
            route = self.route(alert.labels) if alert.status == "firing" else None
            for name in peers & set(route.to) if route else ():
                found[name].append(alert)
        return found

    def heard(self, receiver: str, labels: Mapping[str, str]) -> Route | None:
        """For an alert that an Alertmanager tells to this receiver; one named like a channel is that channel."""
        route = self.route(labels)
        if receiver not in self.config.rooms():
            return route
        return route.model_copy(update={"to": [receiver]}) if route else Route(to=[receiver])

    def judges(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is ours to tell, whoever else says it."""
        if self.config.alerts.source == "alertmanager" or labels.get("alertname") not in self.titles:
            return False
        return labels.get("shop", "") in {"", *self.config.shops}

    def rooms(self, route: Route, about: Iterable[Mapping[str, str]]) -> list[str]:
        """The rooms that are told of alerts with these labels: not those that cannot be told anything, it says.

        Where a route has no other, the other rooms are told instead; only without any it waits for the lame one.
        """
        known = self.config.rooms()
        lame = {labels["channel"] for labels in about if labels.get("probe") == "watch" and "channel" in labels}
        told = [name for name in route.to if name in known]
        others = [name for name in told if name not in lame]
        return others or (told and [name for name in known if name not in lame]) or told

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
