"""The tables of the references, written from the code: metrics from their declarations, settings from their fields.

A page keeps its prose; each table stands below a mark that names where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from tools.reference import metrics, settings

PAGES = ("docs/metrics.md", "docs/metrics.zh-CN.md", "docs/configuration.md")
"""From the project's top level."""

_MARK = re.compile(r"^<!-- (metrics|names|settings) of (.+) -->\n(?:\|.*\n)*", re.MULTILINE)
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


def filled(page: str) -> str:
    """The page with every table as the code has it now; raises LookupError for a mark that leads nowhere."""
    places = _places(page)

    def table(found: re.Match[str]) -> str:
        mark, kind, about = found[0].partition("\n")[0], found[1], found[2].split()
        if kind == "settings":
            rows = settings.rows(settings.model(*about), places)
        else:
            rows = metrics.rows(about) if kind == "metrics" else metrics.names(about)
        return "\n".join((mark, *rows)) + "\n"

    return _MARK.sub(table, page)


def marked(page: str, kind: str) -> list[str]:
    """What the page has tables of: `metrics`, their Chinese `names`, or `settings`."""
    return [each for found in _MARK.finditer(page) if found[1] == kind for each in found[2].split()]


def _places(page: str) -> Mapping[type[BaseModel], str]:
    """Each section's link on this page: the heading that its table stands under."""
    headings = [(found.start(), found[1]) for found in _HEADING.finditer(page)]
    return {
        settings.model(found[2]): f"[{title}](#{_anchor(title)})"
        for found in _MARK.finditer(page)
        if found[1] == "settings"
        for title in [[text for at, text in headings if at < found.start()][-1]]
    }


def _anchor(title: str) -> str:
    """As GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def write(top: Path) -> list[str]:
    """Brings the pages up to date; the names of those that changed."""
    changed = []
    for name in PAGES:
        file = top / name
        before = file.read_text(encoding="utf-8")
        if (after := filled(before)) != before:
            file.write_text(after, encoding="utf-8")
            changed.append(name)
    return changed
