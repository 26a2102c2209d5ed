"""A Feishu robot that refuses what the real one refuses; where the real one is unknown, stricter.

What stands behind each rule: documented (D), reported by users (U), or assumed to be the worse case (?).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from exporter.demo.robot import Post, RefusalError, Robot, body_of, within

_BODY_BYTES = 20_000  # D says 20 KB; ? the smaller reading of it
_HOUR, _SECOND, _PER_SECOND = 3_600, timedelta(seconds=1), 5
_COLOURS = {
    *("blue", "wathet", "turquoise", "green", "yellow", "orange"),
    *("red", "carmine", "violet", "purple", "indigo", "grey"),
}
_AT = {
    "interactive": re.compile(r"<at id=([A-Za-z0-9$._:-]+)></at>"),
    "text": re.compile(r'<at user_id="([A-Za-z0-9$._:-]+)">[^<]*</at>'),
}


@dataclass
class FeishuRobot(Robot):
    """Without `secret` it wants no signature, without `keywords` no keyword."""

    NAME: ClassVar[str] = "feishu"
    PATH: ClassVar[str] = "/open-apis/bot/v2/hook/{token}"
    PER_MINUTE: ClassVar[int] = 100  # D

    token: str
    secret: str | None = None
    keywords: tuple[str, ...] = ()

    def admit(self, post: Post) -> None:
        if post.method != "POST" or not post.content_type.startswith("application/json"):
            raise self.not_json()  # ?
        if post.query.get("token") != self.token:
            raise RefusalError(19001, "param invalid: incoming webhook access token invalid")  # D
        if len(post.raw) > _BODY_BYTES:
            raise RefusalError(19036, "the request body exceeds the size limit of 20KB")  # U
        if self.secret:
            self._check_signature(body_of(post.raw, self.not_json()), post, self.secret)

    def read(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        kind = body.get("msg_type")
        if kind == "text":
            said = [within(body, "content", _bad("content")).get("text")]
        elif kind == "interactive":
            said = list(_said(within(body, "card", _bad("card"))))
        else:
            raise _bad("msg_type")
        if not all(isinstance(each, str) and each.strip() for each in said):
            raise _bad("text")
        whole = "\n".join(map(str, said))
        if self.keywords and not any(word in whole for word in self.keywords):
            raise RefusalError(19024, "Key Words Not Found")  # D
        if re.search(r"</?at\b", _AT[kind].sub("", whole)):
            raise _bad("at")  # ? the real one shows it as text
        return tuple(_AT[kind].findall(whole))

    def answer(self, code: int, said: str) -> dict[str, Any]:
        if code:
            return {"code": code, "data": {}, "msg": said}
        return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}  # D

    def not_json(self) -> RefusalError:
        return _bad("body")

    def throttled(self) -> RefusalError:
        return RefusalError(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")  # D

    def anti_abuse(self) -> dict[str, Any]:
        return self.answer(9499, "too many request")  # U

    def crowded(self, post: Post) -> bool:
        return sum(post.at - each.at < _SECOND for each in self.messages[-_PER_SECOND:]) >= _PER_SECOND  # D

    def _check_signature(self, body: Mapping[str, Any], post: Post, secret: str) -> None:
        stamp = str(body.get("timestamp", ""))
        fresh = re.fullmatch(r"\d{10}", stamp, re.ASCII) and abs(post.at.timestamp() - int(stamp)) <= _HOUR
        digest = base64.b64encode(hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()
        if not fresh or not hmac.compare_digest(digest.encode(), str(body.get("sign", "")).encode()):
            raise RefusalError(19021, "sign match fail or timestamp is not within one hour from current time")  # D


def _bad(what: str) -> RefusalError:
    return RefusalError(9499, f"Bad Request: {what}")  # U; ? for which faults


def _said(card: Mapping[str, Any]) -> Iterator[Any]:
    """Every text of a card of the first form (D); attributes that the real one ignores are refused."""
    if card.keys() - {"config", "header", "elements"} or not isinstance(card.get("elements"), list):
        raise _bad("card")
    header = within(card, "header", _bad("header"))
    if header.get("template") not in _COLOURS:
        raise _bad("header.template")
    yield _text(header.get("title"), {"plain_text"})
    if not card["elements"]:
        raise _bad("elements")
    for element in card["elements"]:
        if not isinstance(element, dict) or element.get("tag") not in _ELEMENTS:
            raise _bad("elements.tag")
        yield from _ELEMENTS[element["tag"]](element)


def _div(element: Mapping[str, Any]) -> Iterator[Any]:
    fields = element.get("fields", [])
    if element.keys() - {"tag", "text", "fields"} or not isinstance(fields, list) or not (fields or "text" in element):
        raise _bad("div")
    if "text" in element:
        yield _text(element["text"], {"plain_text", "lark_md"})
    for field in fields:
        if not isinstance(field, dict) or not isinstance(field.get("is_short"), bool):
            raise _bad("div.fields")
        yield _text(field.get("text"), {"plain_text", "lark_md"})


def _action(element: Mapping[str, Any]) -> Iterator[Any]:
    actions = element.get("actions")
    if not isinstance(actions, list) or not actions:
        raise _bad("action.actions")
    for button in actions:
        if not isinstance(button, dict) or button.get("tag") != "button":
            raise _bad("action.tag")
        if button.get("type") not in {"default", "primary", "danger"}:
            raise _bad("button.type")
        if not re.fullmatch(r"https?://[!-~]+", str(button.get("url", ""))):
            raise _bad("button.url")
        yield _text(button.get("text"), {"plain_text"})


def _text(text: Any, tags: Collection[str]) -> Any:
    if not isinstance(text, dict) or str(text.get("tag")) not in tags or text.keys() != {"tag", "content"}:
        raise _bad("text")
    return text["content"]


_ELEMENTS = {"div": _div, "action": _action}
