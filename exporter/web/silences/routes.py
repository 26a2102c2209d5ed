"""Where silences are asked for over the web; every answer is made in a thread, for it asks the state."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse
from starlette.routing import Route

from exporter.web.negotiation import language
from exporter.web.silences import api
from exporter.web.silences.forms import form
from exporter.web.silences.links import link
from exporter.web.silences.permission import LARGEST_BODY, body
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

    from starlette.requests import Request
    from starlette.responses import Response

    from exporter.web import View

    _Page = Callable[[Request, bytes | None, View, Wording], Response]


def routes(view: View, slow: Executor) -> list[Route]:
    async def slowly(work: Callable[[], Response]) -> Response:
        return await asyncio.get_running_loop().run_in_executor(slow, work)

    async def listed(_: Request) -> Response:
        return await slowly(lambda: api.listed(view))

    async def added(request: Request) -> Response:
        raw = await body(request)
        return await slowly(lambda: api.added(request, raw, view))

    async def ended(request: Request) -> Response:
        return await slowly(lambda: api.ended(request, view))

    async def linked(request: Request) -> Response:
        return await _page(link, request)

    async def formed(request: Request) -> Response:
        return await _page(form, request)

    async def _page(page: _Page, request: Request) -> Response:
        raw = await body(request)
        if raw is None:
            return PlainTextResponse(f"The body is larger than {LARGEST_BODY} bytes.\n", 413)
        return await slowly(lambda: page(request, raw, view, _wording(request, view)))

    return [
        Route("/api/silences", listed, methods=["GET"]),
        Route("/api/silences", added, methods=["POST"]),
        Route("/api/silences/{name}", ended, methods=["DELETE"]),
        Route("/act/{ticket}", linked, methods=["GET", "POST"]),
        Route("/silences", formed, methods=["POST"]),
    ]


def _wording(request: Request, view: View) -> Wording:
    return Wording(language(request), view.desk.now(), view.desk.terms.zone)
