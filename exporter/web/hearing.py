"""`POST /alertmanager`: what an Alertmanager says. 200: it is written down; 5xx: it should come again."""

from __future__ import annotations

import hmac
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

from exporter.state import StateFaultError
from exporter.web import LARGEST_NOTIFICATION
from exporter.web.silences.permission import is_foreign, visitor
from exporter.webhook import WebhookFaultError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from exporter.web import View

log = logging.getLogger(__name__)

_NOT_ASKED = (
    "This order-health judges its own rules and listens to no Alertmanager: two judges would tell one room the same "
    "thing. To have it tell what Alertmanager says, write `alerts: {from: alertmanager}` (or `both`) in config.yaml."
)
_UNKNOWN = (
    "Whoever may post here can write cards. Set `alerts: {alertmanager: {token: !env NAME}}` in config.yaml and the "
    "same in alertmanager.yml as http_config.authorization.credentials; or use a login of the file of "
    "--web.config.file. Without either only this machine may, where `web.external_url` does not lead elsewhere."
)


async def hearing(
    request: Request, *, view: View, slowly: Callable[[Callable[[], Response]], Awaitable[Response]]
) -> Response:
    refusal = await slowly(lambda: _refusal(request, view))
    if refusal.status_code != _OK:
        return refusal
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST_NOTIFICATION:
            return _said(413, f"The body is larger than {LARGEST_NOTIFICATION >> 20} MiB; set max_alerts there.")
    return await slowly(lambda: _heard(bytes(body), view))


_OK = 200


def _refusal(request: Request, view: View) -> Response:
    """200 where there is none."""
    try:
        token = view.ear.token
        if token is None:
            return _said(409, _NOT_ASKED)
        if is_foreign(request) or not _may(request, token, view):
            return _said(401, _UNKNOWN)
    except StateFaultError as fault:
        return _said(503, str(fault))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _said(415, "Write the header Content-Type: application/json.")
    return _said(_OK, "")


def _may(request: Request, token: str, view: View) -> bool:
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(shown.strip().encode(), token.encode()):
        return True
    if request.scope.get("token_only"):
        return False
    return visitor(request, view) is not None and not (token and "user" not in request.scope)


def _heard(body: bytes, view: View) -> Response:
    try:
        view.ear.hear(body)
    except WebhookFaultError as fault:
        log.warning("a notification of an Alertmanager was refused: %s", fault)
        return _said(400, f"{fault}.")
    except StateFaultError as fault:
        log.error("%s", fault)  # noqa: TRY400 - the traceback says no more
        return _said(503, f"Not written down, please send it again: {fault}")
    return _said(_OK, "Written down.")


def _said(status: int, text: str) -> Response:
    headers = {"connection": "close"} if status == 413 else {}  # noqa: PLR2004 - the rest of it is not read
    return PlainTextResponse(f"{text}\n", status, headers=headers)
