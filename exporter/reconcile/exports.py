"""What an order and the rows of an export that name it say against each other: pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exporter.reconcile.nouns import SETTLED, Difference, Exported, Fen, Kind, Order, total


def judge(orders: Sequence[Order], exported: Sequence[Exported], *, of_day: bool) -> Iterator[Difference]:
    """The differences of one key; `of_day`: its order belongs to the day."""
    if not exported:
        order = orders[0]
        kind: Kind = "not_in_export" if order.state in SETTLED else "unpaid_not_in_export"
        yield Difference(kind, order.number, order=order.amount, state=order.state, at=order.created)
        return
    first = exported[0]
    rows = [row.amount for row in exported]
    amount = first.amount if len(set(rows)) == 1 else total(rows)
    if not orders:
        yield Difference("not_in_orders", first.number, export=amount, note=_place(exported))
        return
    order, place = orders[0], _place(exported)

    def about(kind: Kind, note: str = place) -> Difference:
        return Difference(
            kind, order.number, order=order.amount, export=amount, state=order.state, at=order.created, note=note
        )

    if not of_day:
        yield about("other_day")
    if len(exported) > 1:
        yield about("repeated")
    if order.amount is not None and amount is not None and order.amount not in {*rows, amount}:
        yield about("amount_export", f"{place} {ratio(order.amount, amount)}".strip())


def ratio(ours: Fen, theirs: Fen) -> str:
    """What kind of difference it is, where that shows: fen for yuan, the rounding of floats."""
    if not ours or not theirs:
        return ""
    if theirs == ours * 100 or ours == theirs * 100:
        return "fen/yuan"
    return "float" if -1 < ours - theirs < 1 else ""


def _place(rows: Sequence[Exported]) -> str:
    shown = ", ".join(str(row.line) for row in rows[:3])
    return f"line {shown}{', …' if len(rows) > 3 else ''}"  # noqa: PLR2004 - as many as are shown
