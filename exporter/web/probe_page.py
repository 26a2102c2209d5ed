"""The page of one probe: what its last run asked, what that cost, and what it found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exporter import masking
from exporter.text import half
from exporter.web.curve import curve
from exporter.web.figures import figures, reasons
from exporter.web.pages import CASES_SHOWN
from exporter.web.templates import template
from exporter.web.wording import Wording

if TYPE_CHECKING:
    from exporter.model import Sample
    from exporter.web.details import Inspection
    from exporter.web.frame import Frame

_SAMPLES_SHOWN = 200
_STATEMENT = 1_000
_NAME, _ALIAS = re.compile(r'"(\w{1,64})"'), re.compile(r'(?<=\bAS )"(\w{1,64})"')
_LIST = re.compile(r"\(\?(?:, \?){2,}\)")


def page(seen: Inspection, frame: Frame, token: str = "") -> str:
    say, row = Wording(frame.language, seen.at, seen.zone), seen.row
    return template("probe.html").render(
        say=say,
        frame=frame,
        seen=seen,
        row=row,
        title=" · ".join(filter(None, (say.probe(row.probe), say.label("part", row.part) if row.part else ""))),
        curve=curve(seen.trend, say, 600, 72),
        figures=figures(row.samples, say, row.part),
        gaps=reasons(row.gaps, say),
        why=half(row.why, frame.language),
        statements=[(shape(each.sql, quoted_names=seen.quoted_names), each) for each in seen.asked],
        seconds=sum(each.seconds for each in seen.asked),
        rows_read=sum(each.rows for each in seen.asked),
        samples=[written(each, row.shop) for each in row.samples[:_SAMPLES_SHOWN]],
        alerts=seen.alerts,
        cases_shown=CASES_SHOWN,
        token=token,
    )


def shape(sql: str, *, quoted_names: bool) -> str:
    """A statement without values, and lists of them cut short; `quoted_names`: what stands in " is a name."""
    names = _NAME if quoted_names else _ALIAS
    return _LIST.sub("(?, …)", masking.statement(names.sub(r"\1", sql)))[:_STATEMENT]


def written(sample: Sample, shop: str) -> str:
    """As /metrics has it."""
    labels = ",".join(f'{name}="{value}"' for name, value in sample.labelled(shop).items())
    return f"{sample.metric.name}{{{labels}}} {sample.value:.15g}"
