"""What a probe brings back."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import Literal, NamedTuple

Kind = Literal["gauge", "counter", "histogram"]


class Name(NamedTuple):
    """What is watched apart: one part of one probe of one shop; most probes have the one part ""."""

    shop: str
    probe: str
    part: str = ""

    @property
    def said(self) -> str:
        """As logs and job names have it: shop/probe or shop/probe/part."""
        return "/".join(filter(None, self))


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of evidence: what an operator can look up, and nothing about the customer.

    `ref` is an order number or a SKU, `since` when the fault began, `note` a short amount or quantity ("¥128.00") in
    figures and words of SQL, which are the same in every language; its parts are set apart by " · ", and one in words
    is told in both, "3 条待消费 / 3 waiting". `statement` is SQL, its values hidden.
    """

    ref: str
    since: datetime | None = None
    note: str = ""
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family, declared beside the probe that fills it; calling it makes a `Sample`.

    The label `shop` is not named here: every reading adds it. `bounds` are the upper bounds, inclusive and ascending,
    of a histogram's buckets; it is told by `observed`. `of`: the histogram that this series is one of.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Kind = "gauge"
    bounds: tuple[int, ...] = ()
    of: Metric | None = None

    @property
    def family(self) -> Metric:
        """What HELP and TYPE stand for once."""
        return self.of or self

    @property
    def series(self) -> tuple[Metric, ...]:
        """What its samples are named: itself; of a histogram `…_bucket`, `…_sum` and `…_count`."""
        return _series(self) if self.kind == "histogram" else (self,)

    def observed(self, buckets: Sequence[int], count: int, total: float, **labels: str) -> Iterator[Sample]:
        """Of a histogram: observations between two bounds (one number for each bound), in all, and their sum."""
        bucket, summed, counted = self.series
        ends = [*zip(map(str, self.bounds), accumulate(buckets), strict=True), ("+Inf", count)]
        for end, below in ends:
            yield bucket(below, evidence=(), le=end, **labels)
        yield summed(total, evidence=(), **labels)
        yield counted(count, evidence=(), **labels)

    def __call__(self, value: float, *, evidence: Iterable[Case] = (), **labels: str) -> Sample:
        if set(labels) != set(self.labels):
            raise ValueError(f"{self.name} takes the labels {self.labels}, not {tuple(labels)}")
        number = float(value)
        if math.isnan(number):
            raise ValueError(f"{self.name} would be NaN, and a rule that compares NaN is silently off")
        return Sample(self, number, tuple(str(labels[name]) for name in self.labels), tuple(evidence))


@cache
def _series(histogram: Metric) -> tuple[Metric, Metric, Metric]:
    def one(suffix: str, *more: str) -> Metric:
        labels = (*histogram.labels, *more)
        return Metric(f"{histogram.name}_{suffix}", histogram.help, labels, "counter", of=histogram)

    return one("bucket", "le"), one("sum"), one("count")


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric; `labels` are the values in the order of `metric.labels`."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()
    evidence: tuple[Case, ...] = ()

    def labelled(self, shop: str) -> dict[str, str]:
        """The labels as Prometheus sees them, `shop` among them unless it is empty."""
        named = dict(zip(self.metric.labels, self.labels, strict=True))
        return {**named, "shop": shop} if shop else named


@dataclass(frozen=True, slots=True)
class Gap:
    """A check that this shop cannot answer, and why: shown as "not applicable", never exported as 0."""

    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a sharded table a probe has seen: shards in all, those that the last run read, those long unread.

    Of `unread` shards no answer stands any more: the figures lack them. `why` tells of the first silent ones.
    """

    table: str
    total: int
    scanned: int
    unread: int
    why: str = ""

    def __str__(self) -> str:
        return f"{self.table}: {self.scanned} of {self.total} shards answered. {self.why}".rstrip()

    @property
    def partial(self) -> bool:
        return self.scanned < self.total


@dataclass(frozen=True, slots=True)
class Step:
    """One table of a plan: how it is read (`access` in MySQL's words) and how many rows the server expects."""

    table: str
    access: str
    key: str | None
    rows: int

    def __str__(self) -> str:
        return f"{self.table}: {self.access} over {self.key or 'no index'}, about {self.rows} rows"


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement of one run; its binds are never kept."""

    sql: str
    seconds: float
    rows: int
    plan: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run of a probe brought back; `error` is set exactly when it failed, and then there are no samples.

    `part` names what was asked where a probe runs as several parts: a replica, a query.
    `at` is when the run began, `seconds` how long it took, `last_success` when the probe last answered. `asked` are
    the statements it sent, for the probe's page: of many the slowest; `statements` is how many there were.
    """

    probe: str
    shop: str
    at: datetime
    seconds: float
    samples: tuple[Sample, ...] = ()
    gaps: tuple[Gap, ...] = ()
    error: str | None = None
    last_success: datetime | None = None
    part: str = ""
    coverage: tuple[Coverage, ...] = ()
    asked: tuple[Asked, ...] = ()
    statements: int = 0

    @property
    def name(self) -> Name:
        return Name(self.shop, self.probe, self.part)
