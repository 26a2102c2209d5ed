"""The buttons of the status page: take, silence, end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from exporter.silences import Action, OverError, SilenceFaultError
from exporter.silences.asking import name
from exporter.state import StateFaultError
from exporter.web.silences import screens
from exporter.web.silences.permission import fields, form_token, is_foreign, is_ours, visitor

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from exporter.web import View
    from exporter.web.wording import Wording

_ACTIONS: Mapping[str, Action] = {"take": "take", "silence": "silence"}
_FIELDS = ("token", "action", "alert", "silence")


def token(request: Request, view: View) -> str:
    """What the forms of this visitor carry; "" for who may change nothing, or while nothing can be changed."""
    try:
        user = visitor(request, view)
        return "" if user is None else form_token(view, user)
    except StateFaultError:
        return ""


def form(request: Request, raw: bytes | None, view: View, say: Wording) -> Response:
    given = fields(raw or b"")
    try:
        user = None if is_foreign(request) else visitor(request, view)
        if user is None:
            return screens.refused(say.word("refused_why"), say).answer(say, 403)
        if not is_ours(given.get("token", ""), view, user):
            return screens.refused(say.word("stale_why"), say).answer(say, 403)
        by = user or given.get("by", "").strip() or screens.remembered(request)
        return _acted(request, given, by, view, say)
    except (OverError, SilenceFaultError, StateFaultError) as fault:
        return screens.failed(fault, say)


def _acted(request: Request, given: Mapping[str, str], by: str, view: View, say: Wording) -> Response:
    """Who is not known by name is asked for it first; what is done then shows on the status page."""
    action, asked = given.get("action", ""), "by" in given
    hidden = {each: given.get(each, "") for each in _FIELDS}
    if chosen := _ACTIONS.get(action):
        subject = view.desk.about(given.get("alert", ""))
        if not by:
            return screens.question(chosen, subject, say, "", hidden=hidden, nameless=asked).answer(say)
        view.desk.act(chosen, subject, by)
    elif action == "end":
        if not by:
            fault = say.word("name_missing") if asked else ""
            end = say.word("end_silence")
            return screens.Screen("", end, button=end, fault=fault, hidden=hidden).answer(say)
        view.desk.end(given.get("silence", ""), by)
    else:
        return screens.refused(say.word("stale_why"), say).answer(say, 400)
    language = request.query_params.get("lang")
    back = f"./?lang={say.language}" if language else "./"
    return screens.remembering(RedirectResponse(back, 303), request, name(by))
