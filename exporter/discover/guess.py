"""A mapping for a shop that no preset fits: likely tables and columns, with what is doubtful about each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exporter.discover import meanings
from exporter.discover.survey import sharded
from exporter.discover.vocabulary import COLUMNS, FILTERS, NEEDED, NOT_ORDERS, TABLES

if TYPE_CHECKING:
    from exporter.discover.survey import Seen, Survey

_TIMES = ("created", "paid", "started", "shipped", "delivered", "updated", "received", "expires", "at")
_NUMBERS = ("amount", "quantity", "reserved", "elapsed")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a person should check; `place` is a path of the mapping, as in `orders.status`."""

    place: str
    text: str


@dataclass(slots=True)
class _Draft:
    """One word's table: `example` is the table itself, or the first of its shards."""

    word: str
    table: str
    example: str
    columns: dict[str, Seen]
    doubts: list[Doubt] = field(default_factory=list)

    def doubt(self, place: str, text: str) -> None:
        self.doubts.append(Doubt(f"{self.word}.{place}", text))


def propose(survey: Survey) -> tuple[dict[str, Any] | None, tuple[Doubt, ...]]:
    """A mapping as `tables:` takes it, or None when no table looks like orders; and the doubts, in its order."""
    drafts: dict[str, _Draft] = {}
    for word in TABLES:
        if draft := _draft(survey, word, {each.table for each in drafts.values()}):
            drafts[word] = draft
    if "orders" not in drafts:
        return None, ()
    mapping = {word: _written(survey, draft) for word, draft in drafts.items()}
    orders = mapping["orders"]["columns"]
    if "trade_no" not in orders:
        mapping["orders"]["columns"] = {"number": orders["number"], "trade_no": orders["number"], **orders}
        drafts["orders"].doubt("columns.trade_no", "taken to be the order number: is it the channel's out_trade_no?")
    gaps = meanings.gaps(
        callbacks="callbacks" in drafts,
        unsigned="stock" in drafts and drafts["stock"].columns["quantity"].unsigned,
        reservations="reservations" in drafts,
    )
    if gaps:
        mapping["not_applicable"] = gaps
    return mapping, tuple(doubt for draft in drafts.values() for doubt in draft.doubts)


def _draft(survey: Survey, word: str, taken: set[str]) -> _Draft | None:
    rows = sharded(survey.tables)
    shards = {table for tables in rows.values() for table in tables}
    names = {table: table for table in survey.tables if table not in shards} | {
        row: each[0] for row, each in rows.items()
    }
    found = []
    for name, example in names.items():
        bare = _snake(re.sub(r"_?\{.*", "", name))
        if name in taken or not TABLES[word].search(bare) or NOT_ORDERS.search(bare):
            continue
        columns = _columns(survey, word, example)
        if all(column in columns for column in NEEDED[word]):
            found.append(_Draft(word, name, example, columns))
    if not found:
        return None
    best = max(found, key=lambda draft: (len(draft.columns), -len(draft.table)))
    if others := sorted(draft.table for draft in found if draft is not best):
        best.doubt("table", f"looked like it too: {', '.join(others[:5])}")
    return best


def _columns(survey: Survey, word: str, table: str) -> dict[str, Seen]:
    free = {_snake(seen.name): seen for seen in survey.columns(table).values()}
    result = {}
    for ours, names in COLUMNS[word].items():
        for name in names.split():
            seen = free.get(name) or (free.get(f"{name}_fen") if ours == "amount" else None)
            if seen and _possible(ours, seen):
                result[ours] = free.pop(_snake(seen.name))
                break
    return result


def _possible(ours: str, seen: Seen) -> bool:
    if ours in _TIMES:
        return seen.kind in {"time", "number"}
    return seen.kind in {"number", "decimal"} if ours in _NUMBERS else seen.kind in {"text", "number"}


def _written(survey: Survey, draft: _Draft) -> dict[str, Any]:
    """The table as a mapping says it, and its doubts noted."""
    key = survey.key(draft.example)
    if key is None:
        draft.doubt("key", "no single primary key: write the column that grows with time")
    if survey.hides(draft.example):
        draft.doubt("columns", f"this account sees some columns of {draft.example} only; is one missing? Then grant it")
    columns = {ours: seen.name for ours, seen in draft.columns.items()}
    written: dict[str, Any] = {"table": draft.table, "key": key or columns.get("number", "id")}
    if where := _filters(survey, draft):
        written["where"] = where
    written["columns"] = columns
    newest = dict(zip(columns, zip(*survey.newest(draft.example, columns.values()), strict=True), strict=False))
    _values(draft, written, newest)
    _times(draft, written, newest)
    if amount := draft.columns.get("amount"):
        written["money"] = {"unit": meanings.unit(amount), "currency": "CNY"}
        draft.doubt(
            "money", f"{amount.name} is {'a whole number' if amount.kind == 'number' else 'a decimal'}; fen or yuan?"
        )
    return written


def _values(draft: _Draft, written: dict[str, Any], newest: dict[str, tuple[Any, ...]]) -> None:
    """Status sets of orders, the success of callbacks; reservations are left without, for all rows count then.

    Tables of events need none.
    """
    if draft.word == "orders":
        status = draft.columns["status"]
        sets, doubt = meanings.statuses(newest.get("status", ()), newest.get("paid", ()), status.comment)
        written["status"] = sets
        draft.doubt("status", doubt)
        if "paid_flag" in draft.columns:
            written["success"] = {"paid_flag": [1]}
            draft.doubt("success", f"1 in {draft.columns['paid_flag'].name} is taken to mean paid")
    elif draft.word == "callbacks":
        state = draft.columns.get("state")
        good = meanings.successes(newest.get("state", ()), state.comment) if state else []
        written["success"] = {"state": good} if good else {}
        draft.doubt(
            "success",
            "do these values, and no others, say that it was paid?"
            if good
            else "every row is taken to say that it was paid",
        )
    elif draft.word == "reservations":
        written["columns"].pop("status", None)
        written["order_is"] = "key" if draft.columns["order"].name.lower().endswith("id") else "number"
        draft.doubt("order_is", f"what {draft.columns['order'].name} holds: key, number or trade_no of the order")
    elif "order" in draft.columns and draft.columns["order"].name.lower().endswith("id"):
        draft.doubt("columns.order", f"cards name what {draft.columns['order'].name} holds; is there an order number?")


def _times(draft: _Draft, written: dict[str, Any], newest: dict[str, tuple[Any, ...]]) -> None:
    clocks = {
        ours: meanings.clock(seen, newest.get(ours, ())) for ours, seen in draft.columns.items() if ours in _TIMES
    }
    numbers = {ours: kind for ours, kind in clocks.items() if kind}
    if numbers and len(numbers) == len(clocks):
        written["time"] = next(iter(numbers.values()))
    elif numbers:
        written["time"] = {"columns": numbers}
    if numbers:
        written["empty"] = [0, ""]
        draft.doubt("time", "numbers are taken to be seconds or milliseconds since 1970, 0 to mean not set")
    elif clocks and draft.word in {"orders", "callbacks"}:
        written["time"] = {"kind": "datetime", "zone": "+08:00"}
        draft.doubt("time", "a DATETIME says no zone; is it Beijing time?")


def _filters(survey: Survey, draft: _Draft) -> dict[str, Any]:
    """Rows that the shop has deleted without removing them do not count."""
    there = survey.columns(draft.example)
    seen = next((there[name] for name in FILTERS.split() if name in there), None)
    if seen is None:
        return {}
    draft.doubt("where", f"{seen.name} is taken to mark deleted rows")
    return {seen.name: None if seen.kind == "time" else 0}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
