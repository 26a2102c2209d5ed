"""A DingTalk robot that refuses what the real one refuses, with its texts; where the real one is unknown, stricter."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from exporter.demo.robot import Post, RefusalError, Robot, within

_BODY_BYTES, _BUTTONS = 20_000, 5
_HOUR_MS, _PENALTY = 3_600_000, timedelta(minutes=10)
_REQUIRED = {
    "text": ("content",),
    "markdown": ("title", "text"),
    "link": ("title", "text", "messageUrl"),
    "actionCard": ("title", "text"),
}


@dataclass
class DingTalkRobot(Robot):
    """Without `secret` it wants no signature, without `keywords` no keyword."""

    NAME: ClassVar[str] = "dingtalk"
    PATH: ClassVar[str] = "/robot/send"

    token: str
    secret: str | None = None
    keywords: tuple[str, ...] = ()

    def admit(self, post: Post) -> None:
        if post.method != "POST":
            raise RefusalError(43002, "需要POST请求")
        if not post.query.get("access_token"):
            raise RefusalError(40035, "缺少参数 access_token")
        if post.query["access_token"] != self.token:
            raise RefusalError(300005, "token is not exist")
        if not post.content_type.startswith("application/json"):
            raise RefusalError(43004, "无效的HTTP HEADER Content-Type")
        if self.secret:
            self._check_signature(post, self.secret)
        if len(post.raw) > _BODY_BYTES:
            raise RefusalError(460101, f"message too long, exceed {_BODY_BYTES} bytes")

    def read(self, body: Mapping[str, Any]) -> tuple[str, ...]:
        kind = body.get("msgtype")
        if kind not in _REQUIRED:
            raise RefusalError(400105, f"不支持的消息类型: {kind}")
        inner = within(body, kind, _bad(kind))
        for name in _REQUIRED[kind]:
            if not isinstance(inner.get(name), str) or not inner[name].strip():
                raise _bad(f"{kind}.{name}")
        said = "\n".join(inner[name] for name in _REQUIRED[kind])
        if self.keywords and not any(word in said for word in self.keywords):
            raise RefusalError(310000, "keywords not in content")
        _check_links(_urls(kind, inner))
        return _called(kind, body.get("at"), said)

    def not_json(self) -> RefusalError:
        return _bad("body is not JSON in UTF-8")

    def throttled(self) -> RefusalError:
        return RefusalError(130101, "send too fast, exceed 20 times per minute")

    def anti_abuse(self) -> dict[str, Any]:
        return {"status": 1111, "wait": 5, "source": "x5", "punish": "deny", "uuid": "0ab1c2d3"}

    def penalty(self, now: datetime) -> datetime:
        return now + _PENALTY

    def _check_signature(self, post: Post, secret: str) -> None:
        stamp = post.query.get("timestamp", "")
        age_ms = post.at.timestamp() * 1000 - int(stamp) if re.fullmatch(r"\d{13}", stamp, re.ASCII) else None
        if age_ms is None or abs(age_ms) > _HOUR_MS:
            raise RefusalError(310000, "invalid timestamp")
        digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
        # the query arrives decoded once; a signature that was encoded twice still has %3D in it
        if not hmac.compare_digest(base64.b64encode(digest).decode(), post.query.get("sign", "").strip()):
            raise RefusalError(
                310000,
                "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中，"
                "请确认机器人的密钥加密和填写正确;link:请参考本接口对应文档查看获取详情;",
            )


def _bad(what: str) -> RefusalError:
    return RefusalError(40035, f"不合法的参数 {what}")


def _urls(kind: str, inner: Mapping[str, Any]) -> list[Any]:
    if kind == "link":
        return [inner["messageUrl"]]
    if kind != "actionCard":
        return []
    if inner.get("singleTitle") and inner.get("singleURL"):
        return [inner["singleURL"]]
    buttons = inner.get("btns")
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= _BUTTONS:
        raise _bad("actionCard.btns")
    if not all(isinstance(button, dict) and button.get("title") for button in buttons):
        raise _bad("actionCard.btns.title")
    if inner.get("btnOrientation", "0") not in {"0", "1"}:
        raise _bad("actionCard.btnOrientation")
    return [button.get("actionURL") for button in buttons]


def _check_links(urls: Iterable[Any]) -> None:
    for url in urls:
        if not isinstance(url, str) or not re.fullmatch(r"https?://[!-~]+", url):
            raise RefusalError(430101, "不安全的外链")


def _called(kind: str, at: Any, said: str) -> tuple[str, ...]:
    """The real robot shows an `at` whose number is not in the text, and calls nobody: here that is refused."""
    if at is None:
        return ()
    if not isinstance(at, dict) or not isinstance(at.get("isAtAll", False), bool):
        raise _bad("at")
    names = [*at.get("atMobiles", []), *at.get("atUserIds", [])]
    for name in names:
        if not isinstance(name, str) or f"@{name}" not in said:
            raise _bad("at: nobody is called unless @name stands in the text")
    # whether a card may call people is documented both ways, so here it does not
    return (
        ("@all", *names)
        if at.get("isAtAll") and kind in {"text", "markdown"}
        else tuple(names) * (kind != "actionCard")
    )
