"""The rooms as a phone shows them: only the markup each product knows is rendered, all other text is escaped."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from exporter.demo.robot import Message, Refusal, Robot
from exporter.text import masked

if TYPE_CHECKING:
    import jinja2

_SHOWN, _PAUSE = 40, timedelta(minutes=3)
_LINE = re.compile(
    r"(?P<head>#{1,6})\s+(?P<title>.*)|(?P<quote>>)\s?(?P<quoted>.*)|(?P<dash>[-*]|\d{1,3}\.)\s+(?P<item>.*)"
)
_LINK = re.compile(r"\[([^\]\n]*)\]\((https?://[^\s)]*)\)")
_BOLD = re.compile(r"\*\*([^*\n]+)\*\*")
_ITALIC = re.compile(r"\*([^*\n]+)\*")
_CODE = re.compile(r"`([^`\n]+)`")
_AT = re.compile(r"&lt;at (?:id=|user_id=&#34;)([\w.$:-]+)(?:&#34;)?&gt;[^&]*&lt;/at&gt;")
_COLOUR = re.compile(r"&lt;font color=&#34;(info|comment|warning)&#34;&gt;(.*?)&lt;/font&gt;")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in the stream; `clock` is shown above it after a pause."""

    clock: str
    message: Message | None
    refusal: Refusal | None


def page(robots: Sequence[Robot], zone: tzinfo) -> str:
    """The page of all rooms, newest message at the bottom."""
    streams = {robot.NAME: _stream(robot, zone) for robot in robots}
    latest = max((robot.messages[-1].at for robot in robots if robot.messages), default=None)
    return _template().render(streams=streams, clock=latest.astimezone(zone).strftime("%H:%M") if latest else "9:41")


def dingtalk(text: str) -> Markup:
    """DingTalk's markdown: headings, quotes, bold, italic, links and lists; one line end alone is a space."""
    return _blocks(text, _dingtalk_words, " ")


def wecom(text: str) -> Markup:
    """WeCom's markdown: headings, quotes, bold, code, links and three colours; no lists, and a line end is one."""
    return _blocks(text, _wecom_words, Markup("<br>"), lists=False)


def feishu(text: str) -> Markup:
    """Feishu's lark_md: bold, italic, links and people; a line end is one, and there are no headings."""
    return Markup("<br>").join(map(_feishu_words, text.split("\n")))


def called(text: str, names: Iterable[str]) -> Markup:
    """Plain text with the people it calls made visible; of a mobile number the ends are enough here."""
    shown = escape(text)
    for name in names:
        shown = Markup(shown.replace(escape(f"@{name}"), Markup('<b class="at">@{}</b>').format(masked(name))))  # noqa: S704 -- both sides are escaped
    return shown


def _stream(robot: Robot, zone: tzinfo) -> list[Line]:
    """Newest first: the page turns the order round, so that it opens at its end."""
    told: list[Message | Refusal] = [*robot.messages, *robot.refusals]
    told = sorted(told, key=lambda each: each.at)[-_SHOWN:]
    lines: list[Line] = []
    before: datetime | None = None
    for each in told:
        clock = each.at.astimezone(zone).strftime("%m-%d %H:%M") if not before or each.at - before > _PAUSE else ""
        before = each.at
        lines.append(
            Line(clock, each if isinstance(each, Message) else None, each if isinstance(each, Refusal) else None)
        )
    return lines[::-1]


def _blocks(text: str, words: Callable[[str], Markup], line_end: str, *, lists: bool = True) -> Markup:
    """Neighbouring lines of one kind become one block; a blank line ends it."""
    made: list[tuple[str, list[Markup]]] = []
    for line in text.split("\n"):
        kind, inner = _kind(line, lists=lists)
        if made and made[-1][0] == kind and kind not in {"", "h3"}:
            made[-1][1].append(words(inner))
        else:
            made.append((kind, [words(inner)]))
    return Markup().join(_block(kind, inner, line_end) for kind, inner in made if kind)


def _kind(line: str, *, lists: bool) -> tuple[str, str]:
    found = _LINE.match(line)
    if found and found["head"]:
        return "h3", found["title"]
    if found and found["quote"]:
        return "blockquote", found["quoted"]
    if found and found["dash"] and lists:
        return ("ol" if found["dash"][0].isdigit() else "ul"), found["item"]
    return ("p" if line.strip() else ""), line


def _block(kind: str, inner: list[Markup], line_end: str) -> Markup:
    if kind in {"ol", "ul"}:
        body = Markup().join(Markup("<li>{}</li>").format(item) for item in inner)
    else:
        body = Markup(line_end).join(inner)  # noqa: S704 -- a space or <br>
    return Markup("<{0}>{1}</{0}>").format(Markup(kind), body)  # noqa: S704 -- one of our tag names


def _dingtalk_words(text: str) -> Markup:
    shown = _LINK.sub(r'<a href="\2" rel="noopener" target="_blank">\1</a>', str(escape(text)))
    return Markup(_ITALIC.sub(r"<i>\1</i>", _BOLD.sub(r"<b>\1</b>", shown)))  # noqa: S704 -- escaped above


def _wecom_words(text: str) -> Markup:
    shown = _LINK.sub(r'<a href="\2" rel="noopener" target="_blank">\1</a>', str(escape(text)))
    shown = _COLOUR.sub(r'<span class="\1">\2</span>', _BOLD.sub(r"<b>\1</b>", shown))
    return Markup(_CODE.sub(r"<code>\1</code>", shown))  # noqa: S704 -- escaped above


def _feishu_words(text: str) -> Markup:
    shown = _AT.sub(
        lambda at: f'<b class="at">@{"所有人" if at[1] == "all" else at[1]}</b>', str(_dingtalk_words(text))
    )
    return Markup(shown)  # noqa: S704 -- escaped by the words


@cache
def _template() -> jinja2.Template:
    import jinja2  # noqa: PLC0415 -- only the demo's page pays for it

    rooms = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    rooms.filters |= {"dingtalk": dingtalk, "wecom": wecom, "feishu": feishu, "called": called, "masked": masked}
    return rooms.get_template("rooms.html")
