"""Metrics without code: named SELECTs whose columns become values and labels."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from exporter.model import Metric, Sample
from exporter.probes import Probe
from exporter.probes.sql.query import Query, QueryName
from exporter.probes.sql.samples import samples
from exporter.shop import Shop
from exporter.strict import Place, fault, faults
from exporter.units import Duration


class Sql(Probe):
    """Each query runs apart: at its own pace, and one that fails leaves the others as they are."""

    METRICS: ClassVar[tuple[Metric, ...]] = ()
    PART: ClassVar[str] = "query"

    every: Annotated[Duration, Field(ge=0.1)] = 60.0
    queries: dict[QueryName, Query] = Field(min_length=1)
    """By their names; each fails and recovers by itself."""

    @model_validator(mode="after")
    def _one_metric_one_meaning(self) -> Self:
        """Two queries may fill one metric, but it is one family: one kind, one help, the same labels."""
        first: dict[str, tuple[str, Metric]] = {}
        found = []
        for name, query in self.queries.items():
            for metric in query.made:
                other, known = first.setdefault(metric.name, (name, metric))
                if known != metric:
                    text = f"query {other} makes {metric.name} with another kind, help or other labels; make them alike"
                    found.append(fault(("queries", name, "metrics", metric.name), "two_meanings", text))
        if found:
            raise faults("Sql", found)
        return self

    def parts(self, replicas: Collection[str]) -> Mapping[str, Self]:  # noqa: ARG002 - a query names its replica itself
        return {
            name: self.model_copy(update={"every": query.every or self.every, "timeout": query.timeout or self.timeout})
            for name, query in self.queries.items()
        }

    def metrics(self, part: str) -> tuple[Metric, ...]:
        return self.queries[part].made

    def servers(self) -> Iterator[tuple[Place, str]]:
        for name, query in self.queries.items():
            for key in ("database", "replica"):
                if getattr(query, key):
                    yield ("queries", name, key), getattr(query, key)

    def selects(self) -> Mapping[str, str]:
        return {f"query {name}": query.query.text for name, query in self.queries.items()}

    def lane(self, part: str) -> str:
        """A replica's queries wait for each other, not for the probes of the shop's own database."""
        query = self.queries[part]
        return "/".join(filter(None, (query.replica and "replica", query.replica or query.database)))

    def read(self, shop: Shop, now: datetime) -> Iterable[Sample]:  # noqa: ARG002 - a query has its own idea of now
        query = self.queries[shop.part]
        node = shop.replica(query.replica) if query.replica else shop.node(query.database)
        rows = node.select(query.query, about=f"the query {shop.part}", cap=query.max_rows)
        return samples(query, rows)
