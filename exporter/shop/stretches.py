"""A long window read as a row of shorter ones, so that no single read is cut and each has a clear end in time."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from exporter.shop import Record, Shop

CAP = 2_000
"""Rows of one read."""

_SHORTEST = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a stretch of time that ends at `until`; `whole` unless some of them could not be read."""

    records: list[Record]
    until: datetime
    whole: bool = True


def stretches(
    shop: Shop,
    word: str,
    by: str,
    since: datetime,
    until: datetime,
    *,
    ends: float,
    match: Mapping[str, Collection[Any]] | None = None,
) -> Iterator[Stretch]:
    """Oldest stretch first; a read that is cut is repeated over a quarter of its time.

    None is begun after `ends` (monotonic): then the last one is empty, not whole, and tells where to go on.
    """
    step = until - since
    while since < until:
        if time.monotonic() > ends:
            yield Stretch([], since, whole=False)
            return
        end = min(since + step, until)
        scan = shop.window(word, by, since, end, match=match, cap=CAP)
        if scan.truncated and step > _SHORTEST:
            step = max(step / 4, _SHORTEST)
            continue
        yield Stretch(scan.records, end, whole=not scan.truncated and scan.scanned == scan.total)
        since = end
