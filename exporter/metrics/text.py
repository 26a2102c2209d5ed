"""One line of the exposition formats: escaping, and numbers as Prometheus itself writes them.

Sample lines are the same in the text format 0.0.4 and in OpenMetrics 1.0; only the headers differ.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from exporter.model import Metric, Sample

_EXPONENT_FROM = 1e6  # Go writes 1e+06, Python 1000000.0
_PYTHON_EXPONENT_FROM = 1e16


def number(value: float) -> str:
    """The shortest digits that read back as the same float: `0`, `0.25`, `1.7e+09`, `NaN`, `+Inf`."""
    size = abs(value)
    if size < _EXPONENT_FROM:
        return str(int(value)) if value == int(value) else repr(float(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if size >= _PYTHON_EXPONENT_FROM:
        return repr(float(value))
    whole, _, fraction = repr(float(size)).partition(".")
    digits = (whole + fraction).rstrip("0")
    mantissa = f"{digits[0]}.{digits[1:]}" if len(digits) > 1 else digits
    return f"{'-' if value < 0 else ''}{mantissa}e+{len(whole) - 1:02d}"


def label(value: str) -> str:
    """NUL would end the page for some parsers, so it becomes the replacement character."""
    if value.isalnum():
        return value
    return value.replace("\0", "\ufffd").replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def line_prefix(sample: Sample, shop: str) -> str:
    """The line up to its value: `name{a="b",shop="main"} `."""
    labels = ",".join(f'{name}="{label(value)}"' for name, value in sorted(sample.labelled(shop).items()))
    return f"{sample.metric.name}{{{labels}}} " if labels else f"{sample.metric.name} "


def lines(samples: Mapping[str, Sample]) -> dict[str, bytes]:
    """The lines of each family by its name; `samples` are keyed by their line prefix."""
    families: dict[str, list[str]] = {}
    for prefix, sample in samples.items():
        families.setdefault(sample.metric.family.name, []).append(f"{prefix}{number(sample.value)}\n")
    return {name: "".join(each).encode("utf-8", "replace") for name, each in families.items()}


def prefixes(text: bytes) -> Iterator[str]:
    """The same lines up to their values, as `line_prefix` made them."""
    return (f"{line.rpartition(' ')[0]} " for line in text.decode("utf-8").split("\n")[:-1])


def header(metric: Metric, *, scheduled: bool, openmetrics: bool) -> bytes:
    """HELP and TYPE; OpenMetrics names a counter's family without `_total`, and escapes quotes in HELP."""
    text = metric.help + (" Read on a schedule, not per scrape." if scheduled else "")
    text = text.replace("\0", "\ufffd").replace("\\", r"\\").replace("\n", r"\n")
    name, kind = metric.name, str(metric.kind)
    if openmetrics:
        text = text.replace('"', r"\"")
        if kind == "counter":
            name, kind = name.removesuffix("_total"), kind if name.endswith("_total") else "unknown"
    return f"# HELP {name} {text}\n# TYPE {name} {kind}\n".encode("utf-8", "replace")
