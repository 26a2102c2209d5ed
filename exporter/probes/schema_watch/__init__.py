"""The shape of the mapped tables: what changed since the last look, and weak spots that stand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from exporter.model import Gap, Metric, Sample
from exporter.probes import Probe
from exporter.probes.schema_watch import look, tell
from exporter.probes.schema_watch.compare import Kind, Verdict, judged
from exporter.probes.schema_watch.findings import Finding
from exporter.probes.schema_watch.findings.standing import Standing, gaps
from exporter.probes.schema_watch.look import Mapped, Place, Word
from exporter.probes.schema_watch.memory import CASES, Memory, Noticed
from exporter.probes.schema_watch.outline import Outline
from exporter.shop import Missing, Shop
from exporter.units import Duration

__all__ = ["SchemaWatch"]


class SchemaWatch(Probe):
    """Reads the catalogue alone, by literal names, and compares with what the last look remembered.

    A first look is no change, and what the account may not see is neither gone nor new.
    """

    METRICS: ClassVar[tuple[Metric, ...]] = tell.METRICS

    every: Annotated[Duration, Field(ge=0.1)] = 3600.0
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] = 10.0

    keep: Annotated[Duration, Field(gt=0)] = 24 * 3600.0
    """How long a change is told after the look that noticed it."""

    max_indexes: Annotated[int, Field(ge=0)] = 5
    """More secondary indexes on one table than this are a finding."""

    skip: tuple[Finding, ...] = ()
    """Findings not to look for."""

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample | Gap]:
        memory = Memory.loads(shop.recall())
        owners = look.mapped(shop)
        seen = look.shapes(shop, owners)
        if not seen and not memory.tables:
            names = ", ".join(place.table for place in list(owners)[:4])
            raise Missing(f"none of the mapped tables is there, or the account may see none of them: {names}")
        outlines = {place: look.outline(shop, place, seen.get(place), memory.tables.get(place.key)) for place in owners}
        noticed = list(_noticed(memory, owners, outlines, now))
        standing = Standing(shop, now, owners, seen, self.max_indexes)
        standing.look(self.skip)
        memory = memory.after(_kept(memory, outlines), noticed, now, timedelta(seconds=self.keep))
        shop.remember(memory.dumps())
        if noticed:
            shop.forget()
        yield from tell.changes(memory.noticed)
        yield from tell.findings(standing.findings.without(self.skip), {gap.check for gap in standing.gaps})
        yield from gaps(seen)
        yield from (gap for gap in standing.gaps if gap.check not in self.skip)


def _noticed(
    memory: Memory, owners: Mapping[Place, Mapped], outlines: Mapping[Place, Outline | None], now: datetime
) -> Iterator[Noticed]:
    found = defaultdict[tuple[Word, Kind], list[Verdict]](list)
    for place, owner in owners.items():
        if place.key in memory.tables:
            for verdict in _verdicts(place, owner, memory.tables[place.key], outlines[place]):
                found[owner.word, verdict.kind].append(verdict)
    for (word, kind), verdicts in found.items():
        cases = tuple((verdict.name, verdict.note) for verdict in verdicts[:CASES])
        yield Noticed(now, word, kind, len(verdicts), cases)


def _verdicts(place: Place, owner: Mapped, old: Outline | None, new: Outline | None) -> Iterator[Verdict]:
    if old is None or new is None:
        if new is not None:
            yield Verdict("added", place.table, "CREATE TABLE")
        elif old is not None:
            yield Verdict("table_gone", place.table, "DROP TABLE")
        return
    for verdict in judged(old, new, owner.needs):
        yield Verdict(verdict.kind, f"{place.table}.{verdict.name}", verdict.note)


def _kept(memory: Memory, outlines: Mapping[Place, Outline | None]) -> dict[str, Outline | None]:
    """As they are now; what the account no longer sees stays as it was."""
    kept: dict[str, Outline | None] = {}
    for place, outline in outlines.items():
        before = memory.tables.get(place.key)
        kept[place.key] = outline.after(before) if outline and before else outline
    return kept
