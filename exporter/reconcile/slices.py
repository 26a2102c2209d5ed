"""A day's rows of the shop, however many: read in slices of time, each a statement of its own with its own deadline.

The server joins a slice's rows into one text: a driver written in Python spends its time on single rows and columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

import sqlalchemy

from exporter.reconcile.nouns import Day
from exporter.reconcile.spill import MARK
from exporter.shop import Shop, Table

SLICE = 6_000
"""So many rows are read at once; joined they are less than MariaDB joins by default (group_concat_max_len, 1 MiB)."""

_ROW = "\x1e"
_SHORTEST, _FIRST = timedelta(seconds=1), timedelta(minutes=10)
SECONDS = 30.0
"""For one slice."""


class Slices:
    """Rows of a day as texts, oldest first: `words` with marks between them, "" for what is not set or not mapped."""

    def __init__(self, shop: Shop, table: Table, words: tuple[str, ...], match: Mapping[str, Collection[Any]]) -> None:
        self._shop, self._table = shop, table
        text = packed(table, words)
        count, joined = sqlalchemy.func.count(), sqlalchemy.func.aggregate_strings(text.concat(_ROW), "")
        self._single: sqlalchemy.Select[Any] = (
            sqlalchemy.select(text).select_from(table.source).where(*table.only(match))
        )
        chosen: list[Any] = [count, joined]
        self._joined: sqlalchemy.Select[Any] = (
            sqlalchemy.select(*chosen).select_from(table.source).where(*table.only(match))
        )
        self._joins = True

    def of_day(self, day: Day, by: str) -> Iterator[list[str]]:
        """The next slice is asked for while this one is worked on."""
        since, step, most = day.start, _FIRST, SLICE
        with ThreadPoolExecutor(1, "reconcile") as ahead:
            until = min(since + step, day.end)
            coming = ahead.submit(self._read, by, since, until, most)
            while True:
                rows = coming.result()
                if rows is None:
                    if step <= _SHORTEST:
                        most, self._joins = most * 4, False  # an import: a second with more rows than a slice
                    step = max(step / 4, _SHORTEST)
                else:
                    since, step = until, step * 2 if len(rows) < most // 3 else step
                until = min(since + step, day.end)
                if since < day.end:
                    coming = ahead.submit(self._read, by, since, until, most)
                if rows:
                    yield rows
                if since >= day.end:
                    return

    def _read(self, by: str, since: datetime, until: datetime, most: int) -> list[str] | None:
        """The rows of this stretch, None when they are too many."""
        asked = self._shop.bounded("reconcile", SECONDS)
        during = by, since, until
        if self._joins:
            parts: list[Any] = list(asked.rows(self._joined, word=self._table.word, during=during))
            count = sum(part[0] for part in parts)
            if count > most:
                return None
            joined = [part[1] or "" for part in parts]
            rows = [row for text in joined for row in text.split(_ROW)[:-1]]
            if len(rows) == count and all(text.endswith(_ROW) or not text for text in joined):
                return rows
            self._joins = False  # this server cuts what it joins (MySQL: at 1 KiB, unless told otherwise)
        single: list[Any] = list(asked.rows(self._single, word=self._table.word, cap=most + 1, during=during))
        return None if len(single) > most else [row[0] for row in single]


def packed(table: Table, words: tuple[str, ...]) -> sqlalchemy.ColumnElement[str]:
    """These columns as one text, the marks between them included."""
    texts = {word: sqlalchemy.cast(table.c[word], sqlalchemy.String) for word in words if word in table.c}
    cells: list[Any] = [sqlalchemy.func.coalesce(texts[word], "") if word in texts else "" for word in words]
    if not table.as_text:
        return sqlalchemy.func.concat_ws(MARK, *cells)
    # SQLite knows concat_ws from 3.44 on only
    return reduce(lambda left, right: left.concat(MARK).concat(right), cells[1:], cells[0])
