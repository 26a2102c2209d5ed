"""config.yaml → objects; every fault of the file at once, each with its line and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, Field, SecretStr, SerializeAsAny, ValidationError, model_validator
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from exporter import notify, probes
from exporter.notify import Channel
from exporter.probes import Probe
from exporter.shop import Memory, Shop
from exporter.shop.mapping import WORDS, Tables
from exporter.strict import Strict, below, fault, faults, nearest, unknown
from exporter.units import Duration
from exporter.yamlfile import Document, Fault, Unreadable

SHARE = Path(__file__).parent / "_share"
"""Where an installed order-health keeps the rules and runbooks; a checkout keeps them at its top level."""

ROOT = SHARE if SHARE.is_dir() else Path(__file__).parent.parent


class ConfigFaultError(ValueError):
    """The file cannot be used; `faults` are printable lines `config.yaml:LINE: path: what; remedy`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.faults = lines


def _url(text: object) -> str:
    try:
        url = make_url(str(text))
    except ArgumentError:
        url = None
    if url is None or not url.get_backend_name():
        raise ValueError("is not a database URL; write for example mysql+pymysql://order_health@10.0.0.5/shop")
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername)).render_as_string(hide_password=False)


_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}


def _supported(text: str) -> str:
    if (driver := make_url(text).drivername) not in {"mysql+pymysql", "postgresql+psycopg", "sqlite"}:
        raise ValueError(f"no driver for {driver}; use mysql+pymysql://, postgresql+psycopg:// or sqlite:///")
    return text


DatabaseUrl = Annotated[SecretStr, BeforeValidator(_supported), BeforeValidator(_url)]
"""A secret as a whole: a password may stand in it."""


def plugged(given: Any, class_of: Callable[[str, Any], type[BaseModel]]) -> Any:
    """Sections that belong to plug-ins, each made by its own class; the faults of all of them at once."""
    if not isinstance(given, Mapping):
        return given
    made, found = {}, []
    for name, section in given.items():
        try:
            made[name] = class_of(name, section).model_validate({} if section is None else section)
        except ValidationError as error:
            found += below((name,), error)
    if found:
        raise faults("plug-ins", found)
    return made


def _probe_class(name: str, _section: Any) -> type[BaseModel]:
    if name not in probes.known():
        text = f"no such probe; {unknown(name, probes.known(), 'probes')}"
        raise faults("probes", [fault((), "unknown_probe", text)])
    return probes.known()[name]


def _channel_class(_name: str, section: Any) -> type[BaseModel]:
    kind = section.get("kind") if isinstance(section, Mapping) else None
    if not isinstance(kind, str) or kind not in notify.known():
        text = f"{kind!r} is no kind of room; {unknown(kind, notify.known(), 'kinds')}"
        raise faults("channels", [fault(("kind",), "unknown_kind", text)])
    return notify.known()[kind]


class Database(Strict):
    """A further connection of a shop: a place where some of its tables live."""

    url: DatabaseUrl
    password: SecretStr | None = None

    def address(self) -> URL:
        return with_password(self.url, self.password)


def with_password(url: SecretStr, password: SecretStr | None) -> URL:
    address = make_url(url.get_secret_value())
    return address.set(password=password.get_secret_value()) if password else address


def _database(value: object) -> object:
    return {"url": value} if isinstance(value, str) else value


class ShopSection(Strict):
    """One order system: becomes `shop="<its key>"` on every metric."""

    database: DatabaseUrl
    password: SecretStr | None = None
    databases: dict[str, Annotated[Database, BeforeValidator(_database)]] = Field(default_factory=dict)
    tables: Tables
    probes: Annotated[dict[str, SerializeAsAny[Probe]], BeforeValidator(lambda given: plugged(given, _probe_class))]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.probes:
            names = ", ".join(probes.known())
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
        return Shop.open(
            name,
            self.database.get_secret_value(),
            self.password,
            self.tables,
            databases={each: url.render_as_string(hide_password=False) for each, url in databases.items()},
            zone=zone,
            memory=memory,
        )

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
    every: Duration = 5.0
    routes: list[Route] = Field(default_factory=list)


class Web(Strict):
    listen: str = "127.0.0.1:9847"
    external_url: str = ""


def _zone(text: object) -> ZoneInfo:
    if isinstance(text, ZoneInfo):
        return text
    if str(text) not in available_timezones():
        guess = nearest(str(text), available_timezones())
        raise ValueError(f"no such time zone; write for example {guess[0] if guess else 'Asia/Shanghai'}")
    return ZoneInfo(str(text))


class Config(Strict):
    """A whole config.yaml; `folder` is where it stands (relative paths start there)."""

    shops: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")], ShopSection] = Field(min_length=1)
    channels: Annotated[
        dict[str, SerializeAsAny[Channel]], BeforeValidator(lambda given: plugged(given, _channel_class))
    ] = Field(default_factory=dict)
    alerts: Alerts = Alerts()
    web: Web = Web()
    state: Annotated[SecretStr, BeforeValidator(_url)] = SecretStr("sqlite:///order-health.db")
    language: Literal["zh", "en"] = "zh"
    zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Asia/Shanghai")
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        if found := [
            fault(
                ("alerts", "routes", number, "to"),
                "dangling",
                f"no channel {name!r}; {unknown(name, self.channels, 'channels')}",
            )
            for number, route in enumerate(self.alerts.routes)
            for name in route.to
            if name not in self.channels
        ]:
            raise faults("Config", found)
        return self

    def state_url(self) -> URL:
        """Where the state is kept; a relative SQLite file stands beside config.yaml."""
        url = make_url(self.state.get_secret_value())
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            return url.set(database=str(self.folder / url.database))
        return url

    def rule_files(self) -> list[str]:
        """The patterns of `alerts.rules` as absolute paths; the brought rules where the default finds none."""
        if self.alerts.rules == ["rules/*.yml"] and not any(self.folder.glob("rules/*.yml")):
            return [str(ROOT / "rules" / "*.yml")]
        return [str(self.folder / pattern) for pattern in self.alerts.rules]


def load(file: str | Path, env: Mapping[str, str] | None = None) -> Config:
    """Reads and checks `file`; raises `ConfigFaultError` with all its faults."""
    path = Path(file)
    try:
        document = Document.read(path, env)
    except Unreadable as fault:
        raise ConfigFaultError([str(fault)]) from None
    config, found = _validated(document, path.resolve().parent)
    if found or config is None:
        raise ConfigFaultError([str(each) for each in sorted(found, key=lambda each: each.line)])
    return config


def _validated(document: Document, folder: Path) -> tuple[Config | None, list[Fault]]:
    if not isinstance(document.data, dict):
        return None, [
            document.fault((), "holds no settings; start from config.example.yaml or `order-health init URL`")
        ]
    try:
        return Config.model_validate({**document.data, "folder": folder}), document.faults
    except ValidationError as error:
        told = {each.place for each in document.faults}
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        ours = [document.fault(each["loc"], each["msg"]) for each in lines if each["loc"] not in told]
        return None, [*document.faults, *ours]
