"""The metrics of `schema_watch`: changes and findings written as samples."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC

from exporter.model import Case, Metric, Sample
from exporter.probes.schema_watch.compare import KINDS, Kind
from exporter.probes.schema_watch.findings import Finding, Found
from exporter.probes.schema_watch.look import Word
from exporter.probes.schema_watch.memory import Noticed

EVIDENCE = 50

CHANGES = Metric(
    "order_health_schema_changes",
    "Changes to the shape of the mapped table noticed within `keep`, by kind and by the look that noticed them.",
    ("table", "change", "noticed"),
)
FINDINGS = Metric(
    "order_health_schema_findings",
    "Weak spots in the shape of the mapped table, or in how the database is set up.",
    ("table", "finding"),
)
METRICS = (CHANGES, FINDINGS)


def changes(noticed: Iterable[Noticed]) -> Iterator[Sample]:
    """One for each look, table and kind that changed, the worst kinds first; none where nothing did.

    A change has no 0 to come back to: zeros for all kinds of all tables would be most of a shop's series.
    """
    looks: dict[tuple[str, Word, Kind], list[Noticed]] = {}
    for each in noticed:
        looks.setdefault((f"{each.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", each.word, each.kind), []).append(each)
    for (at, word, kind), same in sorted(looks.items(), key=lambda look: (look[0][0], KINDS.index(look[0][2]))):
        cases = [Case(name, each.at, note) for each in same for name, note in each.cases]
        count = sum(each.count for each in same)
        yield CHANGES(count, table=word, change=kind, noticed=at, evidence=cases)


def findings(found: Mapping[tuple[str, Finding], Collection[Found]], unseen: Collection[str]) -> Iterator[Sample]:
    """By table where something was found; one 0 without a table for a finding that was looked for in vain.

    `unseen`: findings for which not all could be looked at, so that nothing found means nothing.
    """
    there = {finding for (_, finding), each in found.items() if each}
    for finding in dict.fromkeys(finding for _, finding in found):
        if finding not in there and finding not in unseen:
            yield FINDINGS(0, table="", finding=finding)
    for (table, finding), each in found.items():
        if each:
            cases = [Case(one.name, None, one.note) for one in list(each)[:EVIDENCE]]
            yield FINDINGS(len(each), table=table, finding=finding, evidence=cases)
