"""Quantiles of classic histograms: series of cumulated counts with upper bounds in the label `le`."""

from __future__ import annotations

import math
import re
from collections import defaultdict

from exporter.promql.vector import NEWEST, Value, Version, nameless, unique

_BOUND = re.compile(r"[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE)
_SAME = 1e-12  # a share by which 3.x takes counts as equal

_Bucket = tuple[float, float]


def bucket_quantiles(share: float, series: list[Value], version: Version) -> list[Value]:
    """The quantile of each histogram among the series; those without a bound are left out."""
    found: defaultdict[frozenset[tuple[str, str]], list[_Bucket]] = defaultdict(list)
    for labels, count in series:
        bound = labels.get("le", "")
        if _BOUND.fullmatch(bound):
            found[frozenset(item for item in labels.items() if item[0] != "le")].append((float(bound), count))
    return unique(
        [Value(nameless(dict(labels)), _quantile(share, buckets, version)) for labels, buckets in found.items()]
    )


def _quantile(share: float, buckets: list[_Bucket], version: Version) -> float:
    if math.isnan(share):
        return math.nan
    if not 0 <= share <= 1:
        return math.copysign(math.inf, share)
    buckets.sort(key=lambda bucket: bucket[0])
    summed: defaultdict[float, float] = defaultdict(float)
    for bound, count in buckets:
        summed[bound] += count
    bounds = [*summed]
    counts = _never_falling([*summed.values()], _SAME if version == NEWEST else 0.0)
    if bounds[-1] != math.inf or len(bounds) == 1 or counts[-1] == 0:
        return math.nan
    rank = share * counts[-1]
    position = next((n for n, count in enumerate(counts[:-1]) if count >= rank), len(counts) - 1)
    if position == len(counts) - 1:
        return bounds[-2]
    if position == 0 and bounds[0] <= 0:
        return bounds[0]
    lower, below = (bounds[position - 1], counts[position - 1]) if position else (0.0, 0.0)
    inside = counts[position] - below
    return lower + (bounds[position] - lower) * ((rank - below) / inside) if inside else math.nan


def _never_falling(counts: list[float], same: float) -> list[float]:
    """A bucket that was scraped a little earlier than the one before it gets that one's count."""
    highest = counts[0]
    for n, count in enumerate(counts):
        if count < highest or math.isclose(count, highest, rel_tol=same):
            counts[n] = highest
        else:
            highest = count
    return counts
