"""A custom robot of a DingTalk group: actionCard with buttons, signature per attempt, people called by a text."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, SecretStr

from exporter.model import Card, Cause, Receipt
from exporter.notify import Called, Channel, Endpoint, Secret, Verdict, links
from exporter.text import harmless, opening, stack

if TYPE_CHECKING:
    import requests

# The body may have 20,000 bytes, but a phone shows a screen. JSON at most doubles these (quotes, line ends), and five
# buttons of 1,100 bytes stand beside them.
_CARD_BYTES, _TEXT_BYTES, _BUTTONS, _FACTS, _CASES = 5_000, 2_000, 5, 12, 20

# Three and more stand one below the other: side by side a phone has no room for their titles.
_BESIDE = 2


class DingTalk(Channel):
    """`secret` is the SEC… text of the robot's security mode 加签, `keyword` one of its 自定义关键词."""

    kind: Literal["dingtalk"] = "dingtalk"
    """Which room it is."""
    token: Secret
    """`access_token` of the robot's address."""
    secret: Secret | None = None
    """The `SEC…` text of the security mode 加签."""
    keyword: str | None = Field(default=None, min_length=1, max_length=64)
    """One of the robot's 自定义关键词: put into a message that lacks it."""
    endpoint: Endpoint = "https://oapi.dingtalk.com/robot/send"
    """Where the robot listens; another one than DingTalk's own is for proxies and for tests."""

    def messages(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        """The card, and after it a short text if somebody is to be called.

        DingTalk's pages contradict each other on whether an actionCard may call people; a text always may.
        """
        return tuple(self._signed(body, now) for body in (self._card(card), *self._calls(card)))

    def plain(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        said = [harmless(card.title, 120), harmless(card.text, 300), *(harmless(case, 80) for case in card.cases[:5])]
        return (self._signed(self._text(said, Called.by(card)), now),)

    def receipt(self, response: requests.Response) -> Receipt:
        return self.judge(response, _verdict)

    def _card(self, card: Card) -> dict[str, Any]:
        title = harmless(card.title, 100) or "order-health"
        action: dict[str, Any] = {"title": title, "text": self._with_keyword(_markdown(card, title), "\n\n")}
        buttons = [{"title": harmless(link.title, 20) or link.url, "actionURL": link.url} for link in links(card)]
        if not buttons:
            return {"msgtype": "markdown", "markdown": action}
        beside = "1" if len(buttons) <= _BESIDE else "0"
        return {"msgtype": "actionCard", "actionCard": {**action, "btnOrientation": beside, "btns": buttons[:_BUTTONS]}}

    def _calls(self, card: Card) -> tuple[dict[str, Any], ...]:
        called = Called.by(card)
        return (self._text([harmless(card.title, 120)], called),) if called else ()

    def _text(self, said: list[str], called: Called) -> dict[str, Any]:
        # a number in `at` calls nobody unless it stands in the text as well
        names = " ".join(f"@{name}" for name in (*called.mobiles, *called.users))
        content = self._with_keyword(stack([names, *said], _TEXT_BYTES, "\n") or "order-health", "\n")
        at = {"atMobiles": called.mobiles, "atUserIds": called.users, "isAtAll": called.everybody}
        return {"msgtype": "text", "text": {"content": content}, "at": at}

    def _with_keyword(self, text: str, gap: str) -> str:
        return text if not self.keyword or self.keyword in text else f"{text}{gap}{self.keyword}"

    def _signed(self, body: dict[str, Any], now: datetime) -> requests.Request:
        import requests  # noqa: PLC0415 -- only a process that sends pays for it

        query = {"access_token": self.token.get_secret_value()}
        if self.secret:
            stamp = str(int(now.timestamp() * 1000))
            query |= {"timestamp": stamp, "sign": signature(self.secret, stamp)}
        # raw UTF-8: \u escapes would double the bytes of Chinese; `params` encodes the signature, exactly once
        data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json; charset=utf-8"}
        return requests.Request("POST", self.endpoint, params=query, data=data, headers=headers)


def signature(secret: SecretStr, stamp: str) -> str:
    """The base64 signature, not yet URL-encoded, of milliseconds since 1970 as text; good for one hour."""
    key = secret.get_secret_value()
    digest = hmac.new(key.encode(), f"{stamp}\n{key}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def _markdown(card: Card, title: str) -> str:
    number = " ".join(word for word in (harmless(card.number, 20), harmless(card.unit, 30)) if word)
    text = opening(card.text, 600)
    facts = [f"- **{harmless(fact.name, 20)}** {harmless(fact.value, 120)}" for fact in card.facts[:_FACTS]]
    cases = [f"{place}. {harmless(case, 120)}" for place, case in enumerate(card.cases[:_CASES], 1)]
    blocks = [
        f"### {title}",
        # the title or the sentence names the figure as a rule: a phone has no room to say it twice
        f"**{number}**" if number and harmless(card.number, 20) not in title + text else "",
        text,
        stack(facts, _CARD_BYTES // 4, "\n"),
        stack(cases, _CARD_BYTES // 2, "\n"),
    ]
    return stack(blocks, _CARD_BYTES)


def _verdict(code: int, said: str) -> Verdict | None:
    if code == _SECURITY:
        return _security(said)
    if code == _PARAMETER and "access_token" not in said:
        return _ODD
    return _VERDICTS.get(code)


def _security(said: str) -> Verdict:
    """310000 is one code with four causes; only its text tells which."""
    text = said.lower()
    for cause, words, meaning in _CAUSES:
        if any(word in text for word in words):
            return Verdict("permanent", meaning, cause=cause)
    meaning = "the robot's security settings refuse us: compare them with this channel's section"
    return Verdict("permanent", meaning, cause="settings")


_CAUSES: tuple[tuple[Cause, tuple[str, ...], str], ...] = (
    ("keyword", ("keyword", "关键词"), "the robot wants a keyword: write one of its keywords as `keyword:`"),
    (
        "clock",
        ("timestamp", "时间戳无效", "过期"),
        "the signature's time is more than an hour off: set this machine's clock",
    ),
    ("signature", ("sign", "签名"), "the signature does not match: write the robot's SEC… text as `secret:`"),
    (
        "address",
        ("whitelist", "ip", "白名单"),
        "this machine's outgoing IPv4 address is not among those the robot allows: add it there",
    ),
)

_TEN_MINUTES, _HOUR = 600.0, 3600.0
_THROTTLED = Verdict("wait", "more than 20 messages in a minute; DingTalk refuses all for ten minutes", _TEN_MINUTES)
_SECURITY, _PARAMETER = 310000, 40035
_ODD = Verdict("content", "DingTalk does not accept this form; sending a plain text instead", 0)
_TOO_LONG = Verdict("split", "the message is too long; sending a short text instead", 0)
_REFUSED = Verdict("content", "DingTalk refuses a word or a link of the card; sending a plain text instead", 0)
_NO_TOKEN = "there is no such robot: copy the access_token from the robot's Webhook again as `token:`"  # noqa: S105
_VERDICTS = {
    -1: Verdict("retry", "DingTalk is busy", 10),
    130101: _THROTTLED,
    410100: _THROTTLED,
    90030: Verdict(
        "wait", "the organisation's quota of robot messages is used up: raise it, or use a second room", _HOUR
    ),
    300001: Verdict("permanent", _NO_TOKEN, cause="token"),
    # seen to pass by itself for external groups: one slow try more is worth its while
    300005: Verdict("permanent", _NO_TOKEN, 300, "token"),
    400101: Verdict("permanent", _NO_TOKEN, cause="token"),
    40035: Verdict("permanent", "a parameter is missing: is `token:` empty?", cause="token"),
    400013: Verdict("permanent", "the group was dissolved: make a robot in another group", cause="group"),
    400102: Verdict("permanent", "the robot was switched off: switch it on in the group's settings", cause="robot"),
    400106: Verdict("permanent", "the robot was removed: make a new one and write its token", cause="robot"),
    400105: Verdict("content", "DingTalk does not know this kind of message; sending a plain text instead", 0),
    430101: _REFUSED,
    430102: _REFUSED,
    430103: _REFUSED,
    430104: _REFUSED,
    460101: _TOO_LONG,
    101002: _TOO_LONG,
    43002: Verdict("permanent", "DingTalk wants a POST: does a proxy or `endpoint` redirect?", cause="request"),
    43004: Verdict(
        "permanent", "DingTalk wants Content-Type application/json: does a proxy change it?", cause="request"
    ),
}
