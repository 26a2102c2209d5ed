"""The daily card: what fired, what fires still, how delivery went; and the weekly one: how healthy payments are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from exporter.cards.digests import BLUE, GREEN, MARKS
from exporter.cards.report_words import REPORT_WORDS, ReportWords
from exporter.cards.values import Language
from exporter.cards.wording import clock, said_of, status_page
from exporter.cards.words import WORDS, Words
from exporter.model import Alert, Card, Fact, Record
from exporter.text import SEPARATOR, one_line

GOAL = 0.0003
_LINES = 10
_RANK = {severity: place for place, severity in enumerate(MARKS)}


@dataclass(frozen=True, slots=True)
class Span:
    """What a report is about: `records` of the journal between two moments, `firing` at its end.

    `settled` counts cards by channel and outcome, `waiting` those that are still to be sent.
    """

    since: datetime
    until: datetime
    records: Sequence[Record]
    firing: Sequence[Alert]
    settled: Mapping[tuple[str, str], int] = field(default_factory=dict)
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Health:
    """Of one shop in that time: orders (None: not known) and payments that went wrong, at least so many."""

    shop: str
    orders: float | None
    wrong: float


def daily(span: Span, *, zone: tzinfo, language: Language, external_url: str = "") -> Card:
    words, said = WORDS[language], REPORT_WORDS[language]
    fires = sorted(span.firing, key=_rank)
    fired = [each for each in span.records if each.status == "firing"]
    hidden = _hidden(span.records)
    severity = fires[0].labels.get("severity", "info") if fires else "info"
    title = said.daily.format(len(fires)) if fires else said.all_well
    return Card(
        title=f"{MARKS.get(severity, BLUE) if fires else GREEN} {title}",
        status="info",
        severity="info",
        text=(said.none if not fired else "") + (said.quiet.format(hidden) if hidden else "") + _often(fired, said),
        number=f"{len(fires):,}" if fires else "",
        unit=said.unit if fires else "",
        facts=tuple(_facts(span, said, words, zone)),
        cases=tuple(_open(each, span.until, words) for each in fires[:_LINES]),
        links=status_page(words, external_url),
        language=language,
    )


def weekly(span: Span, health: Sequence[Health], *, zone: tzinfo, language: Language, external_url: str = "") -> Card:
    words, said = WORDS[language], REPORT_WORDS[language]
    counted = [each for each in health if each.orders]
    orders, wrong = sum(each.orders or 0 for each in counted), sum(each.wrong for each in counted)
    rate = wrong / orders if orders else None
    judged = said.stale if rate is None else said.goal + (said.above if rate > GOAL else said.below)
    mark = BLUE if rate is None else MARKS["warning"] if rate > GOAL else GREEN
    return Card(
        title=f"{mark} {said.weekly_unknown if rate is None else said.weekly.format(_percent(rate))}",
        status="info",
        severity="info",
        text=judged,
        number="" if rate is None else _percent(rate),
        unit="" if rate is None else said.rate_unit,
        facts=tuple(_facts(span, said, words, zone)),
        cases=tuple(_shop(each, said) for each in sorted(health, key=lambda each: -each.wrong)[:_LINES]),
        links=status_page(words, external_url),
        language=language,
    )


def _facts(span: Span, said: ReportWords, words: Words, zone: tzinfo) -> Iterable[Fact]:
    fired = sum(each.status == "firing" for each in span.records)
    ended = [each for each in span.records if each.status == "resolved"]
    yield Fact(said.span, f"{clock(span.since, zone)} – {clock(span.until, zone)}")
    yield Fact(said.fired, said.times.format(fired))
    yield Fact(said.ended, said.times.format(len(ended)))
    if ended:
        lasted = sum((each.at - each.since for each in ended), timedelta()) / len(ended)
        yield Fact(said.mean, words.span(lasted.total_seconds()))
    accepted = sum(count for (_, outcome), count in span.settled.items() if outcome == "accepted")
    dead = sum(count for (_, outcome), count in span.settled.items() if outcome == "dead")
    yield Fact(said.delivered, f"{accepted:,}")
    yield Fact(said.dead, f"{dead:,}")
    if span.waiting:
        yield Fact(said.waiting, f"{span.waiting:,}")


def _hidden(records: Sequence[Record]) -> int:
    """What both came and went in quiet hours, so that nobody was told."""
    quiet = [each for each in records if each.muted == "quiet"]
    began = {_key(each) for each in quiet if each.status == "firing"}
    return sum(each.status != "firing" and _key(each) in began for each in quiet)


def _key(record: Record) -> tuple[str, frozenset[tuple[str, str]]]:
    return record.rule, frozenset(record.labels.items())


def _often(fired: Sequence[Record], said: ReportWords) -> str:
    """The rules that fired most: `StockBelowZero 12 次`."""
    counts = Counter(one_line(each.labels.get("alertname", each.rule), 60) for each in fired)
    return "；".join(f"{rule} {said.times.format(count)}" for rule, count in counts.most_common(5))


def _open(alert: Alert, at: datetime, words: Words) -> str:
    severity = alert.labels.get("severity", "info")
    title = said_of(alert.annotations, alert.labels, "summary", words, 120) or one_line(alert.rule, 120)
    lasting = words.span((at - alert.since).total_seconds(), parts=1)
    return SEPARATOR.join((f"{MARKS.get(severity, BLUE)} {title}", lasting))


def _shop(health: Health, said: ReportWords) -> str:
    orders = said.unknown_orders if health.orders is None else said.orders.format(f"{health.orders:,.0f}")
    rate = (_percent(health.wrong / health.orders),) if health.orders else ()
    return SEPARATOR.join((one_line(health.shop, 60), orders, said.wrong.format(f"{health.wrong:,.0f}"), *rate))


def _percent(rate: float) -> str:
    return f"{rate:.3%}"


def _rank(alert: Alert) -> tuple[int, float]:
    return _RANK.get(alert.labels.get("severity", "info"), len(_RANK)), alert.since.timestamp()
