"""A group robot of WeCom (企业微信消息推送): template_card text_notice, or markdown where there is no link to open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from exporter.model import Card, Link, Receipt
from exporter.notify import Called, Channel, Endpoint, Secret, Verdict, links
from exporter.text import ELLIPSIS, SEPARATOR, broken, cut_parts, harmless, letters, opening, squeezed, stack

if TYPE_CHECKING:
    import requests

# Lengths WeCom recommends (in 字) or demands (bytes, rows). What it does beyond a recommended one is documented
# nowhere, so they are kept as if it refused.
_SOURCE, _TITLE, _DESC, _NUMBER, _UNIT, _SUBTITLE, _NAME, _VALUE, _JUMP = 13, 26, 30, 10, 15, 112, 5, 26, 13
_ROWS, _JUMPS, _WHOLE = 6, 3, 80
_MARKDOWN_BYTES, _TEXT_BYTES = 4_096, 2_048
_PLACE = re.compile(r"\s*[（(]([^（()）]*)[）)]$")


class WeCom(Channel):
    """`key` is the only secret: whoever has it can write into the room."""

    kind: Literal["wecom"] = "wecom"
    """Which room it is."""
    key: Secret
    """`key` of the robot's address; whoever has it can write into the room."""
    endpoint: Endpoint = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"
    """Where the robot listens; another one than WeCom's own is for proxies and for tests."""

    def messages(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:  # noqa: ARG002 -- unsigned
        """The card, and after it a short text if somebody is to be called: no card of WeCom calls anybody."""
        called = Called.by(card)
        calls = (_text([harmless(card.title, 120)], called),) if called else ()
        return tuple(self._request(body) for body in (_card(card), *calls))

    def plain(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:  # noqa: ARG002 -- unsigned
        # an unknown user id is one of the reasons to come here, so only the numbers are called
        called = Called(Called.by(card).mobiles, (), everybody=Called.by(card).everybody)
        said = [harmless(card.title, 120), harmless(card.text, 300), *(harmless(case, 80) for case in card.cases[:5])]
        return (self._request(_text(said, called)),)

    def receipt(self, response: requests.Response) -> Receipt:
        return self.judge(response, _verdict)

    def _request(self, body: dict[str, Any]) -> requests.Request:
        import requests  # noqa: PLC0415 -- only a process that sends pays for it

        # raw UTF-8: WeCom's general rules forbid \u escapes
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return requests.Request(
            "POST", self.endpoint, params={"key": self.key.get_secret_value()}, data=data, headers=headers
        )


def _card(card: Card) -> dict[str, Any]:
    jumps = links(card)
    if not jumps:
        # a text_notice must open something when it is touched
        return {"msgtype": "markdown", "markdown": {"content": _markdown(card)}}
    return {"msgtype": "template_card", "template_card": _notice(card, jumps)}


def _headline(title: str) -> dict[str, str]:
    """The title, and in small letters below it what a line has no room for.

    The place in brackets at its end goes there first, then whole words do, and at last a long path is squeezed.
    """
    whole = harmless(title, 200)
    news, place = _news(whole)
    if letters(whole) <= _TITLE:
        return {"title": whole or "order-health"}
    if letters(news) <= _TITLE:
        return {"title": news, "desc": broken(place, _DESC)[0].rstrip("，,/ ")} if place else {"title": news}
    first, rest = broken(news, _TITLE)
    if letters(rest) > _DESC:
        shorter = broken(squeezed(news, letters(rest) - _DESC), _TITLE)
        first, rest = shorter if letters(shorter[1]) <= _DESC else (first, rest)
    if letters(rest) > _DESC:
        rest = broken(rest, _DESC - 1)[0] + ELLIPSIS
    return {"title": first, "desc": rest}


def _news(title: str) -> tuple[str, str]:
    """A title without the place in brackets at its end, and that place."""
    found = _PLACE.search(title)
    return (title[: found.start()], found[1]) if found and found.start() else (title, "")


def _notice(card: Card, jumps: list[Link]) -> dict[str, Any]:
    rows = [_row(fact.name, fact.value) for fact in card.facts[: _ROWS // 2 if card.cases else _ROWS]]
    rows += [_row(f"{n}", _case(case)) for n, case in enumerate(card.cases, 1) if not _long(case)]
    headline = _headline(card.title)
    notice: dict[str, Any] = {
        "card_type": "text_notice",
        "source": {"desc": "order-health", "desc_color": _COLOURS.get((card.status, card.severity), 1)},
        "main_title": headline,
        "sub_title_text": _subtitle(card, whole=not headline.get("desc", "").endswith(ELLIPSIS)),
        "horizontal_content_list": rows[:_ROWS],
        "jump_list": [
            {"type": 1, "title": harmless(jump.title, _JUMP) or "→", "url": jump.url} for jump in jumps[:_JUMPS]
        ],
        "card_action": {"type": 1, "url": jumps[-1].url},
    }
    if number := harmless(card.number, _NUMBER):
        unit = harmless(card.unit, _UNIT)
        notice["emphasis_content"] = {"title": number, "desc": unit} if unit else {"title": number}
    return notice


def _row(name: str, value: str) -> dict[str, str]:
    return {"keyname": harmless(name, _NAME) or "–", "value": harmless(value, _VALUE) or "–"}


def _case(case: str) -> str:
    """As many of its parts as a row has room for; a title that fits without the place at its end goes without."""
    # a space for each " · " lets the amount stand beside an order number of 17 digits
    kept = cut_parts(case, _VALUE, " ")
    return kept if letters(kept) <= _VALUE else _news(kept)[0]


def _long(case: str) -> str:
    """The order number of a case if no row can hold it."""
    number = case.split(SEPARATOR, maxsplit=1)[0]
    return number if letters(number) > _VALUE and " " not in number else ""


def _subtitle(card: Card, *, whole: bool) -> str:
    """The sentence, and below it whole the order numbers that no row can hold: half a number finds no order.

    Where the title is not shown whole, the sentence begins with it.
    """
    below = ""
    for number in map(harmless, map(_long, card.cases)):
        if number and letters(below) + letters(number) < _SUBTITLE * 3 // 4:
            below += f"\n{number}"
    room = _SUBTITLE - letters(below)
    above = "" if whole else harmless(_news(card.title)[0], min(room - 1, _WHOLE)) + "\n"
    return above + harmless(card.text, room - letters(above)) + below


def _markdown(card: Card) -> str:
    colour = {"resolved": "info", "info": "comment"}.get(card.status, "warning")
    number = " ".join(word for word in (harmless(card.number, 20), harmless(card.unit, 30)) if word)
    blocks = [
        f"### {harmless(card.title, 100)}",
        f'<font color="{colour}">{number}</font>' if number else "",
        opening(card.text, 400),
        stack((f"> {harmless(fact.name, 20)}：{harmless(fact.value, 120)}" for fact in card.facts), 1_200, "\n"),
        # WeCom's markdown has no lists
        stack((f"> {place}) {harmless(case, 120)}" for place, case in enumerate(card.cases, 1)), 1_600, "\n"),
    ]
    return stack(blocks, _MARKDOWN_BYTES, "\n")


def _text(said: Iterable[str], called: Called) -> dict[str, Any]:
    everybody = ("@all",) if called.everybody else ()
    text: dict[str, Any] = {"content": stack(said, _TEXT_BYTES, "\n") or "order-health"}
    if called.users or everybody:
        text["mentioned_list"] = (*called.users, *everybody)
    if called.mobiles:
        text["mentioned_mobile_list"] = called.mobiles
    return {"msgtype": "text", "text": text}


def _verdict(code: int, said: str) -> Verdict | None:
    if code == 40058 and "exceed max length" in said.lower():  # noqa: PLR2004 -- an errcode
        return _TOO_LONG
    return _VERDICTS.get(code)


_COLOURS = {("firing", "critical"): 2, ("resolved", "critical"): 3, ("resolved", "warning"): 3, ("info", "info"): 0}

_TOO_LONG = Verdict("split", "the message is too long; sending a short text instead", 0)
_ODD = Verdict("content", "WeCom does not accept this form; sending a plain text instead", 0)
_NOBODY = Verdict("content", "a user id of `mention` is unknown; sending a plain text that calls numbers only", 0)
_VERDICTS = {
    -1: Verdict("retry", "WeCom is busy", 10),
    6000: Verdict("retry", "WeCom's data were changed at the same moment", 10),
    45033: Verdict("retry", "too many calls at once; is this robot used elsewhere too?", 10),
    45009: Verdict("wait", "more than 20 messages in a minute", 60),
    93000: Verdict(
        "permanent", "there is no such robot: copy the key from the robot's Webhook again as `key:`", cause="token"
    ),
    45002: _TOO_LONG,
    44004: _ODD,
    43002: Verdict("permanent", "WeCom wants a POST: does a proxy or `endpoint` redirect?", cause="request"),
    40008: _ODD,
    40033: _ODD,
    40058: _ODD,
    40003: _NOBODY,
    46004: _NOBODY,
}
