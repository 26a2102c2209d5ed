"""config.yaml → objects; every fault of the file at once, each with its line and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, SerializeAsAny, ValidationError
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from exporter import faults, notify, probes
from exporter.faults import Fault
from exporter.notify import Channel
from exporter.probes import Probe
from exporter.shop import mapping
from exporter.shop.mapping import Mapping as Tables
from exporter.units import Duration
from exporter.yamlfile import Document, Unreadable

SHARE = Path(__file__).parent / "_share"
"""Where an installed order-health keeps the rules and runbooks; a checkout keeps them at its top level."""

ROOT = SHARE if SHARE.is_dir() else Path(__file__).parent.parent


class ConfigFaultError(ValueError):
    """The file cannot be used; `faults` are printable lines `config.yaml:LINE: path: what; remedy`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.faults = lines


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class Database(Section):
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


class ShopSection(Section):
    """One order system: becomes `shop="<its key>"` on every metric."""

    database: DatabaseUrl
    password: SecretStr | None = None
    databases: dict[str, Annotated[Database, BeforeValidator(_database)]] = Field(default_factory=dict)
    tables: Annotated[Tables, BeforeValidator(mapping.resolve)]
    probes: dict[str, SerializeAsAny[Probe]]

    def address(self) -> URL:
        return with_password(self.database, self.password)


class Route(Section):
    """Where the cards of matching alerts go; the first route that matches takes the alert."""

    match: dict[str, str] = Field(default_factory=dict)
    to: list[str]
    mention: list[str] = Field(default_factory=list)

    def takes(self, labels: Mapping[str, str]) -> bool:
        return all(labels.get(name) == value for name, value in self.match.items())


class Alerts(Section):
    """`rules` are file patterns, relative to config.yaml; without any, the rules that order-health brings."""

    rules: Annotated[list[str], BeforeValidator(lambda v: [v] if isinstance(v, str) else v)] = ["rules/*.yml"]
    every: Duration = 5.0
    routes: list[Route] = Field(default_factory=list)


class Web(Section):
    listen: str = "127.0.0.1:9847"
    external_url: str = ""


def _zone(text: object) -> ZoneInfo:
    if isinstance(text, ZoneInfo):
        return text
    if str(text) not in available_timezones():
        remedy = faults.nearest(text, (z for z in available_timezones() if "/" in z))
        raise ValueError(f"no such time zone; {remedy if 'mean' in remedy else 'write for example Asia/Shanghai'}")
    return ZoneInfo(str(text))


class Config(Section):
    """A whole config.yaml; `folder` is where it stands (relative paths start there)."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    shops: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")], ShopSection] = Field(min_length=1)
    channels: dict[str, SerializeAsAny[Channel]] = Field(default_factory=dict)
    alerts: Alerts = Alerts()
    web: Web = Web()
    state: SecretStr = SecretStr("sqlite:///order-health.db")
    language: Literal["zh", "en"] = "zh"
    zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Asia/Shanghai")
    folder: Path = Field(default=Path(), exclude=True)

    def rule_files(self) -> list[str]:
        """The patterns of `alerts.rules` as absolute paths; the brought rules where the default finds none."""
        if self.alerts.rules == ["rules/*.yml"] and not any(self.folder.glob("rules/*.yml")):
            return [str(ROOT / "rules" / "*.yml")]
        return [str(self.folder / pattern) for pattern in self.alerts.rules]


def load(file: str | Path, env: Mapping[str, str] | None = None) -> Config:
    """Reads and checks `file`; raises `ConfigFaultError` with all its faults, an OSError's text among them."""
    path = Path(file)
    try:
        document = Document.read(path, env)
    except Unreadable as fault:
        raise ConfigFaultError([str(fault)]) from None
    data, found = document.data, [(fault, line) for fault, line in document.faults]
    config = None
    if isinstance(data, dict):
        raw, ours = _plug_in(data)
        config, rest = _validate({**raw, "folder": path.resolve().parent})
        said = {fault.path for fault, _ in found}
        found += [(fault, document.line(fault.path)) for fault in (*ours, *rest) if fault.path not in said]
    else:
        found.append((Fault((), "is empty; start from config.example.yaml or `order-health init URL`"), 1))
    if config and not found:
        found += [(fault, document.line(fault.path)) for fault in _dangling(config)]
    if found or config is None:
        raise ConfigFaultError([f"{path.name}:{line}: {fault}" for fault, line in sorted(found, key=lambda f: f[1])])
    return config


def _validate(data: dict[str, Any]) -> tuple[Config | None, list[Fault]]:
    try:
        return Config.model_validate(data), []
    except ValidationError as error:
        return None, faults.of(error, Config)


def _plug_in(data: dict[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """The sections that belong to plug-ins, each made by its own class; the faults of those that could not be."""
    found: list[Fault] = []
    raw = dict(data)
    if isinstance(raw.get("channels"), dict):
        raw["channels"] = _each(raw["channels"], ("channels",), _channel_class, found)
    if isinstance(raw.get("shops"), dict):
        raw["shops"] = {name: _with_probes(name, shop, found) for name, shop in raw["shops"].items()}
    return raw, found


def _with_probes(name: str, shop: Any, found: list[Fault]) -> Any:
    if not isinstance(shop, dict) or not isinstance(shop.get("probes"), dict):
        return shop
    return {**shop, "probes": _each(shop["probes"], ("shops", name, "probes"), _probe_class, found)}


def _each(
    sections: dict[str, Any], at: faults.Path, class_of: Callable[[str, Any], type[BaseModel]], found: list[Fault]
) -> dict[str, Any]:
    made = {}
    for name, section in sections.items():
        try:
            plugin = class_of(name, section or {})
        except ValueError as error:
            found.append(Fault((*at, name), str(error)))
            continue
        try:
            made[name] = plugin.model_validate(section or {})
        except ValidationError as error:
            found += faults.of(error, plugin, (*at, name))
    return made


def _probe_class(name: str, _section: Any) -> type[BaseModel]:
    if name not in probes.known():
        raise ValueError(f"no such probe; {faults.nearest(name, probes.known())}")
    return probes.known()[name]


def _channel_class(_name: str, section: Any) -> type[BaseModel]:
    kind = section.get("kind") if isinstance(section, dict) else None
    if kind not in notify.known():
        raise ValueError(f"kind: {kind!r} is no kind of room; {faults.nearest(kind, notify.known())}")
    return notify.known()[kind]


def _dangling(config: Config) -> list[Fault]:
    """References to things that the file does not define."""
    return [
        Fault(("alerts", "routes", number, "to"), f"no channel {name!r}; {faults.nearest(name, config.channels)}")
        for number, route in enumerate(config.alerts.routes)
        for name in route.to
        if name not in config.channels
    ] + [
        Fault(("shops", shop, "tables", word), f"no database {table.database!r}; add it under `databases:`")
        for shop, section in config.shops.items()
        for word, table in section.tables.tables().items()
        if table.database and table.database not in section.databases
    ] + [
        Fault(("shops", shop, "probes"), f"is empty; name at least one: {', '.join(probes.known())}")
        for shop, section in config.shops.items()
        if not section.probes
    ]
