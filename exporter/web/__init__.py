"""What the sidecar shows over HTTP: /metrics as ready bytes, health, and the site for people behind them."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from exporter.web.negotiation import accepts_gzip
from exporter.web.plain import Plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from exporter.silences import Desk
    from exporter.web.filling import Runbook
    from exporter.web.status import Language, Status

_Headers = list[tuple[bytes, bytes]]

LARGEST_BODY = 1 << 20
LARGEST_NOTIFICATION = 8 << 20
HEARING = "/alertmanager"
"""Where an Alertmanager posts; a storm of thousands of alerts is one body."""

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_SECURITY: _Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"deny"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", _POLICY.encode()),
]


class Ear(Protocol):
    """Takes what an Alertmanager posts."""

    @property
    def token(self) -> str | None:
        """What it must show, "" where nothing is set; None where no Alertmanager is listened to."""

    def hear(self, body: bytes) -> None:
        """Raises WebhookFaultError, and StateFaultError when nothing was written down."""


class View(Protocol):
    """What the web asks of `app`. `page`, `ready` and `leading` answer at once; the others take time, in a thread."""

    @property
    def desk(self) -> Desk:
        """Where silences are asked for."""

    @property
    def ear(self) -> Ear:
        """Where an Alertmanager is listened to."""

    def page(self, accept: str | None, gzip: bool) -> tuple[bytes, str, bool]: ...
    def ready(self) -> str | None:
        """Why not, or None."""

    def leading(self) -> str | None:
        """Which other sidecar leads, or None where this one does."""

    def reload(self) -> list[str]:
        """The faults that kept the old configuration in place; none when the new one is at work."""

    def status(self, language: Language) -> Status: ...
    def runbook(self, name: str, language: Language) -> Runbook | None:
        """None when there is no such runbook."""


def build(view: View, rooms: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The web as an ASGI application, and `rooms` beside its pages: further routes of whoever runs it."""
    return Front(view, rooms)


class Front:
    """Answers what Prometheus and an orchestrator ask; everything else is passed on to the site."""

    def __init__(self, view: View, rooms: Sequence[BaseRoute]) -> None:
        self._view, self._rooms = view, rooms
        self._slow = ThreadPoolExecutor(2, thread_name_prefix="page")
        self._site: ASGIApp | None = None
        self._loading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        if path == "/metrics":
            await self._metrics(scope, send)
        elif _content_length(scope) > (most := LARGEST_NOTIFICATION if scope["path"] == HEARING else LARGEST_BODY):
            await Plain(f"The body is larger than {most >> 20} MiB.\n", 413, connection="close")(scope, receive, send)
        elif path == "/-/healthy":
            await Plain("order-health is healthy.\n")(scope, receive, _secured(send))
        elif path == "/-/ready":
            why_not = self._view.ready()
            await Plain(f"{why_not or 'order-health is ready.'}\n", 503 if why_not else 200)(
                scope, receive, _secured(send)
            )
        elif path == "/-/leading":
            other = self._view.leading()
            await Plain(f"{other or 'order-health leads.'}\n", 503 if other else 200)(scope, receive, _secured(send))
        else:
            await (self._site or await self._loaded())(scope, receive, _secured(send))

    async def _metrics(self, scope: Scope, send: Send) -> None:
        accept = encoding = None
        for name, value in scope["headers"]:
            if name == b"accept":
                accept = value.decode("latin-1")
            elif name == b"accept-encoding":
                encoding = value
        body, content_type, zipped = self._view.page(accept, accepts_gzip(encoding))
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"vary", b"Accept, Accept-Encoding"),
            (b"x-content-type-options", b"nosniff"),
        ]
        if zipped:
            headers.append((b"content-encoding", b"gzip"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _loaded(self) -> ASGIApp:
        """Starlette and the pages are loaded when somebody looks at one, and while they are, /metrics is answered."""

        def load() -> ASGIApp:
            from exporter.web.site import Site  # noqa: PLC0415 - 3 MiB that a sidecar nobody looks at does not need

            return Site(self._view, self._rooms, self._slow)

        async with self._loading:
            if self._site is None:
                self._site = await asyncio.get_running_loop().run_in_executor(self._slow, load)
            return self._site


def _content_length(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _secured(send: Send) -> Send:
    async def secured(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_SECURITY]
        await send(message)

    return secured
