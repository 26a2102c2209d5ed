"""What one run leaves to the next: how far callbacks were read, and the cases that are still open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from exporter.probes.pending_paid.nouns import Payment
from exporter.shop.stretches import Behind

CHANNELS = 20
"""So many channels get series of their own: a label has few values."""


class Link(NamedTuple):
    """An order that a trade number of an open case led to."""

    trade_no: str
    key: str
    number: str


@dataclass(frozen=True, slots=True)
class FileNote:
    """A file of payments that was read: `told` of its `count` lines were held against orders; or why it was refused."""

    mark: str
    count: int = 0
    told: int = 0
    fault: str = ""
    newest: datetime | None = None

    @property
    def waiting(self) -> bool:
        return self.told < self.count


@dataclass(frozen=True, slots=True)
class Memory:
    """`read` and `looked_again` are callback times, `examined` the time of orders; None before the first run.

    `open` are the payments of open cases, `links` their orders, `rows` (key, number) of orders at fault by themselves.
    `seen` are the marks of callbacks that are read once more and have been judged; `undecided` those whose order may
    lie on a shard that was silent. `behind`: shards that are not read up to the mark of that name. `looked_at`: the
    shard whose callbacks are looked at again. `files`: the files of payments that are known.
    """

    read: datetime | None = None
    looked_again: datetime | None = None
    examined: datetime | None = None
    open: tuple[Payment, ...] = ()
    links: tuple[Link, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    channels: tuple[str, ...] = ()
    seen: frozenset[str] = frozenset()
    undecided: tuple[Payment, ...] = ()
    behind: Mapping[str, Behind] = field(default_factory=dict)
    looked_at: str = ""
    files: tuple[FileNote, ...] = ()

    @classmethod
    def loads(cls, stored: Mapping[str, Any]) -> Memory:
        """What `dumps` wrote; an unreadable memory is an empty one, for the next run reads the whole window again."""
        try:
            read, again, examined = (_moment(stored.get(name)) for name in ("read", "looked_again", "examined"))
            payments, undecided = (tuple(map(_payment, stored.get(name, ()))) for name in ("open", "undecided"))
            rows = tuple((str(key), str(number)) for key, number in stored.get("rows", ()))
            links = tuple(Link(*map(str, link)) for link in stored.get("links", ()))
            channels, seen = (tuple(map(str, stored.get(name, ()))) for name in ("channels", "seen"))
            behind = {
                name: {str(shard): datetime.fromisoformat(at) for shard, at in shards.items()}
                for name, shards in stored.get("behind", {}).items()
            }
            place, files = str(stored.get("looked_at", "")), tuple(_file(note) for note in stored.get("files", ()))
            known = read, again, examined, payments, links, rows, channels, frozenset(seen), undecided, behind, place
            return cls(*known, files)
        except (ValueError, TypeError, ArithmeticError, AttributeError):
            return cls()

    def dumps(self) -> dict[str, Any]:
        marks = {name: getattr(self, name) for name in ("read", "looked_again", "examined")}
        return {
            **{name: at.isoformat() for name, at in marks.items() if at},
            "open": [_row(payment) for payment in self.open],
            "links": [list(link) for link in self.links],
            "rows": [list(row) for row in self.rows],
            "channels": list(self.channels),
            "seen": sorted(self.seen),
            "undecided": [_row(payment) for payment in self.undecided],
            "behind": {
                name: {shard: at.isoformat() for shard, at in shards.items()} for name, shards in self.behind.items()
            },
            "looked_at": self.looked_at,
            "files": [
                [note.mark, note.count, note.told, note.fault, note.newest and note.newest.isoformat()]
                for note in self.files
            ],
        }

    def lasting(self) -> tuple[object, ...]:
        """What cannot be read again from the shop; an older rest is only read and judged once more."""
        return self.open, self.links, self.rows, self.channels, self.files

    def with_open(
        self, payments: Iterable[Payment], links: Iterable[Link], rows: Iterable[tuple[str, str]], cap: int
    ) -> tuple[Memory, bool]:
        """The memory with these open cases, the oldest kept, and whether some found no place."""
        oldest = sorted(set(payments), key=lambda p: (p.at, p.trade_no))
        kept, numbers = tuple(oldest[:cap]), list(dict.fromkeys(rows))
        named = {payment.trade_no for payment in kept}
        used = tuple(sorted(link for link in set(links) if link.trade_no in named))
        found = replace(self, open=kept, links=used, rows=tuple(numbers[:cap]))
        return found, len(oldest) > cap or len(numbers) > cap

    def with_undecided(self, payments: Iterable[Payment], cap: int) -> tuple[Memory, bool]:
        """The memory with these payments to be judged later, and whether some found no place."""
        oldest = sorted(set(payments), key=lambda p: (p.at, p.trade_no))
        return replace(self, undecided=tuple(oldest[:cap])), len(oldest) > cap

    def left_behind(self, mark: str, horizon: datetime) -> Behind:
        return {shard: max(at, horizon) for shard, at in self.behind.get(mark, {}).items()}

    def with_behind(self, mark: str, shards: Behind) -> Memory:
        others = {name: each for name, each in self.behind.items() if name != mark}
        return replace(self, behind={**others, mark: shards} if shards else others)

    def with_channels(self, seen: Iterable[str]) -> Memory:
        names = list(dict.fromkeys((*self.channels, *sorted(set(seen)))))
        return replace(self, channels=tuple(names[:CHANNELS]))


def _row(payment: Payment) -> list[str | None]:
    amount = None if payment.amount is None else str(payment.amount)
    at = payment.at.isoformat()
    return [payment.trade_no, at, payment.transaction, amount, payment.currency, payment.channel, payment.source]


def _file(note: list[Any]) -> FileNote:
    mark, count, told, fault, newest = note
    return FileNote(str(mark), int(count), int(told), str(fault), _moment(newest))


def _payment(row: list[str]) -> Payment:
    trade_no, at, transaction, amount, currency, channel, source = row
    minor = None if amount is None else _minor(amount)
    return Payment(trade_no, datetime.fromisoformat(at), transaction, minor, currency, channel, source)


def _minor(text: str) -> Decimal | int:
    return int(text) if text.lstrip("-").isdigit() else Decimal(text)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
