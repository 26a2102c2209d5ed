"""What one look leaves to the next: the shapes it saw, and the changes that are still told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast, get_args

from exporter.probes.schema_watch.compare import KINDS, Kind
from exporter.probes.schema_watch.look import Word
from exporter.probes.schema_watch.outline import Outline

FORMAT = 1
"""Grows when outlines are written differently: a memory in other words is none, for everything would seem changed."""

KEPT, CASES = 100, 20
"""Changes that are kept (each is of one look, table and kind), and what each names at most."""


@dataclass(frozen=True, slots=True)
class Noticed:
    """The changes of one kind to the table of one word, noticed at one look; `cases` are the first names and notes."""

    at: datetime
    word: Word
    kind: Kind
    count: int
    cases: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """`tables`: every table that was looked for, None where it was not there."""

    tables: Mapping[str, Outline | None] = field(default_factory=dict)
    noticed: tuple[Noticed, ...] = ()

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one."""
        if stored.get("format") != FORMAT:
            return cls()
        try:
            shapes = [Outline.loads(each) for each in stored["shapes"]]
            tables = {str(name): None if place is None else shapes[place] for name, place in stored["tables"].items()}
            return cls(tables, tuple(map(_noticed, stored["noticed"])))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        """Shards of one shape are written once."""
        shapes: list[Outline] = []
        tables: dict[str, int | None] = {}
        for name, outline in self.tables.items():
            if outline is not None and outline not in shapes:
                shapes.append(outline)
            tables[name] = None if outline is None else shapes.index(outline)
        noticed = [
            [each.at.isoformat(), each.word, each.kind, each.count, list(map(list, each.cases))]
            for each in self.noticed
        ]
        return {"format": FORMAT, "shapes": [each.dumps() for each in shapes], "tables": tables, "noticed": noticed}

    def after(
        self, tables: Mapping[str, Outline | None], noticed: Iterable[Noticed], now: datetime, keep: timedelta
    ) -> Memory:
        told = [each for each in (*self.noticed, *noticed) if now - each.at < keep]
        return replace(self, tables=tables, noticed=tuple(told[-KEPT:]))


def _noticed(stored: Any) -> Noticed:
    at, word, kind, count, cases = stored
    if word not in get_args(Word) or kind not in KINDS:
        raise ValueError(f"{word}, {kind}: not ours")
    return Noticed(
        datetime.fromisoformat(at),
        cast("Word", word),
        cast("Kind", kind),
        int(count),
        tuple((str(name), str(note)) for name, note in cases),
    )
