"""A query as config.yaml has it, its names checked as promtool checks them."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from exporter.database.select import Select
from exporter.model import Metric
from exporter.strict import Strict, fault, faults
from exporter.units import Duration

_SERIES = 500
"""Series that one query may make; an order number or a user as a label would soon make millions."""

_RESERVED = {"shop": "every metric of a shop has it", "job": "Prometheus sets it", "instance": "Prometheus sets it"}
_RESERVED |= dict.fromkeys(("le", "quantile"), "histograms and summaries have it")
_SUFFIXES = ("_bucket", "_count", "_sum", "_info", "_created")
_UNITS = {
    "milliseconds": "seconds",
    "ms": "seconds",
    "minutes": "seconds",
    "hours": "seconds",
    "days": "seconds",
    "kilobytes": "bytes",
    "kb": "bytes",
    "megabytes": "bytes",
    "mb": "bytes",
    "gigabytes": "bytes",
    "percent": "ratio",
}


def _query_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise ValueError("the name of a query becomes a label; write small letters, digits and _, such as refunds_open")
    return name


def _metric_name(name: str) -> str:
    if not re.fullmatch(r"[a-z_:][a-z0-9_]*", name) or ":" in name or name.startswith("_"):
        raise ValueError("is no name of a metric; write small letters, digits and _, such as shop_refunds_open")
    if name.startswith("order_health_"):
        raise ValueError("order_health_… are the metrics that come along; begin with a name of your own, such as shop_")
    for suffix in _SUFFIXES:
        if name.endswith(suffix):
            raise ValueError(f"{suffix} is kept for histograms, summaries and info metrics; choose another ending")
    for part in name.split("_"):
        if part in _UNITS:
            raise ValueError(f"{part} is no base unit; tell it in {_UNITS[part]}, and let the query convert")
    return name


def _label(name: str) -> str:
    if not re.fullmatch(r"[a-zA-Z_][a-zA-Z0-9_]*", name) or name.startswith("__"):
        raise ValueError("is no name of a label; give the column one in the query: SELECT … AS reason")
    if name in _RESERVED:
        raise ValueError(f"the label {name} is taken: {_RESERVED[name]}; give the column another name in the query")
    return name


def _select(text: object) -> Select:
    select = Select.parse(str(text))
    if select.names:
        raise ValueError(f"asks for the value :{min(select.names)}; write the value itself")
    return select


QueryName = Annotated[str, AfterValidator(_query_name)]


class Value(Strict):
    """A metric that one column of the query fills."""

    value: str = Field(min_length=1)
    """The column whose number it is."""
    kind: Literal["gauge", "counter"] = "gauge"
    """What Prometheus is told that it is."""
    help: str = ""
    """What Prometheus and the status page say of it."""


class Query(Strict):
    """One SELECT: each row is one series of each of its metrics."""

    query: Annotated[Select, BeforeValidator(_select)]
    """One SELECT, checked and judged by its plan like ours."""
    metrics: dict[Annotated[str, AfterValidator(_metric_name)], Value] = Field(min_length=1)
    """Its metrics by their names, which begin with a word of your own."""
    labels: list[Annotated[str, AfterValidator(_label)]] = Field(default_factory=list)
    """Columns that become labels."""
    every: Annotated[Duration, Field(ge=0.1)] | None = None
    """Its own pace, where the probe's does not fit."""
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] | None = None
    """Its own, where the probe's does not fit."""
    database: str = ""
    """Where it runs, if not on the shop's own: one of `databases` …"""
    replica: str = ""
    """… or one of `replicas`."""
    max_rows: int = Field(default=100, ge=1, le=_SERIES)
    """More rows than this fail the query: a row is a series."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = [
            fault(("metrics", name), "counter_name", text)
            for name, value in self.metrics.items()
            if (text := _counted(name, value.kind))
        ]
        if (self.query.limit() or 0) > self.max_rows + 1:
            text = f"has a LIMIT of more than max_rows ({self.max_rows}); a row is a series: group them"
            found.append(fault(("query",), "limit", text))
        if self.database and self.replica:
            found.append(fault(("replica",), "two_places", "a query runs in one place; write database or replica"))
        if len(set(self.labels)) < len(self.labels):
            found.append(fault(("labels",), "twice", "a label stands here twice; name each once"))
        if both := {each.value for each in self.metrics.values()} & set(self.labels):
            found.append(fault(("labels",), "both", f"the column {min(both)} is a value already; a label it cannot be"))
        if found:
            raise faults("Query", found)
        return self

    @cached_property
    def made(self) -> tuple[Metric, ...]:
        """The metric families, in the order of the file."""
        return tuple(
            Metric(
                name,
                value.help or f"{name.replace('_', ' ').capitalize()}, by a query.",
                tuple(self.labels),
                value.kind,
            )
            for name, value in self.metrics.items()
        )


def _counted(name: str, kind: str) -> str:
    if kind == "counter" and not name.endswith("_total"):
        return f"a counter ends in _total; name it {name}_total, or make it a gauge"
    if kind == "gauge" and name.endswith("_total"):
        return "only counters end in _total; drop the ending, or write kind: counter for what never falls"
    return ""
