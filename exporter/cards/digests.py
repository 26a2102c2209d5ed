"""Several waiting cards as one, and the marks by which a room tells the worst from the rest."""

from __future__ import annotations

from collections.abc import Sequence

from exporter.cards.words import WORDS
from exporter.model import Card

BLUE, GREEN = "🔵", "🟢"
MARKS = {"critical": "🔴", "warning": "🟠"}
_WORST_FIRST = (*MARKS.values(), BLUE, GREEN)
_LINES = 15


def digest(cards: Sequence[Card]) -> Card:
    """One card for several waiting ones, digests among them: counts every alert and names the worst first."""
    words = WORDS[cards[0].language]
    covers, resolved = sum(card.covers for card in cards), sum(card.resolved for card in cards)
    firing = [card for card in cards if card.status == "firing"]
    severity = min((card.severity for card in firing or cards), key=_rank)
    calm = GREEN if resolved == covers else BLUE
    lines = sorted((line for card in cards for line in _lines(card)), key=_place)[:_LINES]
    unlisted = words.unlisted.format(covers - len(lines)) if covers > len(lines) else ""
    return Card(
        title=words.digest_title.format(MARKS.get(severity, BLUE) if firing else calm, covers),
        status="firing" if firing else "resolved" if resolved == covers else "info",
        severity=severity,
        text=words.digest_text.format(covers, resolved) + unlisted,
        number=f"{covers:,}",
        unit=words.digest_unit,
        cases=tuple(lines),
        links=tuple(link for link in cards[0].links if all(link in card.links for card in cards)),
        mention=tuple(dict.fromkeys(name for card in firing for name in card.mention)),
        language=words.language,
        covers=covers,
        resolved=resolved,
    )


def _lines(card: Card) -> Sequence[str]:
    """A digest's lines are its alerts already; any other card is one line."""
    return card.cases if card.covers > 1 else (card.title,)


def _place(line: str) -> int:
    return _WORST_FIRST.index(line[0]) if line[:1] in _WORST_FIRST else len(_WORST_FIRST)


def _rank(severity: str) -> int:
    return _WORST_FIRST.index(MARKS.get(severity, BLUE))
