"""Who depends on what: the mapping and the probes that read it, searches and queries of the configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from exporter.ddl.nouns import Name, UnreadableError
from exporter.ddl.queries import Source, sources
from exporter.ddl.scene import Reliance, Unique, Use
from exporter.ddl.schema import Key
from exporter.ddl.serving import Need
from exporter.mapping import WORDS, TableMap
from exporter.mapping import Mapping as ShopMapping

_SURE = {"orders": ("created",), "callbacks": ("received",), "reservations": ("created",), "stock": ("quantity",)}
"""The columns by which probes walk a table for certain."""
_BY_KEY = ("events", "partner_events")
"""Words whose new rows are found by their key alone."""
_WALKED = ("created", "paid", "shipped", "delivered", "updated", "received", "expires", "quantity")
_LOOKUPS = {"orders": ("number", "trade_no"), "callbacks": ("trade_no",), "partner_events": ("order",)}
_FIXED = ("status", "state", "paid_flag")
"""Columns that a window may compare with fixed values."""


@dataclass
class Reader:
    """One database of one shop. `probes`: name → the words of the mapping that it reads. `selects`: who → SELECT.

    `unread` gathers those whose SELECT is not understood.
    """

    mapping: ShopMapping
    database: str
    own: str
    family: str
    probes: Mapping[str, Collection[str]]
    selects: Mapping[str, str]
    columns: Mapping[str, Collection[str]]
    unread: list[str] = field(default_factory=list)

    def reliance(self) -> Reliance:
        mapped = [
            (word, table)
            for word in WORDS
            if (table := self.mapping.table(word)) is not None and table.held(self.database)
        ]
        read = list(self._selected())
        return Reliance(
            [*(use for word, table in mapped for use in self._uses(word, table)), *self._hops(),
             *(Use(self._key(s.table.table, s.table.schema), c, who) for who, s in read for c in ("", *s.columns))],
            [*(need for word, table in mapped for need in self._needs(word, table)), *self._hop_needs(),
             *(Need(self._key(s.table.table, s.table.schema), s.equal, s.ranges, who) for who, s in read)],
            [unique for word, table in mapped for unique in self._uniques(word, table)],
            {**self._pairs(), **{(self._key(s.table.table, s.table.schema), c): f"another table by {who}"
                                 for who, s in read for c in s.joined}},
        )  # fmt: skip

    def _key(self, table: str, schema: str | None = None) -> Key:
        return (schema or self.own).lower(), table.lower()

    def _asks(self, what: str, word: str, column: str) -> str:
        readers = [name for name, words in self.probes.items() if word in words]
        return f"{what} by {word}.{column}" + (f" ({word} is read by {', '.join(readers)})" if readers else "")

    def _who(self, word: str, column: str) -> list[str]:
        named = f"{word}.{column}" if column else word
        return [f"probe {name} ({named})" for name, words in self.probes.items() if word in words] or [
            f"the mapping ({named})"
        ]

    def _uses(self, word: str, table: TableMap) -> Iterator[Use]:
        ours = {"": "", "key": table.key, **table.columns, **{f"where {name}": name for name in table.where}}
        for shard in table.held(self.database):
            key = self._key(shard.table, shard.schema)
            for column, theirs in ours.items():
                yield from (Use(key, theirs.lower(), who) for who in self._who(word, column))

    def _needs(self, word: str, table: TableMap) -> Iterator[Need]:
        fixed = frozenset(name.lower() for name in table.where)
        states = {table.columns[each].lower() for each in _FIXED if each in table.columns}
        for shard in table.held(self.database):
            key = self._key(shard.table, shard.schema)
            for column in ("key", *_LOOKUPS.get(word, ())):
                if theirs := ({"key": table.key} | table.columns).get(column, "").lower():
                    wanted, who = frozenset({theirs}), self._asks("lookups", word, column)
                    yield Need(key, wanted | fixed, frozenset(), who, wanted, sure=column != "number")
            for column in _WALKED if word not in _BY_KEY else ():
                if (word != "reservations" or column != "quantity") and (
                    theirs := table.columns.get(column, "").lower()
                ):
                    wanted, who = frozenset({theirs}), self._asks("windows", word, column)
                    sure = column in _SURE.get(word, ())
                    yield Need(key, fixed | states, wanted, who, wanted, sure=sure)

    def _uniques(self, word: str, table: TableMap) -> Iterator[Unique]:
        fixed = {name.lower() for name, values in table.where.items() if len(values) == 1}
        groups = {"orders": (("number",), ("trade_no",)), "stock": (("warehouse", "sku"),)}.get(word, ())
        for shard in table.held(self.database):
            for group in groups:
                theirs = {table.columns[each].lower() for each in group if each in table.columns}
                if theirs:
                    who = ", ".join(self._who(word, "/".join(each for each in group if each in table.columns)))
                    yield Unique(self._key(shard.table, shard.schema), frozenset(theirs | fixed), who)

    def _links(self) -> Iterator[tuple[str, Key, tuple[str, ...]]]:
        callbacks = self.mapping.callbacks
        for hop in callbacks.link if callbacks else ():
            who = ", ".join(self._who("callbacks", "link"))
            columns = tuple(each.lower() for each in (hop.from_, hop.to, *hop.where))
            yield from ((who, self._key(shard.table, shard.schema), columns) for shard in hop.held(self.database))

    def _hops(self) -> Iterator[Use]:
        for who, key, columns in self._links():
            yield from (Use(key, column, who) for column in ("", *columns))

    def _hop_needs(self) -> Iterator[Need]:
        for who, key, (first, _, *fixed) in self._links():
            yield Need(key, frozenset((first, *fixed)), frozenset(), who, frozenset({first}))

    def _pairs(self) -> dict[tuple[Key, str], str]:
        """Trade numbers of callbacks and of orders are the same numbers."""
        orders, callbacks = self.mapping.orders, self.mapping.callbacks
        if not orders or not callbacks or "trade_no" not in orders.columns:
            return {}
        sides = [(orders, callbacks), (callbacks, orders)]
        return {
            (
                self._key(shard.table, shard.schema),
                one.columns["trade_no"].lower(),
            ): f"{two.table}.{two.columns['trade_no']}"
            for one, two in sides
            for shard in one.held(self.database)
        }

    def _selected(self) -> Iterator[tuple[str, Source]]:
        """Searches and queries run on the shop's own database."""
        for who, sql in self.selects.items() if not self.database else ():
            try:
                found = sources(sql, self.family, self.columns)
            except UnreadableError:
                self.unread.append(who)
                continue
            yield from ((who, source) for source in found)


def tables_of(selects: Collection[str], family: str) -> set[Name]:
    """The tables that these SELECTs read; those that are not understood name none."""
    found: set[Name] = set()
    for sql in selects:
        try:
            found |= {source.table for source in sources(sql, family, {})}
        except UnreadableError:
            continue
    return found
