"""The sections of config.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from sqlalchemy.engine import URL

from exporter.config.addresses import Database, DatabaseUrl, named, with_password
from exporter.config.plugged import Probes, Queues
from exporter.mapping import WORDS, Tables
from exporter.model import Name
from exporter.probes import Probe, known
from exporter.shop import Memory, Shop
from exporter.strict import Strict, below, fault, faults, unknown

Databases = dict[Annotated[str, AfterValidator(named)], Annotated[Database, BeforeValidator(Database.written)]]
"""By a name of the shop's choice, which becomes a label."""


class ShopSection(Strict):
    """One order system: becomes `shop="<its key>"` on every metric."""

    database: DatabaseUrl
    """The order database: `mysql+pymysql://`, `postgresql+psycopg://` or `sqlite:////path`. SELECT is all it needs."""
    password: SecretStr | None = None
    """Put into `database`, so that the URL itself is no secret."""
    databases: Databases = Field(default_factory=dict)
    """Further databases in which some of the mapped tables lie, or shards of them: a URL, or `{url, password}`."""
    replicas: Databases = Field(default_factory=dict)
    """What exports and reports are read from, by a name that becomes the label `replica`."""
    queues: Queues = Field(default_factory=dict)
    """The brokers and the Redis of this shop, by a name that becomes the label `queue`: a URL, or a section."""
    tables: Tables
    """How the shop's tables and columns are called: a preset's name, or a mapping of your own."""
    probes: Probes
    """What is watched, by the probe's name; a probe that is not named does not run."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.probes:
            names = ", ".join(known())
            raise faults("ShopSection", [fault(("probes",), "empty", f"name at least one: {names}")])
        if found := [
            fault(("tables", word, "database"), "dangling", f"no database {name!r}; add it to `databases:`")
            for word in WORDS
            if (table := self.tables.table(word))
            for each in (table, *table.link)
            for name in each.databases
            if name and name not in self.databases
        ]:
            raise faults("ShopSection", found)
        return self

    @model_validator(mode="after")
    def _servers_are_there(self) -> Self:
        known = {**self.databases, **self.replicas}
        if found := [
            fault(("probes", probe, *place), "dangling", f"no {place[-1]} {name!r}; {unknown(name, known, 'they')}")
            for probe, settings in self.probes.items()
            for place, name in settings.servers()
            if name not in known
        ]:
            raise faults("ShopSection", found)
        return self

    @model_validator(mode="after")
    def _queues_are_there(self) -> Self:
        found = []
        for name, probe in self.probes.items():
            try:
                probe.with_queues(self.queues)
            except ValidationError as error:
                found += below(("probes", name), error)
        if found:
            raise faults("ShopSection", found)
        return self

    def address(self) -> URL:
        return with_password(self.database, self.password)

    def opened(self, name: str, zone: ZoneInfo, memory: Memory) -> Shop:
        """The shop that this section describes; it connects when it is first asked something."""
        return Shop.open(
            name,
            self.address(),
            None,
            self.tables,
            databases={each: database.address() for each, database in self.databases.items()},
            replicas={each: database.address() for each, database in self.replicas.items()},
            queues=self.queues,
            zone=zone,
            memory=memory,
        )

    def parts(self, shop: str) -> dict[Name, Probe]:
        """All that is watched of this shop, each with the settings of its part."""
        return {
            Name(shop, name, part): settings
            for name, probe in self.probes.items()
            for part, settings in probe.with_queues(self.queues).parts(self.replicas).items()
        }

    def lane(self, name: Name) -> str:
        """Names the database without its account: runs of one lane wait for each other."""
        url = self.address()
        apart = self.probes[name.probe].lane(name.part)
        own = f"{url.host or ''}:{url.port or ''}/{url.database or ''}"
        return f"{own}#{name.shop}/{apart}" if apart else own


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
    """Host and port; `--web.listen-address` comes before it."""
    external_url: Annotated[str, AfterValidator(_opened_by_phones)] = ""
    """Where people reach this page: the buttons of a card lead there."""
