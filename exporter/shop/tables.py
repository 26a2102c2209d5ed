"""The mapped tables of a shop in one run: asked in our words, all shards as one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from exporter.database.deadline import Deadline
from exporter.shop import links, lookups
from exporter.shop.premises import Premises
from exporter.shop.run import Run
from exporter.shop.shards import Tour
from exporter.shop.windows import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    import sqlalchemy

    from exporter.database.catalog import Column, Index
    from exporter.database.errors import ShopError
    from exporter.mapping.shards import Shard
    from exporter.model import Coverage
    from exporter.shop.table import Record, Table

    Match = Mapping[str, Collection[Any]]

_UNBOUNDED = 10.0
"""Seconds for each thing that is asked of a shop to which no `bounded()` gave a limit."""


class Tables:
    """What a probe asks of the tables; `part` is that of the probe."""

    def __init__(self, premises: Premises, run: Run | None = None, probe: str = "", part: str = "") -> None:
        self._premises, self._given, self._probe, self.part = premises, run, probe, part
        self.name, self.mapping, self.zone = premises.name, premises.mapping, premises.zone

    @property
    def _run(self) -> Run:
        return self._given or Run(Deadline(_UNBOUNDED))

    def maps(self, word: str, *columns: str) -> bool:
        table = self.mapping.table(word)
        return table is not None and all(column in table.columns for column in columns)

    def require(self, word: str, *columns: str) -> Table:
        """The table of our word; raises NotApplicable when it or a column is not mapped."""
        return self._premises.table(word, columns, self._run)

    def window(
        self,
        word: str,
        by: str,
        since: datetime,
        until: datetime,
        *,
        match: Match | None = None,
        cap: int = 1000,
        among: Collection[str] | None = None,
    ) -> Scan:
        """Rows with since <= by < until, oldest first (in the order of the key where no index on the time is).

        Of several shards each has its own order; `among`: only these are read, and that all are silent is no error.
        """
        table = self.require(word, by, *(match or {}))
        some = None if among is None else [shard for shard in table.shards if str(shard) in among]
        window = partial(self._premises.window, during=(by, since, until), match=match or {})
        return scan(self._tour(word), table, window, cap, some)

    def _tour(self, word: str) -> Tour:
        return Tour(self._run, word, self._premises.roll(self._kept_as, word))

    def silent(self, word: str) -> dict[Shard, ShopError]:
        """The shards of this table that gave no answer in this run: what was not found may be there."""
        return {shard: error for (asked, shard), error in self._run.silent.items() if asked == word}

    def unknown(self, word: str, by: str) -> Collection[str]:
        """Folded values that this run looked up and of which nobody knows: they may lie in a silent shard."""
        return self._run.unknown.get((word, by), frozenset())

    def coverage(self) -> tuple[Coverage, ...]:
        return self._premises.coverage(self._kept_as)

    def lookup(self, word: str, by: str, values: Collection[str], *, match: Match | None = None) -> list[Record]:
        """Rows whose `by` (or `key`) is one of the values, on all shards."""
        return [record for _, record in self.located(word, by, values, match=match)]

    def located(
        self, word: str, by: str, values: Collection[str], *, match: Match | None = None
    ) -> list[tuple[Shard, Record]]:
        """The same rows, each with the shard that it lies on."""
        table = self.require(word, by, *(match or {}))
        if not values:
            return []
        return lookups.located(self._tour(word), self._premises.source, table, by, values, match=match or {})

    def resolve(self, trade_numbers: Collection[str]) -> dict[str, list[str]]:
        """Each trade number → the values of `orders.trade_no` that it stands for, over the mapped link (word: link)."""
        return links.resolve(self._tour("link"), self._premises.source, self.mapping.callbacks, trade_numbers)

    def rows(
        self,
        statement: sqlalchemy.Select[Any],
        *,
        word: str,
        cap: int = 1000,
        during: tuple[str, datetime, datetime] | None = None,
        binds: Mapping[str, Any] | None = None,
    ) -> list[sqlalchemy.Row[Any]]:
        """Any other SELECT over our columns of one table, per shard; the mapping's filter and LIMIT are added.

        A silent shard is counted with its last answer while that stands.
        `during`: (by, since, until) as in `window()`, between keys where there is no index on the time.
        `binds`: values for the parameters of a statement that is `kept()` by its table.
        """
        table = self.require(word)

        def inside(on: Table, run: Run) -> Sequence[sqlalchemy.ColumnElement[bool]]:
            return self._premises.window(on, run, during, {}).inside() if during else ()

        return lookups.rows(self._tour(word), self._premises.source, table, statement, inside, cap=cap, binds=binds)

    def index(self, word: str) -> tuple[Index, ...]:
        return self.require(word).facts.indexes

    def columns(self, word: str) -> Mapping[str, Column]:
        """Our words → what the database says about these columns; hidden ones are left out."""
        table = self.require(word)
        return {each: column for each in table.c if (column := table.column(each))}

    @property
    def _kept_as(self) -> str:
        """Each part of a probe has a memory of its own."""
        return "/".join(filter(None, (self._probe, self.part)))
