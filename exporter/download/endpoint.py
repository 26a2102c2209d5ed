"""A file as config.yaml has it: what people open to get it, and with what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from exporter import masking
from exporter.download.nouns import Request
from exporter.strict import Strict, fault, faults
from exporter.units import Duration, Size

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_OURS = {"connection", "content-length", "transfer-encoding"}
_PUBLIC = {"accept", "accept-encoding", "accept-language", "user-agent", "host", "referer", "origin", "content-type"}
_TOKEN = re.compile(r"(?=[^/]*\d)[A-Za-z0-9_.=-]{24,}")
_LONGEST = 120


def _address(given: object) -> str:
    url = str(given)
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # whose words hold parts of the address
        named = False
    if "@" in url.partition("?")[0].partition("/")[2].lstrip("/").partition("/")[0]:
        raise ValueError("holds a password; write it as headers: {Authorization: !env NAME}")
    if not named or not url.isprintable() or " " in url:
        raise ValueError("is no address of an export; write for example https://admin.example.com/orders/export")
    return url.partition("#")[0]


def _label(name: str) -> str:
    if not name.isprintable() or not 0 < len(name) <= _LONGEST:
        raise ValueError(f"the name of an export becomes a label; write 1 to {_LONGEST} printable letters")
    return name


def _sendable(headers: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise ValueError(f"{name!r} is no header that can be set")
        if not _VALUE.fullmatch(value.get_secret_value()):
            raise ValueError(f"the value of {name} holds a line end or a letter that no header can have")
    return headers


def _bakeable(cookies: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in cookies.items():
        if not _NAME.fullmatch(name) or not re.fullmatch(r"[\x21-\x3a\x3c-\x7e]*", value.get_secret_value()):
            raise ValueError(f"the cookie {name!r} holds a letter that no cookie can have; copy it from the browser")
    return cookies


Address = Annotated[SecretStr, BeforeValidator(_address)]
Sent = dict[str, SecretStr]


class Task(Strict):
    """An export that is made in the background: submitted at `url`, asked for at `poll`, and then fetched.

    `id`, `state` and `file` are places in the JSON answers: `data.taskId`. `{id}` in an address is the task's.
    """

    id: str = Field(min_length=1)
    """Where the answer names the task, as `data.taskId`."""
    poll: Address
    """The address that is asked how far it is; `{id}` in it is the task's."""
    state: str = Field(min_length=1)
    """Where that answer names its state."""
    done: list[str | int | bool] = Field(min_length=1)
    """The states in which the file is there …"""
    failed: list[str | int | bool] = Field(default_factory=list)
    """… and in which it never will be."""
    file: str = ""
    """Where the last answer names the file …"""
    download: Address | None = None
    """… or the file's address itself."""
    pause: Annotated[Duration, Field(ge=0.1)] = 2.0
    """Between two questions."""

    @model_validator(mode="after")
    def _one_file(self) -> Self:
        if bool(self.file) == (self.download is not None):
            raise faults(
                "Task", [fault((), "one_file", "write `file` (a place in the answer) or `download`, not both")]
            )
        return self


class Endpoint(Strict):
    """One export, asked for exactly as people do. `every` and `timeout` are its own where its probe's do not fit."""

    url: Address
    """The address as people open it."""
    name: Annotated[str, AfterValidator(_label)] | None = None
    """Becomes a label; without one, the path of the address."""
    method: Literal["GET", "POST"] = "GET"
    """How it is asked for."""
    headers: Annotated[Sent, AfterValidator(_sendable)] = Field(default_factory=dict)
    """Sent along, such as `Authorization`."""
    cookies: Annotated[Sent, AfterValidator(_bakeable)] = Field(default_factory=dict)
    """Sent along, by their names."""
    token: Annotated[SecretStr, Field(min_length=1)] | None = None
    """Sent as `Authorization: Bearer …`; of an account that may see little."""
    body: SecretStr | None = None
    """What a POST sends."""
    ca: str = ""
    """PEM file of the certificates to trust in place of the system's."""
    task: Task | None = None
    """For an export that is made in the background."""
    max_bytes: Annotated[Size, Field(ge=1024)] = 64 * 1024 * 1024
    """A longer answer is given up."""
    every: Annotated[Duration, Field(ge=1)] | None = None
    """Its own pace, where the probe's does not fit."""
    timeout: Annotated[Duration, Field(ge=1, le=600)] | None = None
    """Its own, where the probe's does not fit."""

    @classmethod
    def written(cls, value: object) -> object:
        """A bare address stands for an export that needs nothing else."""
        return {"url": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        found = []
        if self.token and any(name.lower() == "authorization" for name in self.headers):
            found.append(fault(("token",), "twice", "Authorization stands in headers already; keep one of both"))
        if self.body and self.method == "GET":
            found.append(fault(("body",), "body", "a GET has no body; write method: POST"))
        if self.task and self.secured and not self._at_home(self.task.poll):
            text = "is on another server than url, which must not see the credentials; write an address of the same"
            found.append(fault(("task", "poll"), "elsewhere", text))
        if self.name is None and any(map(_TOKEN.fullmatch, self._path.split("/"))):
            found.append(fault(("name",), "name", "a token seems to stand in the path; give the export a name"))
        if found:
            raise faults("Endpoint", found)
        return self

    @property
    def _path(self) -> str:
        return urlsplit(self.url.get_secret_value()).path or "/"

    @property
    def label(self) -> str:
        """Its name; without one, the path of its address: no host, and none of its parameters."""
        return (self.name or masking.value(self._path))[:_LONGEST]

    @property
    def place(self) -> str:
        """What a memory is of; without the parameters of the address, which may hold a secret."""
        return f"{self.method} {self.url.get_secret_value().partition('?')[0]}"

    @property
    def secured(self) -> bool:
        """Whether anything is sent that strangers do not have."""
        return bool(self.token or self.cookies or {name.lower() for name in self.headers} - _PUBLIC)

    def request(self, *, anonymous: bool = False) -> Request:
        """What people send; `anonymous`: what somebody sends who has the address and nothing else."""
        headers = {name: value.get_secret_value() for name, value in self.headers.items() if name.lower() != "cookie"}
        cookies = {**self._pasted, **{name: value.get_secret_value() for name, value in self.cookies.items()}}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token.get_secret_value()}"
        if anonymous:
            headers, cookies = {name: value for name, value in headers.items() if name.lower() in _PUBLIC}, {}
        body = self.body.get_secret_value().encode() if self.body else b""
        return Request(self.url.get_secret_value(), self.method, headers, cookies, body, self.ca)

    @property
    def _pasted(self) -> dict[str, str]:
        """A Cookie header as browsers show it."""
        given = [value.get_secret_value() for name, value in self.headers.items() if name.lower() == "cookie"]
        parts = (part.strip().partition("=") for value in given for part in value.split(";"))
        return {name: value for name, _, value in parts if name}

    def _at_home(self, url: SecretStr) -> bool:
        ours, theirs = (urlsplit(each.get_secret_value()) for each in (self.url, url))
        return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc)


Kind = TypeVar("Kind", bound=Endpoint)


def named(endpoints: Iterable[Kind]) -> Mapping[str, Kind]:
    """By their labels. Raises ValueError where two would be one."""
    made: dict[str, Kind] = {}
    for each in endpoints:
        if made.setdefault(each.label, each) is not each:
            raise ValueError(f"two exports are called {each.label}; give one a name")
    return made
