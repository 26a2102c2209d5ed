"""The file of `--web.config.file`, in the form every Prometheus exporter shares (exporter-toolkit)."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError

from exporter.strict import Strict
from exporter.units import Duration
from exporter.web import tls
from exporter.web.guard import Guard, Rate
from exporter.yamlfile import Document, Fault, Unreadable

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from starlette.types import ASGIApp

_HASH = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")
_HEADERS = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}


class AccessError(Exception):
    """Everything that is wrong with the file: `faults`, each with its line and what to write instead."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def _bcrypted(secret: SecretStr) -> SecretStr:
    if not _HASH.fullmatch(secret.get_secret_value()):
        raise ValueError('this is not a bcrypt hash; write what `htpasswd -nBC 10 "" | tr -d ":\\n"` prints')
    return secret


def _allowed(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if name not in _HEADERS:
            raise ValueError(f"the header {name!r} cannot be set; write one of {', '.join(_HEADERS)}")
        if _HEADERS[name] and value and value not in _HEADERS[name]:
            raise ValueError(f"{name} cannot be {value!r}; write {' or '.join(_HEADERS[name])}")
        if not value.isprintable() or not value.isascii():
            raise ValueError(f"{name} has characters that no header may carry; write plain ASCII on one line")
    return headers


class _Http(Strict):
    http2: Literal[False] = False
    headers: Annotated[dict[str, str], AfterValidator(_allowed)] = Field(default_factory=dict)


class _Rate(Strict):
    interval: Duration = 0.0
    burst: int = 0


class _File(Strict):
    tls_server_config: tls.Settings | None = None
    http_server_config: _Http = _Http()
    basic_auth_users: dict[str, Annotated[SecretStr, AfterValidator(_bcrypted)]] = Field(default_factory=dict)
    rate_limit: _Rate = _Rate()


@dataclass(frozen=True, slots=True)
class Access:
    """Who may ask, and over what: one state of the file; a reload makes a new one."""

    users: Mapping[str, bytes] = field(repr=False)
    headers: Mapping[str, str]
    tls: ssl.SSLContext | None
    allowed_names: frozenset[str]
    rate: Rate | None
    certified: bool = False

    @classmethod
    def load(cls, path: Path | str) -> Access:
        """Raises AccessError."""
        where = Path(path)
        document, settings = _read(where)
        try:
            context = tls.context(settings.tls_server_config, where.parent) if settings.tls_server_config else None
        except tls.TlsError as error:
            found = [document.fault(("tls_server_config", key), what) for key, what in error.faults]
            raise AccessError([str(each) for each in found]) from None
        limit = settings.rate_limit
        return cls(
            users={name: each.get_secret_value().encode() for name, each in settings.basic_auth_users.items()},
            headers={name: value for name, value in settings.http_server_config.headers.items() if value},
            tls=context,
            allowed_names=frozenset(
                settings.tls_server_config.client_allowed_sans if settings.tls_server_config else ()
            ),
            rate=Rate(limit.interval, limit.burst) if limit.interval else None,
            certified=tls.certifies(settings.tls_server_config),
        )

    def around(self, app: ASGIApp) -> ASGIApp:
        return Guard(app, self.users, self.headers, self.rate, certified=self.certified)

    def admits(self, connection: ssl.SSLObject) -> bool:
        """Whether the client's certificate, already verified, carries one of the allowed names."""
        if not self.allowed_names:
            return True
        certificate: Any = connection.getpeercert() or {}
        return any(_name(*each) in self.allowed_names for each in certificate.get("subjectAltName", ()))


def _read(where: Path) -> tuple[Document, _File]:
    try:
        document = Document.read(where)
    except Unreadable as error:
        raise AccessError([str(error)]) from None
    faults = list(document.faults)
    try:
        settings = _File.model_validate({} if document.data is None else document.data)
    except ValidationError as error:
        told = {each.place for each in faults}
        found = error.errors(include_input=False, include_context=False, include_url=False)
        faults += [document.fault(each["loc"], _plain(each["msg"])) for each in found if each["loc"] not in told]
    if faults:
        raise AccessError([str(each) for each in sorted(faults, key=_line)])
    return document, settings


def _line(fault: Fault) -> int:
    return fault.line


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").replace("Input should", "it should", 1)


def _name(kind: str, value: str) -> str:
    return str(ipaddress.ip_address(value)) if kind == "IP Address" else value
