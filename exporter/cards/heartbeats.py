"""The card that says that everything goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from exporter.cards.digests import BLUE, GREEN
from exporter.cards.values import Language
from exporter.cards.wording import clock, status_page
from exporter.cards.words import WORDS
from exporter.model import Alert, Card, Fact, Record
from exporter.text import SEPARATOR, one_line

_LAST = 3


@dataclass(frozen=True, slots=True)
class Pulse:
    """`probes` run in so many `shops`, and `answering` of them have an answer; `last` are the flips, newest first."""

    shops: int
    probes: int
    answering: int
    firing: Sequence[Alert]
    last: Sequence[Record]


@dataclass(frozen=True, slots=True)
class _Words:
    title: str
    text: str
    every: str
    some: str
    firing: str
    none: str


_WORDS: Mapping[Language, _Words] = {
    "zh": _Words(
        title="仍在值守：{} 家店铺，{} 项检查",
        text="这是定期的心跳卡片，到时间没有收到，说明 order-health 已停。",
        every="全部有结果",
        some="{} 项中 {} 项有结果",
        firing="未恢复",
        none="最近没有告警",
    ),
    "en": _Words(
        title="Still watching: {} shops, {} probes",
        text="A heartbeat: if the next one does not come in time, order-health has stopped.",
        every="all answer",
        some="{1} of {0} answer",
        firing="Fires",
        none="no alert lately",
    ),
}


def heartbeat(pulse: Pulse, *, zone: tzinfo, language: Language, external_url: str = "") -> Card:
    """Green where nothing fires and every probe has an answer."""
    words, said = WORDS[language], _WORDS[language]
    well = pulse.answering == pulse.probes and not pulse.firing
    answering = said.every if pulse.answering == pulse.probes else said.some.format(pulse.probes, pulse.answering)
    begun = [each for each in pulse.last if each.status == "firing"][:_LAST]
    return Card(
        title=f"{GREEN if well else BLUE} {said.title.format(pulse.shops, pulse.probes)}",
        status="info",
        severity="info",
        text=said.text,
        facts=(Fact(words.labels["probe"], answering), Fact(said.firing, f"{len(pulse.firing):,}")),
        cases=tuple(_line(each, zone) for each in begun) or (said.none,),
        links=status_page(words, external_url),
        language=language,
    )


def _line(record: Record, zone: tzinfo) -> str:
    place = (one_line(record.labels["shop"], 60),) if "shop" in record.labels else ()
    return SEPARATOR.join((one_line(record.labels.get("alertname", record.rule), 60), *place, clock(record.at, zone)))
