"""The card of several alerts that are told together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import tzinfo

from exporter.cards.digests import BLUE, GREEN, MARKS
from exporter.cards.single import case_line, oldest, taken_by
from exporter.cards.wording import clock, runbook, said_of, status_page, summary
from exporter.cards.words import Words
from exporter.model import Card, Fact, Group, Told
from exporter.text import SEPARATOR, masked, one_line

_LINES = 15
_DETAILED = 3
"""So many of the worst show evidence, each so many cases."""

_CASES = 2
_RANK = {severity: place for place, severity in enumerate(MARKS)}
_SHARED = ("warehouse", "replica", "queue", "topic", "channel", "shop")


def several(group: Group, words: Words, zone: tzinfo, mention: tuple[str, ...]) -> Card:
    """Counts every alert, names the worst first, and shows what the worst few are about."""
    ranked = sorted(group.alerts, key=_place)
    firing = [each for each in ranked if each.status == "firing"]
    over = [each for each in ranked if each.status == "resolved"]
    news = group.news
    severity = min((each.labels.get("severity", "info") for each in firing or over), key=_rank)
    recovered = sum(each.recovered for each in over)
    unlisted = words.unlisted.format(len(ranked) - _LINES) if len(ranked) > _LINES else ""
    left_out = words.left_out.format(group.truncated) if group.truncated else ""
    return Card(
        title=_title(group, words, firing, over, severity),
        status="firing" if firing else "resolved" if recovered == len(over) else "info",
        severity=severity,
        text=_text(group, words, firing, over) + unlisted + left_out,
        number=f"{len(firing) or len(over):,}",
        unit=words.firing_unit if firing else words.over_unit if recovered == len(over) else words.digest_unit,
        facts=tuple(_facts(group, ranked, words, zone, severity)),
        cases=tuple(_lines(group, ranked[:_LINES], words)),
        links=(
            *runbook(group.common_annotations, group.common_labels, words, group.external_url),
            *status_page(words, group.external_url),
        ),
        mention=mention if firing else (),
        language=words.language,
        covers=len(news) + group.truncated,
        resolved=sum(each.recovered for each in news),
    )


def _title(group: Group, words: Words, firing: Sequence[Told], over: Sequence[Told], severity: str) -> str:
    worst = summary((firing or over)[0], words)
    if firing:
        counted = words.several.format(len(firing), worst)
        begun = not group.repeated and any(each.status == "firing" for each in group.news)
        return f"{MARKS.get(severity, BLUE)} {counted if begun else words.still.format(counted)}"
    counted = words.several.format(len(over), worst)
    if all(each.recovered for each in over):
        return f"{GREEN} {words.over.format(counted)}"
    return f"{BLUE} {words.lost.format(counted) if all(each.lost for each in over) else words.ended.format(counted)}"


def _text(group: Group, words: Words, firing: Sequence[Told], over: Sequence[Told]) -> str:
    """How many, and what to do where that is the same for all."""
    lost = sum(not each.recovered for each in over)
    added = sum(each.status == "firing" for each in group.news) if not group.repeated else 0
    parts = [
        words.firing_count.format(len(firing)) if firing else "",
        words.added_count.format(added) if firing and 0 < added < len(firing) else "",
        words.resolved_count.format(len(over) - lost) if len(over) > lost else "",
        words.lost_count.format(lost) if lost else "",
    ]
    counted = words.comma.join(filter(None, parts)) + words.stop
    shared = said_of(group.common_annotations, group.common_labels, "description", words, 500) if firing else ""
    return counted + shared


def _lines(group: Group, ranked: Sequence[Told], words: Words) -> Iterable[str]:
    for place, told in enumerate(ranked):
        over = told.status == "resolved"
        mark = GREEN if told.recovered else BLUE if over else MARKS.get(told.labels.get("severity", ""), BLUE)
        parts = [f"{mark} {summary(told, words)}"]
        if not over and place < _DETAILED:
            parts += [
                case_line(case, told, group.at, words).split(SEPARATOR)[0] for case in oldest(told.evidence)[:_CASES]
            ]
        yield SEPARATOR.join(parts)


def _facts(group: Group, ranked: Sequence[Told], words: Words, zone: tzinfo, severity: str) -> Iterable[Fact]:
    for name in _SHARED:
        if value := group.common_labels.get(name):
            yield Fact(words.labels[name], masked(words.say(name, one_line(value, 60))))
    yield Fact(words.since, clock(min(each.starts for each in ranked), zone))
    yield Fact(words.severity, words.severities.get(severity, one_line(severity, 20)))
    taken = {fact: None for each in ranked for fact in taken_by(each, words, zone)}
    yield from list(taken)[:_DETAILED]


def _place(told: Told) -> tuple[bool, int, bool, float]:
    """What fires before what is over, the worst first, news first, then the oldest."""
    severity = told.labels.get("severity", "info")
    return told.status == "resolved", _rank(severity), not told.flips, told.starts.timestamp()


def _rank(severity: str) -> int:
    return _RANK.get(severity, len(_RANK))
