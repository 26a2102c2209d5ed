"""What somebody sees who takes or silences an alert: a question, what was done, or why it was not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from starlette.responses import HTMLResponse

from exporter.cards.words import WORDS as CARDS
from exporter.silences import Action, ForgedError, OverError, SilenceFaultError, UsedLinkError
from exporter.silences.asking import NAME_LETTERS
from exporter.text import masked, one_line
from exporter.web.templates import template

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from exporter.model import Alert, Silence
    from exporter.silences import Subject
    from exporter.web.wording import Wording

_COOKIE, _YEAR = "order_health_name", 365 * 86400
_TITLES = 5
_HEADERS = {"cache-control": "no-store", "vary": "Accept-Language"}


@dataclass(frozen=True, slots=True)
class Screen:
    """`state` colours the title; a question has none.

    With a `button` it is a form, posted to where it was shown, with its `hidden` fields and the name of who presses
    it; `home` leads to the status page.
    """

    state: str
    title: str
    text: str = ""
    alerts: tuple[str, ...] = ()
    more: str = ""
    button: str = ""
    by: str = ""
    fault: str = ""
    hidden: Mapping[str, str] = field(default_factory=dict)
    home: str = "./"

    def answer(self, say: Wording, status: int = HTTPStatus.OK) -> Response:
        html = template("acting.html").render(screen=self, say=say, letters=NAME_LETTERS)
        return HTMLResponse(html, status, headers=_HEADERS)


def question(action: Action, subject: Subject, say: Wording, by: str, *, hidden: Mapping[str, str] | None = None,
             home: str = "./", nameless: bool = False) -> Screen:  # fmt: skip
    """`nameless`: the button was pressed without a name."""
    count = len(subject.alerts)
    return Screen(
        "",
        say.word(f"ask_{action}"),
        say.word(f"means_{action}"),
        alerts=tuple(_title(alert, say) for alert in subject.alerts[:_TITLES]),
        more=say.word("covers", number=count) if count > 1 else "",
        button=say.word(action),
        by=by,
        fault=say.word("name_missing") if nameless else "",
        hidden=hidden or {},
        home=home,
    )


def done(action: Action, made: Silence, say: Wording, home: str = "./") -> Screen:
    until = say.word("until", by=made.by, clock=say.clock(made.ends))
    return Screen("healthy", say.word(f"done_{action}"), until, home=home)


def refused(why: str, say: Wording, home: str = "./") -> Screen:
    return Screen("failing", say.word("refused"), why, home=home)


def failed(fault: Exception, say: Wording, home: str = "./") -> Response:
    """What is told of a link that is forged, used or over, of what cannot be had, and of a state out of order."""
    if isinstance(fault, ForgedError):
        return Screen("failing", say.word("forged"), say.word("forged_why"), home=home).answer(
            say, HTTPStatus.NOT_FOUND
        )
    if isinstance(fault, UsedLinkError):
        why = say.word("used_by", by=fault.by, clock=say.clock(fault.at))
        return Screen("waiting", say.word("used"), why, home=home).answer(say, HTTPStatus.CONFLICT)
    if isinstance(fault, OverError):
        return Screen("waiting", say.word("over"), say.word("over_why"), home=home).answer(say, HTTPStatus.GONE)
    if isinstance(fault, SilenceFaultError):
        return refused(str(fault), say, home).answer(say, HTTPStatus.BAD_REQUEST)
    return refused(say.word("failed_why"), say, home).answer(say, HTTPStatus.SERVICE_UNAVAILABLE)


def remembered(request: Request) -> str:
    """The name that this device gave before."""
    return one_line(unquote(request.cookies.get(_COOKIE, "")), NAME_LETTERS)


def remembering(answer: Response, request: Request, by: str) -> Response:
    secure = request.url.scheme == "https"
    answer.set_cookie(_COOKIE, quote(by), max_age=_YEAR, httponly=True, samesite="lax", secure=secure)
    return answer


def _title(alert: Alert, say: Wording) -> str:
    summary = alert.annotations.get("summary", "")
    said = alert.annotations.get("summary_en", summary) if say.language == "en" else summary
    return masked(one_line(CARDS[say.language].worded(said, alert.labels) or alert.rule, 120))
