"""All findings of one look: each table's, each pair's that is joined, each database's."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from exporter.model import Gap
from exporter.probes.schema_watch.findings import Finding, Findings, Found, digests, rows, setup, shapes
from exporter.probes.schema_watch.look import Mapped, Place, Word
from exporter.shop import Denied, Missing, Node, Shop, TableShape, Unsupported

_EQUALS = ("number", "trade_no", "transaction", "status", "state", "sku", "warehouse", "order", "channel")
_TIMES = ("created", "paid", "updated", "received", "expires")
_ZONELESS = ("datetime", "timestamp without time zone")
_OFF = "performance_schema 未开启 / performance_schema is off"
_HIDDEN = "有索引因列未授权而看不到 / indexes over columns that were not granted are hidden"
_NOT_GRANTED = "没有授权的列看不到 / columns that were not granted are hidden"
_NO_DIGESTS = "这种数据库没有语句摘要 / this database keeps no digests of statements"


@dataclass
class Standing:
    """`seen` are the tables that are there. Afterwards `findings` and `gaps` say what was found and what cannot be."""

    shop: Shop
    now: datetime
    owners: Mapping[Place, Mapped]
    seen: Mapping[Place, TableShape]
    max_indexes: int
    findings: Findings = field(default_factory=Findings)
    gaps: list[Gap] = field(default_factory=list)

    def look(self, skip: Collection[str]) -> None:
        """Raises a ShopError when the database cannot answer; what is skipped is not asked for."""
        checks: list[tuple[tuple[Finding, ...], Callable[[], None]]] = [
            (("redundant_index", "too_many_indexes", "range_first_index", "float_money"), self._shapes),
            (("join_mismatch",), self._joins),
            (("open_phone",), self._phones),
            (("auto_increment_limit",), self._counters),
            (("unguarded_stock_update", "zone_tables_missing", "server_zone", "dirty_reads"), self._databases),
        ]
        for names, check in checks:
            if not set(names) <= set(skip):
                check()

    def _alike(self) -> Iterator[tuple[Word, Place, TableShape, int]]:
        """One of each kind of table of a word, and how many there are: shards are mostly alike."""
        groups: dict[object, list[Place]] = {}
        for place, shape in self.seen.items():
            kind = self.owners[place].word, tuple(shape.columns.items()), frozenset(shape.indexes)
            groups.setdefault(kind, []).append(place)
        for places in groups.values():
            yield self.owners[places[0]].word, places[0], self.seen[places[0]], len(places)

    def _shapes(self) -> None:
        for word, _, shape, many in self._alike():
            ours = self._columns(word)
            times, equals = shapes.columns_of(ours, *_TIMES), shapes.columns_of(ours, *_EQUALS)
            money = list(shapes.float_money(shape, ours.get("amount", "")))
            self._seen(word, "float_money", money, many, _NOT_GRANTED if "columns" in shape.unseen else "")
            count = shapes.secondary(shape)
            crowd = [Found(shape.name, f"{count} > {self.max_indexes}")] if count > self.max_indexes else []
            indexes: dict[Finding, list[Found]] = {
                "redundant_index": list(shapes.redundant(shape)),
                "too_many_indexes": crowd,
                "range_first_index": list(shapes.range_first(shape, times, equals)),
            }
            hidden = _HIDDEN if {"columns", "indexes"} & shape.unseen else ""
            for finding, found in indexes.items():
                self._seen(word, finding, found, many, hidden)

    def _seen(self, word: Word, finding: Finding, found: Collection[Found], many: int, hidden: str) -> None:
        """`hidden`: why not all could be looked at, if so; nothing found means nothing then."""
        if found or not hidden:
            self._say(word, finding, found, many)
        elif all(gap.check != finding for gap in self.gaps):
            self.gaps.append(Gap(finding, hidden))

    def _say(self, word: Word, finding: Finding, found: Iterable[Found], many: int = 1) -> None:
        suffix = f" ×{many}" if many > 1 else ""
        self.findings.say(word, finding, [Found(one.name, one.note + suffix) for one in found])

    def _columns(self, word: str) -> Mapping[str, str]:
        table = self.shop.mapping.table(word)
        return {"key": table.key, **table.columns} if table else {}

    def _first(self, word: str) -> TableShape | None:
        """A table that the mapping itself names for the word, not one of a link."""
        table = self.shop.mapping.table(word)
        names = {shard.table for shard in table.shards} if table else ()
        return next((shape for place, shape in self.seen.items() if place.table in names), None)

    def _joins(self) -> None:
        orders, callbacks, reservations = map(self._first, ("orders", "callbacks", "reservations"))
        mapping = self.shop.mapping
        if orders and callbacks and mapping.orders and mapping.callbacks and not mapping.callbacks.link:
            ends = self._columns("callbacks")["trade_no"], self._columns("orders")["trade_no"]
            found = shapes.mismatch(callbacks, ends[0], orders, ends[1])
            self.findings.say("callbacks", "join_mismatch", found)
        if orders and reservations and mapping.reservations:
            ends = (
                self._columns("reservations")["order"],
                self._columns("orders").get(mapping.reservations.order_is, ""),
            )
            self.findings.say("reservations", "join_mismatch", shapes.mismatch(reservations, ends[0], orders, ends[1]))

    def _phones(self) -> None:
        for word, place, shape, many in self._alike():
            self._seen(word, "open_phone", (), many, _NOT_GRANTED if "columns" in shape.unseen else "")
            if columns := shapes.phones(shape):
                try:
                    found = list(rows.open_phones(self.shop, place, shape, columns, self._columns(word)["key"]))
                except Denied as error:
                    self.gaps.append(Gap("open_phone", str(error)))
                else:
                    self._say(word, "open_phone", found, many)

    def _counters(self) -> None:
        for word in dict.fromkeys(owner.word for owner in self.owners.values()):
            self.findings.say(word, "auto_increment_limit")
            grouped: dict[tuple[str, str | None], list[TableShape]] = {}
            for place, shape in self.seen.items():
                if self.owners[place].word == word:
                    grouped.setdefault(place[:2], []).append(shape)
            for (database, schema), tables in grouped.items():
                found = rows.used_up(self.shop.node(database), schema, tables)
                self.findings.say(word, "auto_increment_limit", found)

    def _databases(self) -> None:
        for database in dict.fromkeys(place.database for place in self.seen):
            node = self.shop.node(database)
            known = self._variables(node)
            setup.isolation(node, known, self.findings)
            gap = setup.zones(node, self._expected(database), self.findings)
            self.gaps += [gap] if gap else []
            self._blind_updates(node, known)

    def _variables(self, node: Node) -> dict[str, str]:
        try:
            return setup.variables(node)
        except (Denied, Unsupported):
            return {}

    def _expected(self, database: str) -> timedelta | None:
        """How far the zone of the DATETIME columns is from UTC now, where all of them agree."""
        offsets = set()
        for place, shape in self.seen.items():
            word = self.owners[place].word
            for ours, theirs in self._columns(word).items():
                kind, zone = self.shop.mapping.clock(word, ours)
                column = shape.columns.get(theirs)
                zoneless = column is not None and column.type.lower().startswith(_ZONELESS) and ours in _TIMES
                if place.database == database and kind == "datetime" and zoneless:
                    offsets.add(setup.offset_of(self.now.astimezone(zone)))
        return offsets.pop() if len(offsets) == 1 else None

    def _blind_updates(self, node: Node, known: Mapping[str, str]) -> None:
        table = self.shop.mapping.stock
        here = table.held(node.name) if table else ()
        if table is None or not here:
            return
        shape = self._first("stock")
        quantity = shape.columns.get(table.columns["quantity"]) if shape else None
        if shape is None or (quantity and "unsigned" in quantity.type):
            self.findings.say("stock", "unguarded_stock_update")  # the server itself refuses to go below zero
        elif node.family != "mysql":
            self.gaps.append(Gap("unguarded_stock_update", _NO_DIGESTS))
        elif known.get("performance_schema") != "ON":
            self.gaps.append(Gap("unguarded_stock_update", _OFF))
        else:
            self._digests(node, here[0].schema, here[0].table, table.columns["quantity"])

    def _digests(self, node: Node, schema: str | None, table: str, quantity: str) -> None:
        try:
            self.findings.say("stock", "unguarded_stock_update", digests.unguarded(node, schema, table, quantity))
        except (Denied, Missing, Unsupported) as error:
            self.gaps.append(Gap("unguarded_stock_update", str(error)))


def gaps(seen: Mapping[Place, TableShape]) -> Iterator[Gap]:
    """What the account may not see of the shapes: said, because otherwise its silence would mean "none"."""
    unseen = {what for shape in seen.values() for what in shape.unseen}
    for what in ("columns", "indexes", "triggers", "views"):
        if what in unseen:
            yield Gap(f"schema_{what}", _UNSEEN[what])


_UNSEEN = {
    "columns": "账号只看得到授权给它的列 / the account sees only the columns that were granted to it",
    "indexes": "数据库不告诉索引 / the database does not tell its indexes",
    "triggers": "没有 TRIGGER 权限，看不到触发器 / triggers show only to an account with the TRIGGER privilege",
    "views": "没有 SHOW VIEW 权限，看不到视图定义 / views show their text only with the SHOW VIEW privilege",
}
