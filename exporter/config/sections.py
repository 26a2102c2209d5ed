"""The sections of config.yaml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from sqlalchemy.engine import URL

from exporter.config.addresses import Database, DatabaseUrl, with_password
from exporter.config.plugged import Probes
from exporter.mapping import WORDS, Tables
from exporter.probes import known
from exporter.shop import Memory, Shop
from exporter.strict import Strict, fault, faults
from exporter.units import Duration


class ShopSection(Strict):
    """One order system: becomes `shop="<its key>"` on every metric."""

    database: DatabaseUrl
    password: SecretStr | None = None
    databases: dict[str, Annotated[Database, BeforeValidator(Database.written)]] = Field(default_factory=dict)
    tables: Tables
    probes: Probes

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.probes:
            names = ", ".join(known())
            raise faults("ShopSection", [fault(("probes",), "empty", f"name at least one: {names}")])
        if found := [
            fault(("tables", word, "database"), "dangling", f"no database {table.database!r}; add it to `databases:`")
            for word in WORDS
            if (table := self.tables.table(word)) and table.database and table.database not in self.databases
        ]:
            raise faults("ShopSection", found)
        return self

    def address(self) -> URL:
        return with_password(self.database, self.password)

    def opened(self, name: str, zone: ZoneInfo, memory: Memory) -> Shop:
        """The shop that this section describes; it connects when it is first asked something."""
        databases = {each: database.address() for each, database in self.databases.items()}
        return Shop.open(name, self.address(), None, self.tables, databases=databases, zone=zone, memory=memory)

    def lane(self) -> str:
        """Names the database without its account: probes of one lane run one after another."""
        url = self.address()
        return f"{url.host or ''}:{url.port or ''}/{url.database or ''}"


class Route(Strict):
    """Where the cards of matching alerts go; the first route that matches takes the alert."""

    match: dict[str, str] = Field(default_factory=dict)
    to: list[str]
    mention: list[str] = Field(default_factory=list)

    def takes(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(name) == value for name, value in self.match.items())


class Alerts(Strict):
    """`rules` are file patterns, relative to config.yaml; without any, the rules that order-health brings."""

    rules: Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = Field(
        default_factory=lambda: ["rules/*.yml"]
    )
    every: Annotated[Duration, Field(ge=0.1)] = 5.0
    routes: list[Route] = Field(default_factory=list)


def _opened_by_phones(url: str) -> str:
    if url and not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", url):
        raise ValueError("is not an address of a web page; write for example http://order-health.example.com")
    return url


def _host_and_port(listen: str) -> str:
    if not re.fullmatch(r"\S*:\d{1,5}", listen):
        raise ValueError("is no listen address; write host:port, for example 127.0.0.1:9847")
    return listen


class Web(Strict):
    listen: Annotated[str, AfterValidator(_host_and_port)] = "127.0.0.1:9847"
    external_url: Annotated[str, AfterValidator(_opened_by_phones)] = ""
