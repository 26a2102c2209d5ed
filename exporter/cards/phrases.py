"""What each language has words for, and how it says lengths of time, amounts and the values of labels."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from exporter.cards.values import Language


@dataclass(frozen=True, slots=True)
class Words:
    """One language; texts with {} are filled by `str.format`."""

    language: Language
    colon: str
    comma: str
    stop: str
    over: str
    lost: str
    ended: str
    still: str
    several: str
    firing_count: str
    added_count: str
    resolved_count: str
    lost_count: str
    firing_unit: str
    over_unit: str
    taken: str
    flapped: str
    times: str
    now: str
    unit_now: str
    runbook: str
    status_page: str
    take: str
    silence: str
    severity: str
    since: str
    lasting: str
    lasted: str
    until: str
    over_text: str
    unseen_text: str
    over_count: str
    lost_text: str
    ended_text: str
    sent: str
    digest_title: str
    digest_text: str
    unlisted: str
    left_out: str
    digest_unit: str
    trial_title: str
    trial_text: str
    units: tuple[str, str, str, str]
    severities: Mapping[str, str]
    labels: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]

    def say(self, label: str, value: str) -> str:
        """A label's value in words, or as it is where there are none."""
        return self.values.get(label, {}).get(value, value)

    def worded(self, text: str, labels: Mapping[str, str]) -> str:
        """Text that names values of labels, with the words for these: `金额不一致` for `amount_mismatch`."""
        for name, value in labels.items():
            if (word := self.say(name, value)) != value:
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", word, text, flags=re.ASCII)
        return text

    def span(self, seconds: float, parts: int = 2) -> str:
        """A length of time as people say it, in its largest units: `3小时 5分钟`, `3h 5m`; for one part, `3小时`."""
        amounts, rest = [], max(0, round(seconds))
        for size in (86_400, 3_600, 60, 1):
            amount, rest = divmod(rest, size)
            amounts.append(amount)
        first = next((place for place, amount in enumerate(amounts) if amount), len(amounts) - 1)
        said = list(zip(amounts, self.units, strict=True))[first : first + parts]
        return " ".join(f"{amount}{unit}" for amount, unit in said if amount or len(said) == 1)

    def timed(self, text: str) -> str:
        """Text with its lengths of time as people say them: `12分钟 33秒` for the `12m 33s` of humanizeDuration."""
        return _DURATION.sub(self._timed, text)

    def _timed(self, found: re.Match[str]) -> str:
        *longer, last, thousandth = found.groups()
        seconds = float(last) / 1_000 if thousandth else float(last)
        if not any(longer):  # a lag of 1.05 s is not to read as 1 s
            return f"{seconds:.3g}{self.units[-1]}"
        sizes = zip(longer, (86_400, 3_600, 60), strict=True)
        return self.span(sum(int(each or 0) * size for each, size in sizes) + seconds)

    def amount(self, value: float, unit: str) -> str:
        """A value as a figure; seconds as a length of time. A division by zero in a rule makes `inf`."""
        if not math.isfinite(value):
            return f"{value:g}"
        if unit in SECONDS:
            return self.span(value)
        return f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"

    def amount_with_unit(self, value: float, unit: str) -> str:
        return f"{self.amount(value, unit)} {'' if unit in SECONDS else unit}".rstrip()


_DURATION = re.compile(r"(?<![\w.-])(?:(\d+)d )?(?:(\d+)h )?(?:(\d+)m )?(\d+(?:\.\d+)?)(m?)s(?![\w.-])", re.ASCII)


SECONDS = frozenset({"s", "seconds", "秒"})
"""Units whose values are read as a length of time."""

MEASURES = SECONDS | {"ms", "毫秒", "B", "KB", "MB", "bytes", "字节", "%", "CNY", "元"}
"""Units of what is measured; a value in any other unit counts things, which are its evidence."""
