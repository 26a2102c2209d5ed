"""A card's button: GET only asks, for chat rooms and mail scanners open links too; POST acts, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exporter.silences import ForgedError, OverError, SilenceFaultError, UsedLinkError
from exporter.state import StateFaultError
from exporter.web.silences import screens
from exporter.web.silences.permission import fields, is_foreign

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from exporter.web import View
    from exporter.web.wording import Wording

_HOME = "../"


def link(request: Request, raw: bytes | None, view: View, say: Wording) -> Response:
    """The ticket in its path is all the proof there is, and all that is needed."""
    try:
        ticket, subject = view.desk.opened(request.path_params["ticket"])
        by = fields(raw or b"").get("by", "").strip() or str(request.scope.get("user") or "")
        pressed = request.method == "POST" and not is_foreign(request)
        if not pressed or not by:
            known = screens.remembered(request)
            return screens.question(ticket.action, subject, say, known, home=_HOME, nameless=pressed).answer(say)
        made = view.desk.act(ticket.action, subject, by, ticket)
    except (ForgedError, UsedLinkError, OverError, SilenceFaultError, StateFaultError) as fault:
        return screens.failed(fault, say, _HOME)
    return screens.remembering(screens.done(ticket.action, made, say, _HOME).answer(say), request, made.by)
