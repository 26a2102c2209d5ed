"""What a probe found, as few figures as it can be told with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from exporter.sparks import SUMMED, headline
from exporter.text import half

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exporter.model import Gap, Sample
    from exporter.web.wording import Wording

_MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric of one probe as it is shown: a total where one makes sense, and its parts by label."""

    name: str
    total: str
    parts: tuple[tuple[str, str], ...]
    rest: str


def first(samples: Sequence[Sample], say: Wording) -> tuple[str, str]:
    """The one figure that stands for the probe, and its name; empty where it has none."""
    found = headline(samples)
    return (say.value(*found), say.metric(found[0].name)) if found else ("", "")


def figures(samples: Iterable[Sample], say: Wording, part: str = "") -> list[Figure]:
    """In the order the probe gave them: zeros are counted, not listed, histograms left out, the part not said again."""
    grouped: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.metric.of:
            continue
        grouped.setdefault(sample.metric.name, []).append(sample)
    return [_figure(name, each, say, part) for name, each in grouped.items()]


def reasons(gaps: Iterable[Gap], say: Wording) -> list[tuple[str, str]]:
    """What cannot be told, and why; each reason once."""
    grouped: dict[str, list[str]] = {}
    for gap in gaps:
        grouped.setdefault(gap.why, []).append(say.check(gap.check))
    comma = "、" if say.language == "zh" else ", "
    return [(comma.join(dict.fromkeys(checks)), half(why, say.language)) for why, checks in grouped.items()]


def _figure(name: str, samples: list[Sample], say: Wording, part: str) -> Figure:
    metric = samples[0].metric
    summed = name.endswith(SUMMED)
    if len(samples) == 1 and not metric.labels:
        return Figure(say.metric(name), say.value(metric, samples[0].value), (), "")
    shown = sorted(
        (each for each in samples if each.value or not summed), key=lambda each: -each.value if summed else 0
    )
    parts = tuple((_labels(each, say, part), say.value(metric, each.value)) for each in shown[:_MOST_SHOWN])
    more, zeros = len(shown) - len(parts), len(samples) - len(shown)
    rest = say.word("others", number=more) if more else say.word("others_zero", number=zeros) if zeros and parts else ""
    return Figure(say.metric(name), say.number(sum(each.value for each in samples)) if summed else "", parts, rest)


def _labels(sample: Sample, say: Wording, part: str) -> str:
    told = zip(sample.metric.labels, sample.labels, strict=True)
    return " · ".join(filter(None, (say.label(*each) for each in told if not part or each[1] != part)))
