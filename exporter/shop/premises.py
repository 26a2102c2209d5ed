"""What all views of one shop share: its databases, its tables in our words, what was learned about them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from exporter.database.errors import Denied, Missing, NotApplicable, Unreachable
from exporter.database.faults import shut_out
from exporter.shop.notes import Memory, Notes
from exporter.shop.replication import Trail
from exporter.shop.shards import SILENT, Roll
from exporter.shop.table import Table
from exporter.shop.windows import Window

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime, tzinfo

    from exporter.database.catalog import TableFacts
    from exporter.database.errors import ShopError
    from exporter.mapping import Mapping as ShopMapping
    from exporter.mapping import TableMap
    from exporter.mapping.shards import Shard
    from exporter.model import Coverage
    from exporter.shop.borders import Known
    from exporter.shop.queues import Queues
    from exporter.shop.run import Run
    from exporter.shop.servers import Servers
    from exporter.shop.source import Source

_IDLE = 60.0
"""Seconds for which the primary is followed at the least once somebody has asked."""


@dataclass(slots=True)
class Premises:
    """`borders` belong to the windows; `rolls` are of the shards, by probe and word."""

    name: str
    mapping: ShopMapping
    zone: tzinfo
    servers: Servers
    memory: Memory
    queues: Queues
    tables: dict[str, Table] = field(default_factory=dict)
    borders: dict[str, Known] = field(default_factory=dict)
    rolls: dict[str, dict[str, Roll]] = field(default_factory=dict)
    kept: dict[str, Notes] = field(default_factory=dict)
    trails: dict[tuple[float, float], Trail] = field(default_factory=dict)
    _trailing: threading.Lock = field(default_factory=threading.Lock)

    def source(self, database: str | None) -> Source:
        return self.servers.source(database or "")

    def seen_by(self, replica: str) -> Premises:
        """The same shop as this replica shows it; nothing learned of the primary holds there."""
        seen = self.servers.seen_by(replica)
        return Premises(self.name, self.mapping, self.zone, seen, self.memory, self.queues)

    def roll(self, probe: str, word: str) -> Roll:
        return self.rolls.setdefault(probe, {}).setdefault(word, Roll())

    def window(
        self, on: Table, run: Run, during: tuple[str, datetime, datetime], match: Mapping[str, Collection[Any]]
    ) -> Window:
        """One shard's window; `during` as (by, since, until)."""
        return Window(run, self.source(on.at.database), on, *during, match, self.borders)

    def coverage(self, probe: str) -> tuple[Coverage, ...]:
        return tuple(roll.coverage(word) for word, roll in self.rolls.get(probe, {}).items() if roll.shards)

    def table(self, word: str, columns: Collection[str], run: Run) -> Table:
        """The table of our word, with these columns of ours mapped; raises NotApplicable or Missing."""
        mapped = self.mapping.table(word)
        if mapped is None:
            raise NotApplicable(f"the mapping has no table of {word}; write {word}: {{table: …}}")
        if absent := [column for column in columns if column not in mapped.columns and column != "key"]:
            raise NotApplicable(
                f"the mapping does not say which column of {mapped.table} is {', '.join(absent)}; "
                f"write {word}: {{columns: {{{absent[0]}: its_name}}}}"
            )
        at, facts = self._example(mapped, run)
        known = self.tables.get(word)
        if known is None or known.facts is not facts:
            as_text = self.source(at.database).database.family.name == "sqlite"
            known = self.tables[word] = Table(word, self.mapping, mapped, at, facts, as_text)
        return known

    def _example(self, mapped: TableMap, run: Run) -> tuple[Shard, TableFacts]:
        """A table that is there, and what its database says of it; its other shards are taken to be like it."""
        if len(mapped.shards) == 1:
            return mapped.shards[0], self._facts(mapped, mapped.shards[0], run)
        fault: ShopError | None = None
        for (database, schema), shards in groupby(mapped.shards, key=lambda shard: (shard.database, shard.schema)):
            part = run.part()
            try:
                if database in run.gone:
                    raise run.gone[database]
                names = self.source(database).catalog.names(schema, part.deadline)
                if there := next((shard for shard in shards if shard.table in names), None):
                    return there, self._facts(mapped, there, part)
            except SILENT as error:
                fault = fault or error
                if isinstance(error, Unreachable):
                    run.gone[database] = error
        raise fault or Missing(f"none of the {len(mapped.shards)} tables {mapped.table} is there")

    def _facts(self, mapped: TableMap, shard: Shard, run: Run) -> TableFacts:
        catalog = self.source(shard.database).catalog
        try:
            return catalog.facts(shard.schema, shard.table, run.deadline)
        except Denied as error:
            needed = (mapped.key, *mapped.columns.values(), *mapped.where)
            raise shut_out(error, catalog, shard.schema, shard.table, needed) from None

    def notes(self, probe: str) -> Notes:
        if probe not in self.kept:
            memory, name = self.memory, self.name
            self.kept[probe] = Notes(
                lambda: memory.recall(name, probe), lambda what: memory.remember(name, probe, what)
            )
        return self.kept[probe]

    def trail(self, every: float, idle: float) -> Trail:
        """The primary, followed at this pace; the one of a pace that nobody asks for any more ends by itself."""
        with self._trailing:
            if (every, idle) not in self.trails:
                source = partial(self.servers.source, "", "positions")
                self.trails[every, idle] = Trail(self.name, source, every, max(_IDLE, idle))
            return self.trails[every, idle]

    def close(self) -> None:
        with self._trailing:
            for trail in self.trails.values():
                trail.stop()
        self.queues.close()
        self.servers.close()

    def forget(self) -> None:
        self.tables.clear()
        self.borders.clear()
        for source in self.servers.all():
            source.forget()
