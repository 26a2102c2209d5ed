"""A table's shape as short texts that can be kept, compared and shown: no literal of the schema is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Literal, get_args

from exporter.shop import ColumnShape, IndexShape, TableShape

What = Literal["column", "index", "trigger", "view"]
WHATS: tuple[What, ...] = get_args(What)
UNSEEN = {"column": "columns", "index": "indexes", "trigger": "triggers", "view": "views"}

Part = tuple[What, str]
Pieces = tuple[str, ...]
"""Of a column its type and what else there is to say; of an index its kind and its columns; of others a digest."""

_WIDTH = re.compile(r"\b(tinyint|smallint|mediumint|int|bigint|year)\(\d+\)")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.|'')*'")


@dataclass(frozen=True, slots=True)
class Outline:
    """`reads`: the columns of the table that a trigger or a view names. `unseen`: as in `TableShape`."""

    parts: Mapping[Part, Pieces]
    reads: Mapping[Part, Pieces]
    unseen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, shape: TableShape) -> Outline:
        parts: dict[Part, Pieces] = {("column", name): _column(column) for name, column in shape.columns.items()}
        parts |= {("index", index.name): _index(index) for index in shape.indexes}
        reads: dict[Part, Pieces] = {}
        for trigger in shape.triggers:
            # PostgreSQL has one name for triggers of several tables
            name = trigger.name if trigger.table == shape.name else f"{trigger.table}.{trigger.name}"
            parts["trigger", name] = f"{trigger.timing} {trigger.event}".strip(), f"#{trigger.body}"
            reads["trigger", name] = tuple(sorted(trigger.columns))
        for view in shape.views:
            parts["view", view.name] = (f"#{view.body}",)
            reads["view", view.name] = tuple(sorted(view.columns))
        return cls(parts, reads, shape.unseen - {"references"})

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Outline:
        return cls(dict(_flat(stored["parts"])), dict(_flat(stored["reads"])), frozenset(map(str, stored["unseen"])))

    def dumps(self) -> dict[str, Any]:
        return {"parts": _nested(self.parts), "reads": _nested(self.reads), "unseen": sorted(self.unseen)}

    def names(self, what: What) -> list[str]:
        return [name for kind, name in self.parts if kind == what]

    def after(self, before: Outline) -> Outline:
        """What the account no longer sees is kept as it was; what it has never seen stays unseen."""
        kept: dict[Part, Pieces] = {}
        reads: dict[Part, Pieces] = {}
        for part, pieces in before.parts.items():
            if part[0] != "column" and UNSEEN[part[0]] in self.unseen:
                kept[part], reads[part] = pieces, before.reads.get(part, ())
        return Outline({**kept, **self.parts}, {**reads, **self.reads}, self.unseen & before.unseen)

    def with_columns(self, before: Outline, names: frozenset[str]) -> Outline:
        """These columns, and the indexes over them, as they were: there, but not shown to the account any more."""
        hidden: dict[Part, Pieces] = {
            (what, name): pieces
            for (what, name), pieces in before.parts.items()
            if (what == "column" and name in names) or (what == "index" and not names.isdisjoint(pieces[1:]))
        }
        return replace(self, parts={**self.parts, **hidden})


def _column(column: ColumnShape) -> Pieces:
    said = [
        _type(column.type),
        "NULL" if column.nullable else "NOT NULL",
        f"COLLATE {re.sub('^utf8_', 'utf8mb3_', column.collation)}" if column.collation not in ("", "default") else "",
        f"DEFAULT#{_digest(column.default)}" if column.default is not None else "",
        column.extra,
    ]
    return tuple(filter(None, said))


def _type(text: str) -> str:
    """Without the display widths that newer servers leave out, and the values of an enum."""
    text = _WIDTH.sub(r"\1", text.lower())
    values = len(_LITERAL.findall(text))
    return f"{text.partition('(')[0]}({values})#{_digest(text)}" if values else text


def _index(index: IndexShape) -> Pieces:
    marks = [f"{place}:{part.prefix}" for place, part in enumerate(index.parts) if part.prefix]
    marks += [f"{place}:desc" for place, part in enumerate(index.parts) if part.descending]
    said = ["unique" if index.unique else "", "" if index.kind == "btree" else index.kind]
    said += ["partial" if index.partial else "", *marks]
    return " ".join(filter(None, said)), *index.columns


def _digest(text: object) -> str:
    return sha256(str(text).encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _nested(parts: Mapping[Part, Pieces]) -> dict[str, dict[str, list[str]]]:
    return {what: {name: list(parts[kind, name]) for kind, name in parts if kind == what} for what in WHATS}


def _flat(stored: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[Part, Pieces]]:
    for what in WHATS:
        for name, pieces in stored[what].items():
            yield (what, name), tuple(map(str, pieces))
