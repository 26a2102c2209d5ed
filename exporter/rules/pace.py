"""Which groups are due: each at its own interval, as Prometheus would."""

from __future__ import annotations

from datetime import datetime

from exporter.rules.rule import Rule


class Pace:
    """A group with an interval is due at the first round of each of its intervals; one without, at every round."""

    def __init__(self) -> None:
        self._judged: dict[tuple[str, str], int] = {}

    def waiting(self, rules: dict[str, Rule], at: datetime) -> frozenset[str]:
        """The names of the rules that are not due at this instant; the others count as judged."""
        now = {(rule.file, rule.group): int(at.timestamp() // rule.every) for rule in rules.values() if rule.every}
        early = {group for group, slot in now.items() if self._judged.get(group) == slot}
        self._judged = now
        return frozenset(name for name, rule in rules.items() if (rule.file, rule.group) in early)
