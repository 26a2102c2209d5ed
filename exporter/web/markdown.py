"""A runbook's markdown as HTML: its code in the words of one shop, everything else as the file says it."""

from __future__ import annotations

import re
from html import escape

from mistune import create_markdown
from mistune.renderers.html import HTMLRenderer

from exporter.web.filling import Filling
from exporter.web.status import Language

_OTHER_LANGUAGE = re.compile(r"^\[(?:English|中文)\]\([\w.]+\.md\)\n+", re.MULTILINE)
_FENCED = re.compile(r"(^```.*?^```)", re.MULTILINE | re.DOTALL)
_OTHER_RUNBOOK = re.compile(r"\]\((\w+)(?:\.en)?\.md((?:#[^)]*)?)\)")
_CHINESE_BREAK = re.compile(r"(?<=[\u3001-\u9fff\uff01-\uff5e])\n *(?=[\u3001-\u9fff\uff01-\uff5e])")
_NOT_MAPPED = {"zh": "本商城的映射里没有：", "en": "Not in the mapping of this shop: "}


def html(markdown: str, language: Language, filling: Filling, query: str = "") -> str:
    """`query` is appended to the addresses of other runbooks."""
    # the file's link to its other language is for who reads the file; the page has a way there of its own
    text = _OTHER_RUNBOOK.sub(rf"](\1{query}\2)", _joined(_OTHER_LANGUAGE.sub("", markdown, count=1)))
    renderer = _Renderer(filling, language)
    made = create_markdown(renderer=renderer, plugins=["table", "strikethrough", "task_lists"])(text)
    return str(made)


class _Renderer(HTMLRenderer):
    """Code is filled before it is escaped: what a mapping or an order number says cannot become markup."""

    def __init__(self, filling: Filling, language: Language) -> None:
        super().__init__(escape=True)
        self._filling, self._language = filling, language

    def codespan(self, text: str) -> str:
        return super().codespan(self._filling.fill(text))

    def block_code(self, code: str, info: str | None = None) -> str:
        made = super().block_code(self._filling.fill(code), info)
        if not self._filling.missing:
            return made
        words = ", ".join(f"<code>{escape(each)}</code>" for each in self._filling.missing)
        return f'{made}<p class="quiet">{_NOT_MAPPED[self._language]}{words}</p>\n'


def _joined(markdown: str) -> str:
    """Chinese text has no blanks where the file's lines happen to end."""
    parts = _FENCED.split(markdown)
    return "".join(part if part.startswith("```") else _CHINESE_BREAK.sub("", part) for part in parts)
