"""A WeCom robot that refuses what the real one refuses, with its texts; lengths only recommended there are demanded."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from exporter.demo.robot import Post, RefusalError, Robot, within

_BYTES = {"text": 2_048, "markdown": 4_096, "markdown_v2": 4_096}
_LETTERS = {
    "source": {"desc": 13},
    "main_title": {"title": 26, "desc": 30},
    "emphasis_content": {"title": 10, "desc": 15},
}
_ROW, _JUMP = {"keyname": 5, "value": 26}, {"title": 13}
_ROWS, _JUMPS, _SUBTITLE = 6, 3, 112
_FIELDS = {
    *_LETTERS,
    "card_type",
    "quote_area",
    "sub_title_text",
    "horizontal_content_list",
    "jump_list",
    "card_action",
}


@dataclass
class WeComRobot(Robot):
    """Of the template cards it knows text_notice only."""

    NAME: ClassVar[str] = "wecom"
    PATH: ClassVar[str] = "/cgi-bin/webhook/send"

    key: str

    def admit(self, post: Post) -> None:
        if post.method != "POST":
            raise _refusal(43002, "require POST method")
        if post.query.get("key") != self.key:
            raise _refusal(93000, "invalid webhook url")

    def read(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        kind = body.get("msgtype")
        if kind == "template_card":
            _check_notice(within(body, kind, _refusal(40058, "template_card missing. invalid Request Parameter")))
            return ()
        if kind not in _BYTES:
            raise _refusal(40008, "invalid message type")
        inner = within(body, kind, _refusal(44004, "empty content"))
        content = inner.get("content")
        if not isinstance(content, str) or not content.strip():
            raise _refusal(44004, "empty content")
        if len(content.encode()) > _BYTES[kind]:
            raise _too_long(f"{kind}.content", _BYTES[kind])
        return _called(inner) if kind == "text" else ()

    def not_json(self) -> RefusalError:
        return _refusal(40008, "invalid message type")

    def throttled(self) -> RefusalError:
        return _refusal(45009, "api freq out of limit")

    def anti_abuse(self) -> dict[str, Any]:
        refusal = self.throttled()
        return {"errcode": refusal.errcode, "errmsg": refusal.errmsg}


def _refusal(errcode: int, said: str) -> RefusalError:
    more = f"https://open.work.weixin.qq.com/devtool/query?e={errcode}"
    return RefusalError(errcode, f"{said}, hint: [1795371600123456], from ip: 203.0.113.7, more info at {more}")


def _too_long(name: str, limit: int) -> RefusalError:
    return _refusal(40058, f"{name} exceed max length {limit}. invalid Request Parameter")


def _bad(name: str) -> RefusalError:
    return _refusal(40058, f"{name} invalid. invalid Request Parameter")


def _called(text: Mapping[str, Any]) -> tuple[str, ...]:
    called: list[str] = []
    for name in ("mentioned_list", "mentioned_mobile_list"):
        listed = text.get(name, [])
        if not isinstance(listed, list) or not all(isinstance(each, str) and each for each in listed):
            raise _bad(f"text.{name}")
        called += listed
    return tuple(called)


def _check_notice(card: Mapping[str, Any]) -> None:
    if card.get("card_type") != "text_notice":
        raise _bad("template_card.card_type")
    if unknown := card.keys() - _FIELDS:
        raise _bad(f"template_card.{min(unknown)}")
    for name, limits in _LETTERS.items():
        if name in card:
            _check_lengths(f"template_card.{name}", card[name], limits)
    _check_length("template_card.sub_title_text", card.get("sub_title_text", ""), _SUBTITLE)
    if not card.get("main_title", {}).get("title") and not card.get("sub_title_text"):
        raise _bad("template_card.main_title.title")
    if card.get("emphasis_content") and card.get("quote_area"):
        raise _bad("template_card.quote_area")
    _check_list(card, "horizontal_content_list", _ROWS, _ROW, required=("keyname",))
    _check_list(card, "jump_list", _JUMPS, _JUMP, required=("title",))
    for jump in (*card.get("jump_list", []), card.get("card_action")):
        _check_opens(jump)


def _check_list(
    card: Mapping[str, Any], name: str, most: int, limits: Mapping[str, int], required: tuple[str, ...]
) -> None:
    listed = card.get(name, [])
    if not isinstance(listed, list) or len(listed) > most:
        raise _too_long(f"template_card.{name}", most)
    for row in listed:
        _check_lengths(f"template_card.{name}", row, limits)
        if not all(row.get(each) for each in required):
            raise _bad(f"template_card.{name}.{required[0]}")


def _check_lengths(name: str, inner: Any, limits: Mapping[str, int]) -> None:
    if not isinstance(inner, dict):
        raise _bad(name)
    for each, limit in limits.items():
        _check_length(f"{name}.{each}", inner.get(each, ""), limit)


def _check_length(name: str, text: Any, limit: int) -> None:
    if not isinstance(text, str):
        raise _bad(name)
    # an emoji counts as two, as nobody says that it is one
    if len(text.encode("utf-16-le")) // 2 > limit:
        raise _too_long(name, limit)


def _check_opens(action: Any) -> None:
    if not isinstance(action, dict) or action.get("type") != 1:
        raise _bad("template_card.card_action")
    if not re.fullmatch(r"https?://[!-~]+", str(action.get("url", ""))):
        raise _bad("template_card.card_action.url")
