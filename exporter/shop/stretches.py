"""A long window read as a row of shorter ones, so that no single read is cut and each has a clear end in time."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from exporter.shop import Record, Shop

CAP = 2_000
"""Rows of one read."""

_SHORTEST = timedelta(seconds=1)

Behind = Mapping[str, datetime]
"""Shards that were silent, and from when on they are still to be read."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of a stretch of time that ends at `until`; `whole` unless there were more than could be read.

    `behind`: the shards that are not read up to `until`; hand them to the next run.
    """

    records: list[Record]
    until: datetime
    whole: bool = True
    behind: Behind = field(default_factory=dict)


def stretches(
    shop: Shop,
    word: str,
    by: str,
    since: datetime,
    until: datetime,
    *,
    ends: float,
    match: Mapping[str, Collection[Any]] | None = None,
    behind: Behind | None = None,
) -> Iterator[Stretch]:
    """Oldest stretch first; a read that is cut is repeated over a quarter of its time.

    None is begun after `ends` (monotonic): then the last one is empty, not whole, and tells where to go on.
    Shards that were left `behind` and answer again then catch up, each by itself.
    """
    read = _Reads(shop, word, by, ends, match)
    late = {shard: start for shard, start in (behind or {}).items() if start < since}
    left, mark = dict(late), since
    for start, stretch, silent in read.along(since, until):
        left |= {shard: start for shard in silent if shard not in left}
        mark = stretch.until
        yield replace(stretch, behind=dict(left))
    for shard, start in late.items():
        for begun, stretch, silent in read.along(start, since, (shard,)):
            left[shard] = begun if silent else stretch.until
            if silent:
                break
            if stretch.until >= since:
                del left[shard]
            yield replace(stretch, until=mark, behind=dict(left))


def gathered(start: Stretch, onward: Iterable[Stretch], most: float = math.inf) -> Stretch:
    """All of them as one, from `start` on; none is read any more after `most` rows."""
    records, last, whole = list(start.records), start, start.whole
    for last in onward:
        records += last.records
        whole = whole and last.whole
        if len(records) >= most:
            break
    return replace(last, records=records, whole=whole)


@dataclass(frozen=True, slots=True)
class _Reads:
    shop: Shop
    word: str
    by: str
    ends: float
    match: Mapping[str, Collection[Any]] | None

    def along(
        self, since: datetime, until: datetime, among: Collection[str] | None = None
    ) -> Iterator[tuple[datetime, Stretch, Collection[str]]]:
        """Each stretch with its start and the shards that were silent in it."""
        step = until - since
        while since < until:
            if time.monotonic() > self.ends:
                yield since, Stretch([], since, whole=False), ()
                return
            end = min(since + step, until)
            scan = self.shop.window(self.word, self.by, since, end, match=self.match, cap=CAP, among=among)
            if scan.truncated and step > _SHORTEST:
                step = max(step / 4, _SHORTEST)
                continue
            yield since, Stretch(scan.records, end, whole=not scan.truncated), scan.silent
            since = end
