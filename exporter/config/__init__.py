"""config.yaml → objects; every fault of the file at once, each with its line and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from sqlalchemy.engine import URL, make_url

from exporter.config.addresses import StateUrl, named
from exporter.config.alerting import Alerts, Route
from exporter.config.leases import Leases
from exporter.config.plugged import Channels
from exporter.config.sections import ShopSection, Web
from exporter.config.times import Quiet, Zone
from exporter.model import External
from exporter.notify import Channel, rooms
from exporter.silences import Terms
from exporter.strict import Place, Strict, fault, faults, unknown
from exporter.yamlfile import Document, Fault, Unreadable

__all__ = ["ROOT", "Alerts", "Config", "ConfigFaultError", "Quiet", "Route", "ShopSection", "load"]

SHARE = Path(__file__).parent.parent / "_share"
"""Where an installed order-health keeps the rules and runbooks; a checkout keeps them at its top level."""

ROOT = SHARE if SHARE.is_dir() else Path(__file__).parent.parent.parent


class ConfigFaultError(ValueError):
    """The file cannot be used; `faults` are printable lines `config.yaml:LINE: path: what; remedy`."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.faults = lines


class Config(Strict):
    """A whole config.yaml; `folder` is where it stands (relative paths start there)."""

    shops: dict[Annotated[str, AfterValidator(named)], ShopSection] = Field(min_length=1)
    """The order systems that are watched. The key becomes the label `shop` of every metric."""
    channels: Channels = Field(default_factory=dict)
    """The rooms that are told, by a name of your choice; none where Prometheus and an Alertmanager tell them."""
    alerts: Alerts = Alerts()
    """Which rules are judged, who is told, together with what, and when not."""
    web: Web = Web()
    """Where the sidecar listens, and how people reach it."""
    state: StateUrl = SecretStr("sqlite:///order-health.db")
    """Where alerts, waiting cards and open cases are kept: any SQLAlchemy URL. SQLite's path may start at this file."""
    leases: Leases | None = None
    """Where several sidecars with one `state` on a server agree which of them leads; none for a sidecar alone."""
    language: Literal["zh", "en"] = "zh"
    """Of the cards. Pages follow the browser."""
    zone: Zone = ZoneInfo("Asia/Shanghai")
    """Of the times on cards and pages, of reports and of quiet hours."""
    folder: Path = Field(default=Path(), exclude=True)

    @model_validator(mode="after")
    def _routes_lead_somewhere(self) -> Self:
        told: list[tuple[Place, list[str], Collection[str]]] = [
            (("alerts", "routes", number, "to"), route.to, self.channels)
            for number, route in enumerate(self.alerts.routes)
        ]
        if self.alerts.reports:
            told.append((("alerts", "reports", "to"), self.alerts.reports.to, self.rooms()))
        told += [
            (("alerts", "heartbeat", n, "to"), beat.to, self.rooms()) for n, beat in enumerate(self.alerts.heartbeat)
        ]
        if found := [
            fault(place, "dangling", f"no channel {name!r} that takes this; {unknown(name, known, 'they')}")
            if name in self.channels
            else fault(place, "dangling", f"no channel {name!r}; {unknown(name, known, 'channels')}")
            for place, names, known in told
            for name in names
            if name not in known
        ]:
            raise faults("Config", found)
        return self

    @model_validator(mode="after")
    def _overflows_end_somewhere(self) -> Self:
        found = []
        cards = self.rooms()
        for name, channel in cards.items():
            other, place = cards.get(channel.overflow), ("channels", name, "overflow")
            if channel.overflow and other is None:
                text = f"no channel {channel.overflow!r}; {unknown(channel.overflow, cards, 'channels')}"
                found.append(fault(place, "dangling", text))
            elif other and other.overflow:
                text = f"{channel.overflow!r} has an overflow itself; name a channel that has none"
                found.append(fault(place, "circle", text))
        if found:
            raise faults("Config", found)
        return self

    @model_validator(mode="after")
    def _leases_share_a_state(self) -> Self:
        if self.leases and self.state_url().get_backend_name() == "sqlite":
            text = (
                "several sidecars need a state that all of them reach; write for example "
                "state: mysql+pymysql://order_health@10.0.0.5/order_health, or postgresql+psycopg://…"
            )
            raise faults("Config", [fault(("state",), "not_shared", text)])
        return self

    def rooms(self) -> dict[str, Channel]:
        """The channels that take cards."""
        return rooms(self.channels)

    def state_url(self) -> URL:
        """Where the state is kept; a relative SQLite file stands beside config.yaml."""
        url = make_url(self.state.get_secret_value())
        if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
            return url.set(database=str(self.folder / url.database))
        return url

    def for_programs(self, names: Collection[str]) -> bool:
        """Whether a program reads one of these channels, or of those that take over from them."""
        rooms = self.rooms()
        told = [rooms[name] for name in names]
        told += [rooms[channel.overflow] for channel in told if channel.overflow]
        return any(channel.FOR_PROGRAMS for channel in told)

    def external(self) -> External:
        """How others know this sidecar: `alerts.external_labels` and `web.external_url`, without a slash at its end."""
        return External(self.alerts.external_labels, self.web.external_url.rstrip("/"))

    def terms(self) -> Terms:
        """Of silences and of the links that make them."""
        return Terms(self.alerts.longest_silence, self.language, self.web.external_url, self.zone)

    def target(self) -> Mapping[str, str]:
        """The labels that a scrape of this sidecar would add; they stay the same from one start to the next."""
        # an alert is known again by its labels: they must not depend on which sidecar leads
        here = "order-health" if self.leases else self.web.listen.removesuffix(":0")
        instance = here if self.alerts.instance is None else self.alerts.instance
        labels = {"job": self.alerts.job, "instance": instance}
        return {name: text for name, text in labels.items() if text}

    def rule_files(self) -> list[str]:
        """The patterns of `alerts.rules` as absolute paths; the brought rules where the default finds none."""
        if self.alerts.rules == ["rules/*.yml"] and not any(self.folder.glob("rules/*.yml")):
            return [str(ROOT / "rules" / "*.yml")]
        return [str(self.folder / pattern) for pattern in self.alerts.rules]


def load(file: str | Path, env: Mapping[str, str] | None = None, *, read_files: bool = True) -> Config:
    """Reads and checks `file`; raises `ConfigFaultError` with all its faults.

    `read_files` False is for a command that makes a file which a section names.
    """
    path = Path(file)
    try:
        document = Document.read(path, env)
    except Unreadable as fault:
        raise ConfigFaultError([str(fault)]) from None
    config, found = _validated(document, {"folder": path.resolve().parent, "read_files": read_files})
    if found or config is None:
        raise ConfigFaultError([str(each) for each in sorted(found, key=lambda each: each.line)])
    return config


def _validated(document: Document, context: Mapping[str, Any]) -> tuple[Config | None, list[Fault]]:
    if not isinstance(document.data, dict):
        return None, [
            document.fault((), "holds no settings; start from config.example.yaml or `order-health init URL`")
        ]
    try:
        # sections that name files find in the context where config.yaml stands
        given = {**document.data, "folder": context["folder"]}
        return Config.model_validate(given, context=dict(context)), document.faults
    except ValidationError as error:
        told = {each.place for each in document.faults}
        lines = error.errors(include_url=False, include_context=False, include_input=False)
        ours = [document.fault(_place(each["loc"]), each["msg"]) for each in lines if each["loc"] not in told]
        return None, [*document.faults, *ours]


def _place(loc: Place) -> Place:
    """Pydantic places what is wrong with a key below it."""
    return loc[:-1] if loc[-1:] == ("[key]",) else loc
