"""Sections that belong to plug-ins: each is made by the class of its probe or its channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    SecretStr,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
)

from exporter import notify, probes, queues
from exporter.config.addresses import named
from exporter.notify import Outlet
from exporter.probes import Probe
from exporter.queues import Broker
from exporter.strict import below, fault, faults, unknown


def _made(given: Any, class_of: Callable[[str, Any], type[BaseModel]], info: ValidationInfo) -> Any:
    """Sections that belong to plug-ins, each made by its own class; the faults of all of them at once."""
    if not isinstance(given, Mapping):
        return given
    made: dict[str, Any] = {}
    found = []
    for name, section in given.items():
        try:
            model = class_of(name, section)
            made[name] = model.model_validate({} if section is None else section, context=info.context)
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


def _broker_class(_name: str, section: Any) -> type[BaseModel]:
    url = section.get("url") if isinstance(section, Mapping) else section
    scheme = str(url.get_secret_value() if isinstance(url, SecretStr) else url).partition("://")[0]
    if scheme not in queues.schemes():
        # the scheme is not repeated: without "://" it is the whole of what was written
        text = f"is not the address of a queue; it begins with one of {', '.join(sorted(queues.schemes()))}, and ://"
        raise faults("queues", [fault(("url",) if isinstance(section, Mapping) else (), "unknown_scheme", text)])
    return queues.schemes()[scheme]


def _addressed(given: Any) -> Any:
    """A bare URL stands for a queue without further settings."""
    if not isinstance(given, Mapping):
        return given
    return {name: {"url": section} if isinstance(section, str) else section for name, section in given.items()}


Probes = Annotated[
    dict[str, SerializeAsAny[Probe]], BeforeValidator(lambda given, info: _made(given, _probe_class, info))
]
"""By the probe's name, which is the name of its file."""

Channels = Annotated[
    dict[str, SerializeAsAny[Outlet]], BeforeValidator(lambda given, info: _made(given, _channel_class, info))
]
"""By a name of the shop's choice; `kind` says which room it is."""

Queues = Annotated[
    dict[Annotated[str, AfterValidator(named)], SerializeAsAny[Broker]],
    BeforeValidator(lambda given, info: _made(_addressed(given), _broker_class, info)),
]
"""By a name of the shop's choice, which becomes a label; the scheme of the URL says which broker it is."""
