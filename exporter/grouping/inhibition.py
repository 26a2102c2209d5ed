"""What one alert explains of another: a dead database is told, and not everything that depends on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from exporter.matching import Matchers
from exporter.model import Alert, AlertKey, Mute


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert that `source` takes fires, those that `target` takes are muted, where the labels `equal` agree.

    A label that both lack agrees. An alert that both sides take does not mute others of its own kind.
    """

    source: Matchers
    target: Matchers
    equal: tuple[str, ...] = ()

    def place(self, alert: Alert) -> tuple[str, ...]:
        return tuple(alert.labels.get(name, "") for name in self.equal)


def inhibited(rules: Iterable[Inhibition], alerts: Collection[Alert]) -> dict[AlertKey, Mute]:
    """The muted ones of `alerts`, each with the rule of the alert that explains it; only what fires explains."""
    found: dict[AlertKey, Mute] = {}
    for rule in rules:
        sources: defaultdict[tuple[str, ...], list[Alert]] = defaultdict(list)
        for alert in alerts:
            if alert.status == "firing" and rule.source.takes(alert.labels):
                sources[rule.place(alert)].append(alert)
        for alert in alerts if sources else ():
            if alert.key not in found and rule.target.takes(alert.labels):
                source = _source(rule, alert, sources.get(rule.place(alert), ()))
                if source:
                    found[alert.key] = Mute("inhibited", by=source.rule, since=source.since)
    return found


def _source(rule: Inhibition, alert: Alert, sources: Iterable[Alert]) -> Alert | None:
    both = rule.source.takes(alert.labels)
    fitting = (each for each in sources if each.key != alert.key and not (both and rule.target.takes(each.labels)))
    return next(fitting, None)
