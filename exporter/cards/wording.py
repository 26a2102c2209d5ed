"""What cards say of one alert: its annotations in the reader's language, its moment, and where to read on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import PurePosixPath
from urllib.parse import quote

from exporter.cards.words import Words
from exporter.model import Link, Told
from exporter.text import masked, one_line


def said(told: Told, name: str, words: Words, limit: int = 20) -> str:
    """The annotation on one line, without people's numbers, and with the labels it names in words."""
    return said_of(told.annotations, told.labels, name, words, limit)


def said_of(annotations: Mapping[str, str], labels: Mapping[str, str], name: str, words: Words, limit: int = 20) -> str:
    translated = annotations.get(f"{name}_en", "") if words.language == "en" else ""
    text = words.timed(masked(one_line(translated or annotations.get(name, ""), limit)))
    for label, value in labels.items():
        if (word := words.say(label, value)) != value:
            text = re.sub(rf"(?<![\w-]){re.escape(value)}(?![\w-])", word, text)
    return text


def summary(told: Told, words: Words) -> str:
    """What is wrong, and in which shop."""
    rule = one_line(told.labels.get("alertname", ""), 120)
    text = words.worded(said(told, "summary", words, 120), told.labels) or rule
    shop = one_line(told.labels.get("shop", ""), 60)
    return f"{shop}{words.colon}{text}" if shop and shop not in text else text


def clock(at: datetime, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%m-%d %H:%M")


def runbook(annotations: Mapping[str, str], labels: Mapping[str, str], words: Words, url: str) -> tuple[Link, ...]:
    own, name = annotations.get("runbook_url", ""), runbook_name(annotations, labels)
    if own.startswith(("https://", "http://")):
        return (Link(words.runbook, own),)
    shop = quote(labels.get("shop", ""), safe="", errors="replace")
    place = f"{url.rstrip('/')}/runbooks/{name}{f'?shop={shop}' if shop else ''}"
    return (Link(words.runbook, place),) if url and name else ()


def runbook_name(annotations: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """`docs/runbooks/pending_paid.md` → `pending_paid`; without a page of its own, the probe's."""
    own = PurePosixPath(annotations.get("runbook_url", "")).stem
    return quote(own or labels.get("probe", ""), safe="", errors="replace")


def status_page(words: Words, url: str) -> tuple[Link, ...]:
    return (Link(words.status_page, f"{url.rstrip('/')}/"),) if url else ()
