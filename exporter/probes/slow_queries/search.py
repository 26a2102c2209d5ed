"""A search that people wait for, as config.yaml has it: one SELECT with example values and a budget."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, Secret, model_validator

from exporter.database.select import Select
from exporter.probes.slow_queries.tell import STATEMENTS
from exporter.strict import Strict, fault, faults, unknown
from exporter.units import Duration

ROWS = 1000
"""Rows that are fetched at most: what is measured is the time to the last row, or to this one."""


def _named(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise ValueError("the name of a search becomes a label; write letters, digits, _, . and -, such as by_phone")
    if name == STATEMENTS:
        raise ValueError(f"{name} names what the server's statistics tell; call the search something else")
    return name


def _secret(value: object) -> object:
    """A value may be a customer's number: it is hidden wherever the configuration is shown."""
    if not isinstance(value, str | int | float | date | datetime):
        raise ValueError("is no value; write a text, a number or a date")  # noqa: TRY004 - pydantic reads ValueError
    return Secret(value)


SearchName = Annotated[str, AfterValidator(_named)]
_Query = Annotated[Select, BeforeValidator(lambda text: Select.parse(str(text)))]
_Value = Annotated[Secret[Any], BeforeValidator(_secret)]


class Search(Strict):
    """`values` stand for :name in the query. What is not given here is as the probe has it."""

    query: _Query
    """A SELECT as your pages send it, with `:name` for what people type."""
    values: dict[str, _Value] = Field(default_factory=dict)
    """An example for each `:name`; shown nowhere."""
    budget: Annotated[Duration, Field(gt=0)] | None = None
    """Its own, where the probe's does not fit."""
    every: Annotated[Duration, Field(ge=0.1)] | None = None
    """Its own pace, where the probe's does not fit."""
    timeout: Annotated[Duration, Field(ge=0.1, le=60)] | None = None
    """Its own, where the probe's does not fit."""
    database: str = ""
    """Where it runs, if not on the shop's own: one of `databases` …"""
    replica: str = ""
    """… or one of `replicas`."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        found = [
            fault(("values",), "missing_value", f"the query asks for :{name}; write {name}: with an example")
            for name in sorted(self.query.names - self.values.keys())
        ]
        found += [
            fault(("values", name), "unknown_value", f"the query has no :{name}; {unknown(name, self.query.names)}")
            for name in sorted(self.values.keys() - self.query.names)
        ]
        if self.database and self.replica:
            found.append(fault(("replica",), "two_places", "a search runs in one place; write database or replica"))
        if not found:
            try:
                self.query.bounded(ROWS, self.plain)
            except ValueError as error:
                found.append(fault(("query",), "limit", str(error)))
        if found:
            raise faults("Search", found)
        return self

    @property
    def plain(self) -> dict[str, Any]:
        return {name: value.get_secret_value() for name, value in self.values.items()}


def written(value: object) -> object:
    """A bare SELECT stands for a search without further settings."""
    return {"query": value} if isinstance(value, str) else value


Searches = dict[SearchName, Annotated[Search, BeforeValidator(written)]]
