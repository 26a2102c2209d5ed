"""Numbers, times and states as a person reads them on the page, in Chinese or English."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from exporter.cards.words import SECONDS
from exporter.cards.words import WORDS as CARDS
from exporter.text import halves
from exporter.web.labels import LABELS
from exporter.web.names import METRICS, PROBES
from exporter.web.page_words import WORDS as DETAILS
from exporter.web.silences.words import WORDS as SILENCES
from exporter.web.words import WORDS as PAGES

if TYPE_CHECKING:
    from datetime import tzinfo

    from exporter.model import Metric
    from exporter.web.status import Language

WORDS = {**PAGES, **DETAILS, **SILENCES}
_LONGEST = 80  # characters of a text from outside, such as an order number
_UNITS = {
    "zh": ((86400, " 天"), (3600, " 小时"), (60, " 分钟"), (1, " 秒")),
    "en": ((86400, " d"), (3600, " h"), (60, " min"), (1, " s")),
}
_SIZES = ("B", "KB", "MB", "GB", "TB")

_FLAGS = (
    "_missing",
    "_cached",
    "_truncated",
    "_estimated",
    "_full_scan",
    "_is_replica",
    "_read_only",
    "_replica_running",
)
"""Metrics that are 1 or 0 and answer a question."""

_WHOLE_FROM = 1000
"""Larger figures are shown without decimals."""


@dataclass(frozen=True, slots=True)
class Wording:
    """For one page: its language, its instant, and the zone its times are shown in."""

    language: Language
    at: datetime
    zone: tzinfo

    def word(self, name: str, **values: object) -> str:
        return WORDS[name][self.language].format(**values)

    def count(self, name: str, number: int, **values: object) -> str:
        """`name` in the singular where English has one."""
        return self.word(f"{name}_one" if number == 1 and f"{name}_one" in WORDS else name, number=number, **values)

    def probe(self, name: str) -> str:
        return PROBES[name][self.language] if name in PROBES else name.replace("_", " ")

    def metric(self, name: str) -> str:
        known = METRICS.get(name)
        return known[self.language] if known else name.removeprefix("order_health_").replace("_", " ")

    def label(self, name: str, value: str) -> str:
        if name == "noticed" and value:
            return self.clock(datetime.fromisoformat(value))
        known = LABELS.get((name, value))
        return known[self.language] if known else self.text(CARDS[self.language].say(name, value))

    def check(self, name: str) -> str:
        """What a gap is about: a probe, a metric without its prefix, a kind of anomaly, a finding or a table."""
        if name in PROBES:
            return self.probe(name)
        metric = f"order_health_{name}"
        if metric in METRICS:
            return self.metric(metric)
        return self.label("check", self.label("finding", self.label("kind", name)))

    def clock(self, moment: datetime) -> str:
        """The time; the date too where it is not today's."""
        local, now = moment.astimezone(self.zone), self.at.astimezone(self.zone)
        if local.date() == now.date():
            return local.strftime("%H:%M:%S")
        return local.strftime("%m-%d %H:%M" if local.year == now.year else "%Y-%m-%d %H:%M")

    def ago(self, moment: datetime) -> str:
        return self.length((self.at - moment).total_seconds())

    def length(self, seconds: float) -> str:
        """At most two units: `3 天 4 小时`, `14 分钟`, `2.5 秒`, `12 毫秒`."""
        if not math.isfinite(seconds):
            return "–"
        if abs(seconds) < 1:
            return f"{seconds * 1000:.3g}" + (" 毫秒" if self.language == "zh" else " ms")
        if seconds < 10:  # noqa: PLR2004 - tenths of a second are read only here
            return f"{seconds:.2g}{_UNITS[self.language][-1][1]}"
        rest = round(seconds)
        parts: list[str] = []
        for unit, name in _UNITS[self.language]:
            amount, rest = divmod(rest, unit)
            if amount or parts:
                parts.append(f"{amount}{name}" if amount else "")
        return " ".join(each for each in parts[:2] if each)

    def value(self, metric: Metric, value: float) -> str:
        """In the unit that the metric's name carries."""
        if not math.isfinite(value):
            return "–"
        if metric.name.endswith(_FLAGS):
            return self.word("yes" if value else "no")
        if metric.name.endswith("_timestamp_seconds"):
            return self.word("ago", length=self.length(self.at.timestamp() - value))
        if metric.name.endswith("_seconds"):
            return self.length(value)
        if metric.name.endswith("_bytes"):
            power = min(int(math.log(max(abs(value), 1), 1024)), len(_SIZES) - 1)
            return f"{value / 1024**power:.3g} {_SIZES[power]}"
        return f"{value:.1%}" if metric.name.endswith("_ratio") else self.number(value)

    def number(self, value: float) -> str:
        if not math.isfinite(value):
            return "–"
        return f"{value:,.0f}" if value == int(value) or abs(value) >= _WHOLE_FROM else f"{value:.4g}"

    def figure(self, value: float | None, unit: str) -> str:
        """An alert's value: seconds as a length of time, anything else as a number whose unit stands beside it."""
        if value is None:
            return ""
        return self.length(value) if unit in SECONDS else self.number(value)

    def unit(self, unit: str) -> str:
        """What is to stand beside the figure."""
        return "" if unit in SECONDS else self.text(unit)

    def note(self, note: str) -> str:
        """A case's note in this language."""
        return self.text(halves(note, self.language))

    def text(self, text: str, longest: int = _LONGEST) -> str:
        """Text from outside on one line and not endless; what cannot be printed is shown as �."""
        kept = "".join(each if each.isprintable() else "�" for each in text[: longest + 1])
        return kept if len(text) <= longest else f"{kept[:longest]}…"
