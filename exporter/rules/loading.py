"""All rule files together, or every fault of all of them."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.promql import NEWEST, Version
from exporter.rules import files
from exporter.rules.rule import Rule, doubled


class RuleFaultError(ValueError):
    """The rule files cannot be used; `faults` are lines like `rules/x.yml:7: group "g": alert "A": what; remedy`."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def read_rules(patterns: Sequence[str], version: Version = NEWEST) -> list[Rule]:
    """The rules of every file that a pattern matches. Raises `RuleFaultError` with all faults of all files."""
    faults: list[str] = []
    rules = [rule for path in files.paths(patterns, faults) for rule in files.read(path, faults, version)]
    faults += doubled(rules)
    if faults:
        raise RuleFaultError(faults)
    return rules
