"""`/api/silences`: what `order-health silence` and other programs ask; JSON only, which no foreign form can send."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse

from exporter.silences import SilenceFaultError
from exporter.state import StateFaultError
from exporter.web.silences.permission import LARGEST_BODY, REFUSED, is_foreign, visitor
from exporter.web.status import SilenceRow, as_json

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from exporter.web import View

_KEYS = {"matchers", "for", "by", "comment"}


def listed(view: View) -> Response:
    desk = view.desk
    try:
        rows = [SilenceRow.of(each, active=stands) for each, stands in desk.history(desk.now())]
    except StateFaultError as fault:
        return _refusal(503, str(fault))
    return JSONResponse([as_json(row) for row in rows], headers={"cache-control": "no-store"})


def added(request: Request, raw: bytes | None, view: View) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return _refusal(415, "Write the header Content-Type: application/json.")
    if raw is None:
        return _refusal(413, f"The body is larger than {LARGEST_BODY} bytes.")
    if (by := _allowed(request, view)) is None:
        return _refusal(403, REFUSED)
    try:
        wanted = _wanted(raw)
        new = view.desk.add(
            wanted["matchers"], wanted["for"], by=_known(wanted.get("by", ""), by), comment=wanted.get("comment", "")
        )
    except SilenceFaultError as fault:
        return _refusal(400, str(fault))
    except StateFaultError as fault:
        return _refusal(503, str(fault))
    return JSONResponse(as_json(SilenceRow.of(new, active=True)), 201)


def ended(request: Request, view: View) -> Response:
    if (by := _allowed(request, view)) is None:
        return _refusal(403, REFUSED)
    try:
        over = view.desk.end(request.path_params["name"], _known(request.query_params.get("by", ""), by))
    except SilenceFaultError as fault:
        return _refusal(404, str(fault))
    except StateFaultError as fault:
        return _refusal(503, str(fault))
    return JSONResponse(as_json(SilenceRow.of(over, active=False)))


def _allowed(request: Request, view: View) -> str | None:
    return None if is_foreign(request) else visitor(request, view)


def _known(by: str, user: str) -> str:
    """Who asked; whoever has logged in may ask for somebody else, and not in their name alone."""
    return f"{user} ({by})" if user and by and user != by else user or by


def _wanted(raw: bytes) -> dict[str, Any]:
    """Raises SilenceFaultError where it has another shape."""
    example = '{"matchers": ["severity=warning"], "for": "4h", "by": "Li Lei", "comment": "stocktaking"}'
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not {"matchers", "for"} <= found.keys() <= _KEYS:
        raise SilenceFaultError(f"the body must have matchers and for, and may have by and comment; write {example}")
    names = found["matchers"]
    texts = [found["for"], found.get("by", ""), found.get("comment", "")]
    if not isinstance(names, list) or not all(isinstance(each, str) for each in [*names, *texts]):
        raise SilenceFaultError(f"matchers must be a list of texts, everything else a text; write {example}")
    return found


def _refusal(status: int, why: str) -> Response:
    return JSONResponse({"error": why}, status)
