"""A ledger written as samples: the statements that take the most time, the slowest, and those that scan a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from exporter.model import Case, Metric, Sample
from exporter.probes.slow_queries import tell
from exporter.probes.slow_queries.ledger import Known, Ledger
from exporter.probes.slow_queries.statement import Shape, took

_CASES = 20


@dataclass(frozen=True, slots=True)
class Report:
    """`top` statements of each kind; one that has not run for `hold` is not told any more."""

    ledger: Ledger
    top: int
    hold: timedelta

    def totals(self) -> Iterator[Sample]:
        """Counters: they go on where they were after a restart."""
        for schema, count in self.ledger.slow.items():
            yield tell.SLOW(count, schema=schema)
        heavy = sorted(self.ledger.known.items(), key=lambda each: each[1].weight, reverse=True)
        for key, known in heavy[: self.top]:
            if known.seconds:
                schema, _, digest = key.rpartition("/")
                yield tell.SECONDS(known.seconds, digest=digest, schema=schema)

    def averages(self) -> Iterator[Sample]:
        for shape, known in self._told():
            of = partial(_labelled, shape)
            yield of(tell.AVERAGE, known.last.average, [_case(shape, known)])
            if shape.selects:
                yield of(tell.EXAMINED, known.last.examined / max(1, known.last.sent))

    def scans(self, tables: Mapping[str, frozenset[str]], small: int) -> Iterator[Sample]:
        """`tables`: by the label, the physical names that stand for it."""
        reading = [(shape, known) for shape, known in self._lately() if _scans(known, small)]
        for label, names in tables.items():
            found = [(shape, known) for shape, known in reading if names & shape.reads]
            cases = [_case(shape, known) for shape, known in found[:_CASES]]
            yield tell.FULL_SCANS(len(found), table=label, evidence=cases)

    def lost(self) -> Iterator[Sample]:
        asked, lost = self.ledger.grew.get("questions"), self.ledger.grew.get("lost")
        if asked and lost is not None:
            yield tell.LOST(min(1.0, lost / asked))

    def _told(self) -> list[tuple[Shape, Known]]:
        lately = self._lately()
        heavy = sorted(lately, key=lambda each: each[1].weight, reverse=True)[: self.top]
        slow = sorted(lately, key=lambda each: each[1].last.average, reverse=True)[: self.top]
        return list({shape.key: (shape, known) for shape, known in heavy + slow}.values())

    def _lately(self) -> list[tuple[Shape, Known]]:
        return [
            (known.shape, known)
            for known in self.ledger.known.values()
            if known.shape and known.ran and self.ledger.at and self.ledger.at - known.ran <= self.hold
        ]


def _labelled(shape: Shape, metric: Metric, value: float, cases: Iterable[Case] = ()) -> Sample:
    return metric(value, evidence=cases, digest=shape.digest, schema=shape.schema, table=shape.table)


def _scans(known: Known, small: int) -> bool:
    """No index used; of a SELECT, SUM_SELECT_SCAN tells it as well, of an UPDATE or DELETE it does not."""
    each = known.last
    return bool(each.unindexed or each.scans) and each.examined > small * each.runs


def _case(shape: Shape, known: Known) -> Case:
    each = known.last
    cost = f"{took(each.average)}, rows_examined {each.examined // max(1, each.runs):,}"
    return Case(shape.digest, None, ", ".join(filter(None, (cost, shape.note))), shape.text)
