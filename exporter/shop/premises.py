"""What all views of one shop share: its databases, its tables in our words, what was learned about them."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from exporter.database.errors import Denied, Missing, NotApplicable
from exporter.database.faults import shut_out
from exporter.shop.notes import Memory, Notes
from exporter.shop.replication import Trail
from exporter.shop.table import Table

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import tzinfo

    from exporter.database.deadline import Deadline
    from exporter.mapping import Mapping as ShopMapping
    from exporter.shop.borders import Known
    from exporter.shop.queues import Queues
    from exporter.shop.run import Source
    from exporter.shop.servers import Servers

_IDLE = 60.0
"""Seconds for which the primary is followed at the least once somebody has asked."""


@dataclass(slots=True)
class Premises:
    """`borders` and `turns` belong to the windows."""

    name: str
    mapping: ShopMapping
    zone: tzinfo
    servers: Servers
    memory: Memory
    queues: Queues
    tables: dict[str, Table] = field(default_factory=dict)
    borders: dict[str, Known] = field(default_factory=dict)
    turns: dict[str, int] = field(default_factory=dict)
    kept: dict[str, Notes] = field(default_factory=dict)
    trails: dict[tuple[float, float], Trail] = field(default_factory=dict)
    _trailing: threading.Lock = field(default_factory=threading.Lock)

    def source(self, database: str | None) -> Source:
        return self.servers.source(database or "")

    def table(self, word: str, columns: Collection[str], deadline: Deadline) -> Table:
        """The table of our word, with these columns of ours mapped; raises NotApplicable or Missing."""
        mapped = self.mapping.table(word)
        if mapped is None:
            raise NotApplicable(f"the mapping has no table of {word}; write {word}: {{table: …}}")
        if absent := [column for column in columns if column not in mapped.columns and column != "key"]:
            raise NotApplicable(
                f"the mapping does not say which column of {mapped.table} is {', '.join(absent)}; "
                f"write {word}: {{columns: {{{absent[0]}: its_name}}}}"
            )
        source = self.source(mapped.database)
        physical = mapped.physical
        if len(physical) > 1:
            names = source.catalog.names(mapped.schema_, deadline)
            if not (physical := tuple(name for name in physical if name in names)):
                raise Missing(f"none of the {len(mapped.physical)} tables {mapped.table} is there")
        try:
            facts = source.catalog.facts(mapped.schema_, physical[0], deadline)
        except Denied as error:
            needed = (mapped.key, *mapped.columns.values(), *mapped.where)
            raise shut_out(error, source.catalog, mapped.schema_, physical[0], needed) from None
        known = self.tables.get(word)
        if known is None or known.facts is not facts or known.physical != physical:
            as_text = source.database.family.name == "sqlite"
            known = self.tables[word] = Table(word, self.mapping, mapped, physical, facts, as_text)
        return known

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
