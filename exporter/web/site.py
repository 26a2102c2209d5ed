"""The pages for people, and what they may ask for; Starlette is loaded with the first of them."""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.web import HEARING
from exporter.web.hearing import hearing
from exporter.web.negotiation import language
from exporter.web.pages import home
from exporter.web.runbooks import page
from exporter.web.silences.forms import token
from exporter.web.silences.routes import routes
from exporter.web.status import as_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from starlette.requests import Request
    from starlette.routing import BaseRoute

    from exporter.web import View

_T = TypeVar("_T")


class Site(Starlette):
    """`slow` renders the pages, so that /metrics never waits for one; `rooms` are further routes."""

    def __init__(self, view: View, rooms: Sequence[BaseRoute], slow: Executor) -> None:
        self._view, self._slow = view, slow
        self._reloading = asyncio.Lock()
        super().__init__(
            routes=[
                *(
                    Route(path, _never, methods=["GET"])
                    for path in ("/metrics", "/-/healthy", "/-/ready", "/-/leading")
                ),
                Route("/-/reload", self._reload, methods=["POST", "PUT"]),
                Route(HEARING, partial(hearing, view=view, slowly=self._slowly), methods=["POST"]),
                Route("/api/status", self._status, methods=["GET"]),
                Route("/runbooks/{name}", self._runbook, methods=["GET"]),
                Route("/copy.js", self._copy, methods=["GET"]),
                Route("/favicon.ico", self._favicon, methods=["GET"]),
                Route("/", self._home, methods=["GET"]),
                *routes(view, slow),
                *rooms,
            ]
        )

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
        return _page(await self._slowly(lambda: home(self._view.status(wanted), wanted, token(request, self._view))))

    async def _runbook(self, request: Request) -> Response:
        wanted, name = language(request), request.path_params["name"]

        def render() -> str | None:
            found = self._view.runbook(name, wanted) if re.fullmatch(r"[a-z0-9_]{1,64}", name) else None
            shop = request.query_params.get("shop", "")
            return None if found is None else page(name, found, wanted, self._view.status(wanted), shop)

        html = await self._slowly(render)
        return PlainTextResponse("There is no such runbook.\n", 404) if html is None else _page(html)

    async def _status(self, request: Request) -> Response:
        wanted = language(request)

        def render() -> str:
            return json.dumps(as_json(self._view.status(wanted)), ensure_ascii=False, allow_nan=False)

        return Response(await self._slowly(render), media_type="application/json", headers=_UNCACHED)

    async def _copy(self, _: Request) -> Response:
        return Response(_COPY, media_type="text/javascript; charset=utf-8", headers={"cache-control": "max-age=3600"})

    async def _favicon(self, _: Request) -> Response:
        return Response(status_code=204)

    async def _slowly(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._slow, work)


_COPY = Path(__file__).with_name("templates").joinpath("copy.js").read_bytes()
_UNCACHED = {"cache-control": "no-store", "vary": "Accept-Language"}


def _page(html: str) -> Response:
    return Response(html, media_type="text/html; charset=utf-8", headers=_UNCACHED)


async def _never(_: Request) -> Response:
    """Only there so that routing answers 405 to what is neither GET nor HEAD."""
    return Response(status_code=405)
