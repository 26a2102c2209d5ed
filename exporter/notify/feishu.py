"""A custom robot of a Feishu (飞书) or Lark group: an interactive card, signed in its body, that may call people."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr

from exporter.model import Card, Fact, Receipt
from exporter.notify import Called, Channel, Endpoint, Secret, Verdict, links
from exporter.text import harmless, letters, octets, opening, stack

if TYPE_CHECKING:
    import requests

# The body may have 20 KB. JSON at most doubles these (quotes, line ends), and five buttons of 1,100 bytes stand beside.
_FACT_BYTES, _CASE_BYTES, _TEXT_BYTES, _BUTTONS, _FACTS, _CASES = 1_600, 3_000, 2_000, 5, 12, 20

# What is longer would be broken in a column of half a phone's width.
_COLUMN = 14


def _token(token: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", token.get_secret_value(), re.ASCII):
        raise ValueError("write only what follows /hook/ in the robot's address")
    return token


class Feishu(Channel):
    """`token` follows /hook/ in the robot's address, `secret` is the text of 签名校验, `keyword` one of its 关键词."""

    APART: ClassVar[float] = 0.25

    kind: Literal["feishu"] = "feishu"
    """Which room it is; Lark as well."""
    per_minute: Annotated[int, Field(ge=2)] = 60
    token: Annotated[SecretStr, AfterValidator(_token)]
    """What follows `/hook/` in the robot's address."""
    secret: Secret | None = None
    """The text of the security mode 签名校验."""
    keyword: str | None = Field(default=None, min_length=1, max_length=64)
    """One of the robot's 关键词: put into a message that lacks it."""
    endpoint: Endpoint = "https://open.feishu.cn/open-apis/bot/v2/hook"
    """Where the robot listens; another one than Feishu's own is for Lark, for proxies and for tests."""

    def messages(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        """One message: a card of Feishu may call people."""
        title = harmless(card.title, 100) or "order-health"
        parts = [_news(card), _facts(card), _cases(card), self._close(card), _buttons(card)]
        shown = {
            "config": {"wide_screen_mode": True},
            "header": {"template": _colour(card), "title": _plain(_words(title))},
            "elements": [part for part in parts if part] or [{"tag": "div", "text": _plain(_words(title))}],
        }
        return (self._signed({"msg_type": "interactive", "card": shown}, now),)

    def plain(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        # an id that Feishu does not know may be why we come here, so only everybody is called
        everybody = '<at user_id="all"></at>' if Called.by(card).everybody else ""
        said = [harmless(card.title, 120), harmless(card.text, 300), *(harmless(case, 80) for case in card.cases[:5])]
        text = stack([everybody, self.keyword or "", *map(_words, said)], _TEXT_BYTES, "\n") or "order-health"
        return (self._signed({"msg_type": "text", "content": {"text": text}}, now),)

    def receipt(self, response: requests.Response) -> Receipt:
        # robots of the first years answer StatusCode alone
        names = ("code", "msg") if b'"code"' in response.content else ("StatusCode", "StatusMessage")
        return self.judge(response, _verdict, names)

    def _close(self, card: Card) -> dict[str, Any] | None:
        called = Called.by(card)
        names = (*called.users, *(("all",) if called.everybody else ()))
        return _div(" ".join([*(f"<at id={name}></at>" for name in names), *([self.keyword] if self.keyword else [])]))

    def _signed(self, body: dict[str, Any], now: datetime) -> requests.Request:
        import requests  # noqa: PLC0415 -- only a process that sends pays for it

        if self.secret:
            stamp = str(int(now.timestamp()))
            body = {"timestamp": stamp, "sign": signature(self.secret, stamp), **body}
        # raw UTF-8: \u escapes would double the bytes of Chinese
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return requests.Request("POST", f"{self.endpoint}/{self.token.get_secret_value()}", data=data, headers=headers)


def signature(secret: SecretStr, stamp: str) -> str:
    """The base64 signature of seconds since 1970 as text: the secret is part of the key, and the message is empty."""
    key = f"{stamp}\n{secret.get_secret_value()}"
    return base64.b64encode(hmac.new(key.encode(), b"", hashlib.sha256).digest()).decode()


def _news(card: Card) -> dict[str, Any] | None:
    number = " ".join(word for word in (harmless(card.number, 20), harmless(card.unit, 30)) if word)
    # the title or the sentence names the figure as a rule: a phone has no room to say it twice
    said = f"**{_words(number)}**" if number and harmless(card.number, 20) not in card.title + card.text else ""
    return _div(stack([said, _words(opening(card.text, 600))], _TEXT_BYTES, "\n"))


def _facts(card: Card) -> dict[str, Any] | None:
    fields, room = [], _FACT_BYTES
    for fact in card.facts[:_FACTS]:
        field = _field(fact)
        room -= octets(field["text"]["content"])
        if room < 0:
            break
        fields.append(field)
    return {"tag": "div", "fields": fields} if fields else None


def _field(fact: Fact) -> dict[str, Any]:
    name, value = harmless(fact.name, 20), harmless(fact.value, 120)
    said = {"tag": "lark_md", "content": f"**{_words(name) or '–'}**\n{_words(value) or '–'}"}
    return {"is_short": letters(value) <= _COLUMN, "text": said}


def _cases(card: Card) -> dict[str, Any] | None:
    """Whole lines only: what does not fit is "…", and the page has it."""
    cases = (f"{place}. {_words(harmless(case, 120))}" for place, case in enumerate(card.cases[:_CASES], 1))
    return _div(stack(cases, _CASE_BYTES, "\n"))


def _buttons(card: Card) -> dict[str, Any] | None:
    buttons = [
        {"tag": "button", "type": "default", "url": link.url, "text": _plain(harmless(link.title, 20) or "→")}
        for link in links(card)[:_BUTTONS]
    ]
    return {"tag": "action", "actions": [{**buttons[0], "type": "primary"}, *buttons[1:]]} if buttons else None


def _div(text: str) -> dict[str, Any] | None:
    return {"tag": "div", "text": {"tag": "lark_md", "content": text}} if text else None


def _plain(text: str) -> dict[str, str]:
    return {"tag": "plain_text", "content": text}


def _words(text: str) -> str:
    """Feishu alone reads `:DONE:` as a picture."""
    return _PICTURE.sub("：", text)


def _colour(card: Card) -> str:
    if card.status != "firing":
        return "green" if card.status == "resolved" else "blue"
    return {"critical": "red", "warning": "orange"}.get(card.severity, "blue")


_PICTURE = re.compile(r":(?=[A-Za-z][A-Za-z0-9_]*:)")


def _verdict(code: int, said: str) -> Verdict | None:
    if code == 9499 and "too many" in said.lower():  # noqa: PLR2004 -- an errcode
        return _THROTTLED
    return _VERDICTS.get(code)


_THROTTLED = Verdict("wait", "too many messages for now: 100 in a minute, 5 in a second, fewer at full hours", 60)
_VERDICTS = {
    9499: Verdict("content", "Feishu does not accept this form; sending a plain text instead", 0),
    11232: _THROTTLED,
    19001: Verdict("permanent", "there is no such robot: copy what follows /hook/ in its address as `token:`"),
    19021: Verdict(
        "permanent",
        "the signature does not match, or its time is more than an hour off: write the text of 签名校验 as `secret:` "
        "and set this machine's clock",
    ),
    19022: Verdict("permanent", "this machine's outgoing address is not among those the robot allows: add it there"),
    19024: Verdict("permanent", "the robot wants a keyword: write one of its keywords as `keyword:`"),
    19036: Verdict("split", "the message is too long; sending a short text instead", 0),
}
