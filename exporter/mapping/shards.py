"""Where a table lies: its physical tables over schemas and databases, and which of them holds a number."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import product
from typing import Annotated, Any, Literal, NamedTuple, Self
from zlib import crc32

from pydantic import BeforeValidator, Field, PlainValidator, model_validator

from exporter.strict import Strict, fault, faults

_RANGE = re.compile(r"([^{}]*)\{(\d+)\.\.(\d+)\}([^{}]*)")
_MOST = 1024

Spread = Literal["each", "blocks", "turns"]


class Shard(NamedTuple):
    """One physical table. A database of None is the shop's own, a schema of None the connection's."""

    table: str
    schema: str | None = None
    database: str | None = None

    def __str__(self) -> str:
        return ".".join(filter(None, (self.database, self.schema, self.table)))


def numbered(pattern: str) -> tuple[str, ...]:
    """`orders_{00..63}` → its 64 names; a plain name is the only one."""
    found = _RANGE.fullmatch(pattern)
    if not found:
        return (pattern,)
    head, first, last, tail = found.groups()
    return tuple(f"{head}{number:0{len(first)}}{tail}" for number in range(int(first), int(last) + 1))


def name(given: Any) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"{given!r} is not a name of a table or column; write it as text")
    return given.strip()


def _pattern(given: Any) -> str:
    text = name(given)
    if not re.search(r"[{}]", text):
        return text
    found = _RANGE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a table or its shards; write orders or orders_{{00..63}}")
    count = int(found[3]) - int(found[2]) + 1
    if not 1 <= count <= _MOST:
        raise ValueError(f"{text!r} means {count} tables; write a range of 1 to {_MOST}, as in orders_{{00..63}}")
    return text


def _several(given: Any) -> Any:
    return () if given is None else given if isinstance(given, list | tuple) else (given,)


Pattern = Annotated[str, PlainValidator(_pattern)]
"""A name, or a row of numbered names."""


class Located(Strict):
    """A table, or its shards. The shards are the tables in each of the databases (and in each of the schemas).

    `spread`: how numbered tables lie in several databases. `each`: every one has all of them; `blocks`: the first
    has the first ones; `turns`: they are dealt out one by one.
    """

    table: Pattern
    schema_: Pattern | None = Field(None, alias="schema")
    database: Annotated[tuple[Pattern, ...], BeforeValidator(_several)] = ()
    spread: Spread = "each"

    @property
    def databases(self) -> tuple[str | None, ...]:
        """The names under `databases:` of the shop; None for the shop's own."""
        return tuple(name for pattern in self.database for name in numbered(pattern)) or (None,)

    @property
    def shards(self) -> tuple[Shard, ...]:
        """In the order of their numbers; those of one database together where each has all the numbers."""
        return _placed(self.table, self.schema_, self.databases, self.spread)

    def held(self, database: str) -> tuple[Shard, ...]:
        """Those of one database; "" is the shop's own."""
        return tuple(shard for shard in self.shards if (shard.database or "") == database)

    @model_validator(mode="after")
    def _spreads(self) -> Self:
        tables, places = len(numbered(self.table)), len(_places(self.schema_, self.databases))
        if self.spread != "each" and tables % places:
            text = f"{tables} tables cannot be dealt out evenly to {places} databases; write the range of all of them"
            raise faults(type(self).__name__, [fault(("spread",), "uneven", text, self.spread)])
        if self.spread == "each" and tables * places > _MOST:
            text = f"{tables} tables in each of {places} databases are more than {_MOST}; are they numbered through? "
            raise faults(type(self).__name__, [fault(("spread",), "many", f"{text}write spread: blocks", self.spread)])
        return self


def _places(schema: str | None, databases: tuple[str | None, ...]) -> list[tuple[str | None, str | None]]:
    return list(product(databases, numbered(schema) if schema else (None,)))


@lru_cache(maxsize=256)
def _placed(table: str, schema: str | None, databases: tuple[str | None, ...], spread: Spread) -> tuple[Shard, ...]:
    names, places = numbered(table), _places(schema, databases)
    if spread == "each":
        return tuple(Shard(table, schema, database) for database, schema in places for table in names)
    block = len(names) // len(places)
    chosen = (places[n // block if spread == "blocks" else n % len(places)] for n in range(len(names)))
    return tuple(Shard(name, place[1], place[0]) for name, place in zip(names, chosen, strict=True))


class Route(Strict):
    """Which shard a value of one of these columns is looked for in first: its number modulo the count of shards.

    `last`: only so many characters at the end bear it. `hash`: the number is made of the text, as crc32 does it, or
    as Java's `String.hashCode` (ShardingSphere's HASH_MOD).
    """

    by: Annotated[tuple[str, ...], BeforeValidator(_several), Field(min_length=1)]
    last: Annotated[int, Field(ge=1, le=32)] | None = None
    hash: Literal["none", "crc32", "java"] = "none"

    def shard(self, value: str, shards: tuple[Shard, ...]) -> Shard | None:
        """None for a value that bears no number: it is looked for everywhere."""
        text = value.strip()
        text = text[-self.last :] if self.last else text
        if not text or (self.hash == "none" and not (text.isascii() and text.isdigit())):
            return None
        return shards[_number(self.hash, text) % len(shards)]


def _java(text: str) -> int:
    code = 0
    for unit in memoryview(text.encode("utf-16-le")).cast("H"):
        code = (31 * code + unit) & 0xFFFFFFFF
    return abs(code - (1 << 32) if code >> 31 else code)


def _number(how: str, text: str) -> int:
    return int(text) if how == "none" else crc32(text.encode()) if how == "crc32" else _java(text)
