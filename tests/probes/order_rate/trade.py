"""Orders in bulk: what a shop's usual hours look like, in its database."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import count

from tests.probes.plain import NOW, Plain, literal

_ids = count(1)
PAST = [timedelta(weeks=week) for week in range(1, 9)] + [timedelta(days=day) for day in range(1, 7)]


def spread(since: datetime, until: datetime, orders: int) -> Iterator[datetime]:
    """So many moments, evenly."""
    step = (until - since) / orders if orders else timedelta()
    return (since + step * (place + 0.5) for place in range(orders))


def sell(shop: Plain, moments: Iterable[datetime], *, paid: bool = True, amount: float = 100) -> None:
    """An order at each moment, paid a second later."""
    rows = []
    for at in sorted(moments):
        number = next(_ids)
        row = [number, f"N{number}", f"T{number}", "paid" if paid else "pending", amount, "CNY", at]
        rows.append([*row, at + timedelta(seconds=1) if paid else None, at])
    columns = "id, order_no, out_trade_no, status, amount, currency, created_at, paid_at, updated_at"
    for start in range(0, len(rows), 1000):
        values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows[start : start + 1000])
        shop.sql([f"INSERT INTO orders ({columns}) VALUES {values}"])


def usual_past(shop: Plain, orders: int, now: datetime = NOW, *, more: timedelta = timedelta(minutes=30)) -> None:
    """The hour before `now`, and a little after, of eight weeks and six days ago: so many orders an hour."""
    for back in sorted(PAST, reverse=True):
        until = now - back + more
        hours = 1 + more / timedelta(hours=1)
        sell(shop, spread(until - timedelta(hours=hours), until, round(orders * hours)))
