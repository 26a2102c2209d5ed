"""A group robot of WeCom (企业微信消息推送): template_card text_notice, or markdown where there is no link to open."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from exporter.model import Card, Link, Receipt
from exporter.notify import Called, Channel, Endpoint, Secret, Verdict, links
from exporter.text import SEPARATOR, cut_parts, harmless, letters, opening, stack

if TYPE_CHECKING:
    import requests

# Lengths WeCom recommends (in 字) or demands (bytes, rows). What it does beyond a recommended one is documented
# nowhere, so they are kept as if it refused.
_SOURCE, _TITLE, _DESC, _NUMBER, _UNIT, _SUBTITLE, _NAME, _VALUE, _JUMP = 13, 26, 30, 10, 15, 112, 5, 26, 13
_ROWS, _JUMPS = 6, 3
_MARKDOWN_BYTES, _TEXT_BYTES = 4_096, 2_048


class WeCom(Channel):
    """`key` is the only secret: whoever has it can write into the room."""

    kind: Literal["wecom"] = "wecom"
    key: Secret
    endpoint: Endpoint = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"

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


def _headline(title: str) -> str:
    """Where the whole title does not fit, the place in brackets at its end goes first: it is a row of the card, too."""
    whole = harmless(title, 2 * _TITLE)
    if letters(whole) > _TITLE:
        whole = re.sub(r"\s*[（(][^（(]*$", "", whole) or whole
    return harmless(whole, _TITLE) or "order-health"


def _notice(card: Card, jumps: list[Link]) -> dict[str, Any]:
    rows = [_row(fact.name, fact.value) for fact in card.facts[: _ROWS // 2 if card.cases else _ROWS]]
    # a space for each " · " lets the amount stand beside an order number of 17 digits
    rows += [_row(f"{n}", cut_parts(case, _VALUE, " ")) for n, case in enumerate(card.cases, 1) if not _long(case)]
    notice: dict[str, Any] = {
        "card_type": "text_notice",
        "source": {"desc": "order-health", "desc_color": _COLOURS.get((card.status, card.severity), 1)},
        "main_title": {"title": _headline(card.title)},
        "sub_title_text": _subtitle(card),
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


def _long(case: str) -> str:
    """The order number of a case if no row can hold it."""
    number = case.split(SEPARATOR, maxsplit=1)[0]
    return number if letters(number) > _VALUE and " " not in number else ""


def _subtitle(card: Card) -> str:
    """The sentence, and below it whole the order numbers that no row can hold: half a number finds no order."""
    below = ""
    for number in map(harmless, map(_long, card.cases)):
        if number and letters(below) + letters(number) < _SUBTITLE * 3 // 4:
            below += f"\n{number}"
    return harmless(card.text, _SUBTITLE - letters(below)) + below


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
