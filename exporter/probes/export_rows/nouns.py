"""What is held against each other: a window of time, what a database counts in it, and what a file says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from exporter.probes.export_rows.numbers import Numbers

Fen = int | Decimal
"""An amount in fen; what is finer than a fen is a Decimal."""

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Orders with since <= time < until."""

    since: datetime
    until: datetime

    def hours(self) -> Iterator[Window]:
        since = self.since
        while since < self.until:
            yield Window(since, min(since + HOUR, self.until))
            since += HOUR

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()


@dataclass(frozen=True, slots=True)
class Count:
    """What a database has of a window; `amount` is None where the mapping knows none, `hours` are orders by hour."""

    orders: int
    amount: Fen | None = None
    hours: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Bracket:
    """The primary before the file was asked for and after it came: a true export lies between."""

    window: Window
    before: Count
    after: Count

    @property
    def settled(self) -> bool:
        return self.before == self.after

    @property
    def low(self) -> int:
        return min(self.before.orders, self.after.orders)

    @property
    def high(self) -> int:
        return max(self.before.orders, self.after.orders)


@dataclass(slots=True)
class Sampled:
    """One order of the file; `total` is the sum of its rows, `first` that of the first, `offset` its time.

    Times are seconds from the start of the window.
    """

    number: str
    total: Fen | None
    first: Fen | None
    offset: float | None


@dataclass(frozen=True, slots=True)
class Exported:
    """What the file says. `amount` is the sum of all rows, `first_amount` that of the first row of each order.

    `minutes` are its orders by the minute of the window, empty where it names no times; `outside` those beyond its
    ends, `earliest` and `latest` the first and last time in seconds from its start. `flaws`: rows by what is wrong.
    """

    rows: int
    orders: int
    amount: Fen | None = None
    first_amount: Fen | None = None
    minutes: tuple[int, ...] = ()
    outside: int = 0
    earliest: float | None = None
    latest: float | None = None
    flaws: Mapping[str, int] = field(default_factory=dict)
    sample: tuple[Sampled, ...] = ()
    numbers: Numbers | None = field(default=None, repr=False, compare=False)

    @property
    def repeated(self) -> int:
        """Rows beyond the first of their order."""
        return self.rows - self.orders - sum(self.flaws.get(flaw, 0) for flaw in ("damaged", "numberless"))


@dataclass(frozen=True, slots=True)
class Pair:
    """An order of the sample as the file and as the primary have it."""

    file: Sampled
    amount: Fen | None
    offset: float | None
