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


def changes(noticed: Iterable[Noticed], words: Iterable[Word]) -> Iterator[Sample]:
    """Every mapped table and kind, at 0 while nothing was noticed (`noticed` is empty then), the worst kinds first."""
    for word in words:
        for kind in KINDS:
            yield CHANGES(0, table=word, change=kind, noticed="")
    looks: dict[tuple[str, Word, Kind], list[Noticed]] = {}
    for each in noticed:
        looks.setdefault((f"{each.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", each.word, each.kind), []).append(each)
    for (at, word, kind), same in sorted(looks.items(), key=lambda look: (look[0][0], KINDS.index(look[0][2]))):
        cases = [Case(name, each.at, note) for each in same for name, note in each.cases]
        count = sum(each.count for each in same)
        yield CHANGES(count, table=word, change=kind, noticed=at, evidence=cases)


def findings(found: Mapping[tuple[str, Finding], Collection[Found]]) -> Iterator[Sample]:
    """By table and finding, at 0 where nothing was found."""
    for (table, finding), each in found.items():
        cases = [Case(one.name, None, one.note) for one in list(each)[:EVIDENCE]]
        yield FINDINGS(len(each), table=table, finding=finding, evidence=cases)
