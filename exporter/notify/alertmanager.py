"""One Alertmanager, or several that watch each other: it takes alerts (API v2), not cards."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator

from exporter.model import Receipt
from exporter.notify import Endpoint, Outlet, Secret
from exporter.strict import fault, faults
from exporter.text import one_line
from exporter.units import Duration

if TYPE_CHECKING:
    import requests


def _file(given: str, info: ValidationInfo) -> str:
    """Relative to the folder of config.yaml."""
    context = info.context or {}
    path = Path(context.get("folder", Path())) / given
    if context.get("read_files", True) and not path.is_file():
        raise ValueError(f"there is no file {given}; write the path of the authority's certificate (PEM)")
    return str(path)


@dataclass(frozen=True, slots=True)
class Posting:
    """An alert as it is posted; one that is over has `ends`, one that fires is given an end each time it is said."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts: datetime
    ends: datetime | None = None


class Alertmanager(Outlet):
    """Every one of `urls` is sent everything; what fires is said again every `resend`."""

    kind: Literal["alertmanager"] = "alertmanager"
    """Not a room: Alertmanagers that take alerts."""
    urls: Annotated[
        list[Endpoint],
        BeforeValidator(lambda given: [given] if isinstance(given, str) else given),
        Field(min_length=1),
    ]
    """Every one is told everything."""
    resend: Annotated[Duration, Field(ge=1.0, le=3600.0)] = 60.0
    """What fires is said again this often."""
    username: str = ""
    """Of a login …"""
    password: Secret | None = None
    """… with its password."""
    token: Secret | None = None
    """Sent as `Authorization: Bearer …`, in place of a login."""
    ca_file: Annotated[str, AfterValidator(_file)] | None = None
    """PEM file of the certificates to trust in place of the system's."""

    @model_validator(mode="after")
    def _one_login(self) -> Self:
        if bool(self.username) != bool(self.password):
            raise faults("Alertmanager", [fault(("username",), "login", "username and password belong together")])
        if self.token and self.username:
            raise faults("Alertmanager", [fault(("token",), "login", "write either token, or username and password")])
        return self

    def request(self, url: str, postings: Iterable[Posting], *, until: datetime, source: str) -> requests.Request:
        """`until`: when what fires ends by itself, unless it is said again; `source` is a page to open, or ""."""
        import requests  # noqa: PLC0415 -- only a process that sends pays for it

        body = [_plain(each, until, source) for each in postings]
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        login = (self.username, self.password.get_secret_value()) if self.password else None
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        return requests.Request("POST", f"{url.rstrip('/')}/api/v2/alerts", data=data, headers=headers, auth=login)

    def receipt(self, response: requests.Response) -> Receipt:
        """4xx: it will not take these, however often they are sent; what is right among them it has taken."""
        if response.ok:
            return Receipt(True, "accepted")
        detail = f"HTTP {response.status_code}: {one_line(self._masked(response.text), 200)}"
        status = response.status_code
        passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
        return Receipt(False, detail, outcome="retry" if passing else "permanent")

    def _masked(self, text: str) -> str:
        for secret in (self.password, self.token):
            text = text.replace(secret.get_secret_value(), "***") if secret else text
        return text


def place(url: str) -> str:
    """How one of the addresses is called in metrics and on pages: `10.0.0.5:9093`."""
    return urlsplit(url).netloc


def _plain(posting: Posting, until: datetime, source: str) -> dict[str, object]:
    found: dict[str, object] = {
        "labels": {name: text for name, text in posting.labels.items() if text},
        "annotations": dict(posting.annotations),
        "startsAt": _moment(posting.starts),
        "endsAt": _moment(posting.ends or until),
    }
    return found | ({"generatorURL": source} if source else {})


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
