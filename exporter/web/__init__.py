"""What the sidecar shows over HTTP: /metrics as ready bytes, health, reload, the status page, the runbooks."""

from __future__ import annotations

import asyncio
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.web.negotiation import accepts_gzip, language

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Message, Receive, Scope, Send

    from exporter.web.status import Language, Status

_T = TypeVar("_T")
_Headers = list[tuple[bytes, bytes]]

LARGEST_BODY = 1 << 20
_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SECURITY: _Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"deny"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", _POLICY.encode()),
]


class View(Protocol):
    """What the web asks of `app`. `page` and `ready` answer at once; the others may take their time, in a thread."""

    def page(self, accept: str | None, gzip: bool) -> tuple[bytes, str, bool]: ...
    def ready(self) -> str | None:
        """Why not, or None."""

    def reload(self) -> list[str]:
        """The faults that kept the old configuration in place; none when the new one is at work."""

    def status(self, language: Language) -> Status: ...
    def runbook(self, name: str, language: Language) -> str | None:
        """Its markdown, or None when there is no such runbook."""


def build(view: View, rooms: Sequence[BaseRoute] = ()) -> Starlette:
    """The site, and `rooms` beside it: further routes of whoever runs it."""
    return Site(view, rooms)


class Site(Starlette):
    """/metrics is answered before routing: it is nothing but a choice between bodies that are ready."""

    def __init__(self, view: View, rooms: Sequence[BaseRoute] = ()) -> None:
        self._view = view
        self._slow = ThreadPoolExecutor(2, thread_name_prefix="page")
        self._reloading = asyncio.Lock()
        super().__init__(
            routes=[
                Route("/metrics", _never, methods=["GET"]),
                Route("/-/healthy", self._healthy, methods=["GET"]),
                Route("/-/ready", self._ready, methods=["GET"]),
                Route("/-/reload", self._reload, methods=["POST", "PUT"]),
                Route("/api/status", self._status, methods=["GET"]),
                Route("/runbooks/{name}", self._runbook, methods=["GET"]),
                Route("/favicon.ico", self._favicon, methods=["GET"]),
                Route("/", self._home, methods=["GET"]),
                *rooms,
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/metrics" and scope["method"] in {"GET", "HEAD"}:
            await self._metrics(scope, send)
        elif _content_length(scope) > LARGEST_BODY:
            await PlainTextResponse("The body is larger than 1 MiB.\n", 413, {"connection": "close"})(
                scope, receive, send
            )
        else:
            await super().__call__(scope, receive, _secured(send))

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

    async def _healthy(self, _: Request) -> Response:
        return PlainTextResponse("order-health is healthy.\n")

    async def _ready(self, _: Request) -> Response:
        why_not = self._view.ready()
        return PlainTextResponse(f"{why_not or 'order-health is ready.'}\n", 503 if why_not else 200)

    async def _reload(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return PlainTextResponse("Another site may not ask for this.\n", 403)
        async with self._reloading:
            faults = await self._slowly(self._view.reload)
        if faults:
            return PlainTextResponse("".join(f"{fault}\n" for fault in faults), 400)
        return PlainTextResponse("The configuration is reloaded.\n")

    async def _home(self, request: Request) -> Response:
        wanted = language(request)

        def render() -> str:
            from exporter.web.pages import home  # noqa: PLC0415 - templates are loaded for people only

            return home(self._view.status(wanted), wanted)

        return _page(await self._slowly(render))

    async def _runbook(self, request: Request) -> Response:
        wanted, name = language(request), request.path_params["name"]

        def render() -> str | None:
            from exporter.web.pages import runbook  # noqa: PLC0415 - templates are loaded for people only

            text = self._view.runbook(name, wanted) if re.fullmatch(r"[a-z0-9_]{1,64}", name) else None
            return None if text is None else runbook(name, text, wanted)

        html = await self._slowly(render)
        return PlainTextResponse("There is no such runbook.\n", 404) if html is None else _page(html)

    async def _status(self, request: Request) -> Response:
        wanted = language(request)

        def render() -> str:
            from exporter.web.status import as_json  # noqa: PLC0415 - as the pages

            return json.dumps(as_json(self._view.status(wanted)), ensure_ascii=False, allow_nan=False)

        return Response(await self._slowly(render), media_type="application/json", headers=_UNCACHED)

    async def _favicon(self, _: Request) -> Response:
        return Response(status_code=204)

    async def _slowly(self, work: Callable[[], _T]) -> _T:
        """In one of two threads, so that /metrics never waits for a page."""
        return await asyncio.get_running_loop().run_in_executor(self._slow, work)


_UNCACHED = {"cache-control": "no-store", "vary": "Accept-Language"}


def _page(html: str) -> Response:
    return Response(html, media_type="text/html; charset=utf-8", headers=_UNCACHED)


async def _never(_: Request) -> Response:
    """Only there so that routing knows /metrics, and answers 405 to what is neither GET nor HEAD."""
    return Response(status_code=405)


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
