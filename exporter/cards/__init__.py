"""A group of alerts → the card a person reads on a phone at 3 a.m.; all the wording, in Chinese and in English."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, tzinfo

from exporter.cards.digests import digest
from exporter.cards.several import several
from exporter.cards.single import single
from exporter.cards.values import Language
from exporter.cards.wording import clock, status_page
from exporter.cards.words import WORDS
from exporter.model import Card, Fact, Group, Link

__all__ = ["digest", "trial", "write"]


def write(
    group: Group,
    *,
    zone: tzinfo,
    language: Language,
    mention: tuple[str, ...] = (),
    buttons: tuple[Link, ...] = (),
) -> Card:
    """The card of one notification; one whose alerts are all over calls nobody and has no `buttons`.

    Read from each alert: the annotations summary, description, unit, ended (each also as `…_en`) and runbook_url; the
    labels severity, shop and probe; every other label becomes a line. With `ended`, time alone ends the alert: its
    card says that text and never "resolved". Without `unit` ("笔订单", "秒") the value is shown only
    where the summary names it too: it may be a mere 1 for "yes". With `once`, the end is never told (grouping).
    """
    form = single if len(group.alerts) == 1 and not group.truncated else several
    card = form(group, WORDS[language], zone, mention)
    if group.status != "firing" or not buttons:
        return card
    last = status_page(WORDS[language], group.external_url)  # what a tap beside all buttons opens in WeCom
    return replace(card, links=(*(each for each in card.links if each not in last), *buttons, *last))


def trial(
    *, now: datetime, zone: tzinfo, language: Language, external_url: str = "", mention: tuple[str, ...] = ()
) -> Card:
    """The test card: it takes the road of every other card, and says that nothing is wrong."""
    words = WORDS[language]
    return Card(
        title=words.trial_title,
        status="info",
        severity="info",
        text=words.trial_text,
        facts=(Fact(words.sent, clock(now, zone)),),
        links=status_page(words, external_url),
        mention=mention,
        language=language,
    )
