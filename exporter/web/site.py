"""The pages for people, and what they may ask for; Starlette is loaded with the first of them."""

from __future__ import annotations

import asyncio
import json
import re
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from exporter.model import Name
from exporter.web import HEARING, alert_page, probe_page
from exporter.web.frame import Frame
from exporter.web.hearing import hearing
from exporter.web.memo import Memo, Rendered
from exporter.web.negotiation import accepts_gzip, language
from exporter.web.pages import Filter, home
from exporter.web.runbooks import page
from exporter.web.silences.forms import token
from exporter.web.silences.routes import routes
from exporter.web.status import as_json
from exporter.web.templates import FOLDER, template
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from starlette.requests import Request
    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

    from exporter.web import View

_T = TypeVar("_T")


class Site(Starlette):
    """`slow` renders the pages, so that /metrics never waits for one; `rooms` are further routes."""

    def __init__(self, view: View, rooms: Sequence[BaseRoute], slow: Executor) -> None:
        self._view, self._slow = view, slow
        self._reloading = asyncio.Lock()
        self._memo = Memo()
        super().__init__(
            routes=[
                *(
                    Route(path, _never, methods=["GET"])
                    for path in ("/metrics", "/-/healthy", "/-/ready", "/-/leading")
                ),
                Route("/-/reload", self._reload, methods=["POST", "PUT"]),
                Route(HEARING, partial(hearing, view=view, slowly=self._slowly), methods=["POST"]),
                Route("/api/status", self._status, methods=["GET"]),
                Route("/probes/{shop}/{probe}", self._probe, methods=["GET"]),
                Route("/probes/{shop}/{probe}/{part:path}", self._probe, methods=["GET"]),
                Route("/alerts/{fingerprint}.csv", self._cases, methods=["GET"]),
                Route("/alerts/{fingerprint}", self._alert, methods=["GET"]),
                Route("/runbooks/{name}", self._runbook, methods=["GET"]),
                *(Route(f"/{name}", _script, methods=["GET"]) for name in _SCRIPTS),
                Route("/favicon.ico", _favicon, methods=["GET"]),
                Route("/", self._home, methods=["GET"]),
                *routes(view, slow),
                *rooms,
            ],
            exception_handlers={404: self._lost},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super().__call__(scope, receive, send)
        if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"}:
            self._memo.forget()

    async def _reload(self, request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
            return PlainTextResponse("Another site may not ask for this.\n", 403)
        async with self._reloading:
            faults = await self._slowly(self._view.reload)
        if faults:
            return PlainTextResponse("".join(f"{fault}\n" for fault in faults), 400)
        return PlainTextResponse("The configuration is reloaded.\n")

    async def _home(self, request: Request) -> Response:
        wanted = Filter(request.query_params.get("shop", "")[:200], request.query_params.get("state", "")[:20])
        frame = Frame.of(request, shop=wanted.shop, state=wanted.state)

        def render() -> Rendered:
            ours = token(request, self._view)

            def fresh() -> str:
                status = self._view.status(frame.language)
                return home(status, frame.language, ours, frame=frame, wanted=wanted, trend=self._view.trend)

            return self._memo.page((frame.language, frame.chosen, frame.up, wanted, ours), fresh)

        return _page(request, await self._slowly(render))

    async def _probe(self, request: Request) -> Response:
        frame, asked = Frame.of(request), request.path_params
        name = Name(asked["shop"], asked["probe"], asked.get("part", ""))

        def render() -> Rendered | None:
            seen = self._view.inspection(name, frame.language)
            return Rendered.of(probe_page.page(seen, frame, token(request, self._view))) if seen else None

        return _page(request, await self._slowly(render))

    async def _alert(self, request: Request) -> Response:
        frame, fingerprint = Frame.of(request), request.path_params["fingerprint"]

        def render() -> Rendered | None:
            found, terms = self._view.dossier(fingerprint, frame.language), self._view.desk.terms
            ours = token(request, self._view)
            now = self._view.desk.now()
            return Rendered.of(alert_page.page(found, frame, now, terms.zone, ours)) if found else None

        return _page(request, await self._slowly(render))

    async def _cases(self, request: Request) -> Response:
        fingerprint = request.path_params["fingerprint"]
        found = await self._slowly(lambda: self._view.dossier(fingerprint, "en"))
        if found is None or found.row is None:
            raise HTTPException(404)
        headers = {**_UNCACHED, "content-disposition": "attachment"}
        return Response(alert_page.table(found.row.evidence), media_type="text/csv; charset=utf-8", headers=headers)

    async def _runbook(self, request: Request) -> Response:
        frame, name = Frame.of(request), request.path_params["name"]

        def render() -> Rendered | None:
            found = self._view.runbook(name, frame.language) if re.fullmatch(r"[a-z0-9_]{1,64}", name) else None
            shop = request.query_params.get("shop", "")
            if found is None:
                return None
            return Rendered.of(page(name, found, self._view.status(frame.language), frame, shop))

        return _page(request, await self._slowly(render))

    async def _status(self, request: Request) -> Response:
        wanted = language(request)

        def render() -> str:
            return json.dumps(as_json(self._view.status(wanted)), ensure_ascii=False, allow_nan=False)

        return Response(await self._slowly(render), media_type="application/json", headers=_UNCACHED)

    async def _lost(self, request: Request, _: Exception) -> Response:
        """A page with a way home for a browser, a line for everything else."""
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse("Not Found", 404)
        frame = Frame.of(request)
        say = Wording(frame.language, self._view.desk.now(), self._view.desk.terms.zone)
        html = await self._slowly(lambda: template("lost.html").render(frame=frame, say=say))
        return Response(html, 404, media_type="text/html; charset=utf-8", headers=_UNCACHED)

    async def _slowly(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._slow, work)


_SCRIPTS = {f"{name}.js": FOLDER.joinpath(f"{name}.js").read_bytes() for name in ("copy", "renew")}
_UNCACHED = {"cache-control": "no-store", "vary": "Accept-Language, Accept-Encoding"}


def _page(request: Request, made: Rendered | None) -> Response:
    if made is None:
        raise HTTPException(404)
    zips = bool(made.zipped) and accepts_gzip(request.headers.get("accept-encoding", "").encode("latin-1"))
    headers = {**_UNCACHED, "content-encoding": "gzip"} if zips else _UNCACHED
    return Response(made.zipped if zips else made.plain, media_type="text/html; charset=utf-8", headers=headers)


async def _script(request: Request) -> Response:
    script = _SCRIPTS[request.url.path.rpartition("/")[2]]
    return Response(script, media_type="text/javascript; charset=utf-8", headers={"cache-control": "max-age=3600"})


async def _favicon(_: Request) -> Response:
    return Response(status_code=204)


async def _never(_: Request) -> Response:
    """Only there so that routing answers 405 to what is neither GET nor HEAD."""
    return Response(status_code=405)
