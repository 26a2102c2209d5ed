"""Two outlines of one table → what changed between them, and what each change touches."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from exporter.probes.schema_watch.outline import UNSEEN, Outline, Pieces, What

Kind = Literal[
    "table_gone", "mapped_column_gone", "mapped_column_converted", "needed_index_lost", "trigger_broken",
    "column_changed", "index_changed", "trigger_changed", "view_changed",
    "added",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)

_CHANGED: dict[What, Kind] = {
    "column": "column_changed",
    "index": "index_changed",
    "trigger": "trigger_changed",
    "view": "view_changed",
}
_DECIMAL = 2
_WHOLE = ("tinyint", "smallint", "mediumint", "int", "integer", "bigint")
_SIZES = re.compile(r"\((\d[\d, ]*)\)")


@dataclass(frozen=True, slots=True)
class Change:
    """`before` is None for what is new, `after` for what is gone."""

    what: What
    name: str
    before: Pieces | None
    after: Pieces | None


@dataclass(frozen=True, slots=True)
class Needs:
    """What the mapping and the probes rely on, names in lower case.

    `searches`: each column that rows are looked for by, with the columns that may stand before it in an index.
    """

    columns: frozenset[str]
    searches: tuple[tuple[str, frozenset[str]], ...] = ()

    def __or__(self, other: Needs) -> Needs:
        return Needs(self.columns | other.columns, (*self.searches, *other.searches))

    def served(self, index: Pieces) -> Iterator[str]:
        """The searches that an index carries."""
        flags, *columns = index[0].split(), *(name.lower() for name in index[1:])
        if "partial" in flags or not {"fulltext", "spatial", "gin", "gist"}.isdisjoint(flags):
            return
        for column, fixed in self.searches:
            if column in columns and fixed.issuperset(columns[: columns.index(column)]):
                yield column


@dataclass(frozen=True, slots=True)
class Verdict:
    """`name` of what changed, `note` in the words of SQL, which are the same in every language."""

    kind: Kind
    name: str
    note: str


def diff(old: Outline, new: Outline) -> tuple[Change, ...]:
    """What the account did not see before is not new, and what it does not see now is not gone.

    Columns that are gone were asked for by name (`look.outline`), so these are always told.
    """
    found = (
        Change(*part, old.parts.get(part), new.parts.get(part)) for part in dict.fromkeys((*old.parts, *new.parts))
    )
    return tuple(change for change in found if change.before != change.after and not _unsure(change, old, new))


def _unsure(change: Change, old: Outline, new: Outline) -> bool:
    what = UNSEEN[change.what]
    if change.after is None:
        return change.what != "column" and what in new.unseen
    if change.before is None and what in old.unseen:
        return True
    # MariaDB shows an index once all its columns are granted
    hidden = change.what == "index" and "columns" in old.unseen
    return hidden and any(("column", name) not in old.parts for name in change.after[1:])


def judged(old: Outline, new: Outline, needs: Needs) -> Iterator[Verdict]:
    changes = diff(old, new)
    served = {search for what, name in new.parts if what == "index" for search in needs.served(new.parts[what, name])}
    for change in changes:
        yield Verdict(_kind(change, needs, served), change.name, _said(change, changes))
    gone = {change.name.lower() for change in changes if change.what == "column" and change.after is None}
    yield from _broken(old, new, gone)


def _kind(change: Change, needs: Needs, served: Collection[str]) -> Kind:
    if change.before is None:
        return "trigger_changed" if change.what == "trigger" else "added"
    if change.what == "column" and change.name.lower() in needs.columns:
        if change.after is None:
            return "mapped_column_gone"
        if _converted(change.before[0], change.after[0]):
            return "mapped_column_converted"
    if change.what == "index" and not set(served).issuperset(needs.served(change.before)):
        return "needed_index_lost"
    return _CHANGED[change.what]


def _broken(old: Outline, new: Outline, gone: Collection[str]) -> Iterator[Verdict]:
    """Triggers and views that still stand as they were and name a column that is gone."""
    for part, columns in old.reads.items():
        lost = [column for column in columns if column.lower() in gone]
        if lost and old.parts[part] == new.parts.get(part):
            kind: Kind = "trigger_broken" if part[0] == "trigger" else "view_changed"
            yield Verdict(kind, part[1], f"{part[0].upper()} ← {', '.join(lost)} ✗")


def _converted(before: str, after: str) -> bool:
    """Whether values may not be what they were: another type, fewer digits, another sign."""
    (one, old), (two, new) = _read(before), _read(after)
    if one != two:
        (small, _, sign), (large, _, other) = one.partition(" "), two.partition(" ")
        whole = sign == other and small in _WHOLE and large in _WHOLE
        return not (whole and _WHOLE.index(small) < _WHOLE.index(large))
    if "#" in before + after:
        return before != after
    if len(old) == len(new) == _DECIMAL:
        return new[1] < old[1] or new[0] - new[1] < old[0] - old[1]
    return bool(new) and (not old or any(b < a for a, b in zip(old, new, strict=False)))


def _read(kind: str) -> tuple[str, list[int]]:
    """A type without its sizes, and these; a moment always has the number of its decimal places."""
    sizes = [int(size) for found in _SIZES.findall(kind) for size in found.split(",")]
    name = " ".join(_SIZES.sub(" ", kind).split())
    places = [6] if "zone" in name else [0]
    return name, sizes or (places if name.startswith(("datetime", "timestamp", "time")) else [])


def _said(change: Change, changes: Iterable[Change]) -> str:
    noun = change.what.upper()
    if change.before is None or change.after is None:
        verb = "DROP" if change.after is None else "CREATE" if change.what != "column" else "ADD"
        heir = _heir(change, changes) if change.after is None else ""
        pieces = change.after or change.before or ()
        return f"{verb} {noun} {_shown(change.what, pieces[:1] if change.what == 'column' else pieces)}{heir}".rstrip()
    if change.what == "column":
        old = [piece for piece in change.before if piece not in change.after]
        new = [piece for piece in change.after if piece not in change.before]
        return f"MODIFY {_shown('column', old) or '–'} → {_shown('column', new) or '–'}"
    if change.what == "index":
        return f"{noun} {_shown('index', change.before)} → {_shown('index', change.after)}"
    return f"ALTER {noun} {_shown(change.what, change.after)}".rstrip()


def _heir(change: Change, changes: Iterable[Change]) -> str:
    """The one new column of the same type: perhaps this one was renamed."""
    if change.what != "column" or not change.before:
        return ""
    same = [c.name for c in changes if c.what == "column" and c.before is None and c.after == change.before]
    return f" → {same[0]}?" if len(same) == 1 else ""


def _shown(what: What, pieces: Iterable[str]) -> str:
    said = [piece.partition("#")[0] for piece in pieces]
    if what == "index" and said:
        return f"{said[0]} ({', '.join(column or '…' for column in said[1:])})".strip()
    return " ".join(filter(None, said))
