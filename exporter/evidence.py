"""What our own rules find, for alerts that somebody else judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from exporter.model import Alert, Finding
from exporter.rules import Judgement, Rulebook

_OF_A_SCRAPE = frozenset({"job", "instance"})
_Texts = tuple[str, ...]


@dataclass(frozen=True)
class Evidence:
    """Of one round; before the first there is none. Labels that a scrape adds, and external ones, are passed over."""

    rulebook: Rulebook | None = None
    judgement: Judgement | None = None

    def known(self, alert: Alert) -> Alert:
        """With value and evidence, where a rule of ours finds the same now."""
        for names, by_values in self._findings.get(alert.rule, {}).items():
            if found := by_values.get(tuple(alert.labels.get(name, "") for name in names)):
                return replace(alert, value=found.value, evidence=found.evidence)
        return alert

    def value_now(self, alert: Alert) -> float | None:
        """What the rule of an alert that ended compares now; None where that is not one number."""
        if not self.rulebook or not self.judgement:
            return None
        labels = {name: text for name, text in alert.labels.items() if name not in _OF_A_SCRAPE}
        for name in self.rulebook.names():
            rule = self.rulebook.rule(name)
            severity = rule.labels.get("severity")
            if rule.title == alert.rule and (severity is None or severity.text == alert.labels.get("severity")):
                return self.judgement.value_now(replace(alert, rule=name, labels=labels))
        return None

    @cached_property
    def _findings(self) -> Mapping[str, Mapping[_Texts, Mapping[_Texts, Finding]]]:
        """By the alert's name, the names of their labels and their values: thousands are looked up at once."""
        found: defaultdict[str, defaultdict[_Texts, dict[_Texts, Finding]]] = defaultdict(lambda: defaultdict(dict))
        for each in self.judgement.findings if self.judgement else ():
            names = tuple(sorted(each.labels.keys() - _OF_A_SCRAPE))
            found[each.labels.get("alertname", "")][names][tuple(each.labels[name] for name in names)] = each
        return found
