"""Who says that something was paid: the shop's own table of callbacks, or files that the payment channel gave."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import AfterValidator

from exporter.model import Sample
from exporter.probes.pending_paid.look import Look
from exporter.probes.pending_paid.memory import Memory
from exporter.probes.pending_paid.nouns import Payment
from exporter.shop.stretches import Stretch, gathered
from exporter.strict import Strict


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError(f"{str(path)!r} depends on where order-health is started; write the whole path, from / on")
    return path


Place = Annotated[Path, AfterValidator(_absolute)]


class Bills(Strict):
    """Where the files are laid; nothing there is ever changed, moved or deleted."""

    folder: Place
    """The whole path of the folder."""
    sub_merchant: str = ""
    """特约商户号: whose lines of a service provider's bill count."""
    certificate: Place | None = None
    """WeChat Pay's platform certificate or public key (PEM): callbacks in logs must bear its signature."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is new, the memory that knows it as read, and whether nothing was left for lack of time.

    `returned`: trade number → what went back to the customer.
    """

    payments: list[Payment]
    memory: Memory
    whole: bool = True
    returned: Mapping[str, Decimal | int] = field(default_factory=dict)


class Source(Protocol):
    """A source of payments."""

    def told(self, memory: Memory) -> Told: ...

    def payments_of(self, trade_numbers: Collection[str]) -> list[Payment]:
        """All that is known of these trade numbers, whenever they were paid; none where that cannot be asked."""

    def currencies(self) -> Sequence[str]:
        """Those in which it names amounts."""

    def samples(self, memory: Memory) -> Sequence[Sample]:
        """What it tells of itself."""


@dataclass(frozen=True, slots=True)
class CallbackTable:
    """The callbacks of the window older than the grace, each once, and a part of them a second time."""

    look: Look
    grace: timedelta

    def told(self, memory: Memory) -> Told:
        start, until = self.look.start, self.look.now - self.grace
        since = min(max(memory.read or start, start), until)
        first = Stretch([], since, behind=memory.left_behind("read", start))
        callbacks = gathered(first, self.look.payments(since, until, first.behind), self.look.affordable("orders"))
        found = [p for record in callbacks.records if (p := self.look.payment(record))]
        mark = callbacks.until
        # What is committed late bears an earlier time: the last stretch is read once more.
        read = max(start, mark - self.grace) if mark >= until else mark
        fresh = {p.trade_no for p in found if p.mark not in memory.seen}
        seen = frozenset(p.mark for p in found if p.at >= read)
        memory = replace(memory.with_behind("read", callbacks.behind), read=read, seen=seen)
        found = [p for p in found if p.trade_no in fresh]
        if since > start:
            again, memory = self._second_look(memory, since, until - since - self.grace)
            found += again
        memory = memory.with_channels(p.channel for p in found if p.channel)
        return Told(found, memory, callbacks.whole and mark >= until)

    def _second_look(self, memory: Memory, until: datetime, elapsed: timedelta) -> tuple[Sequence[Payment], Memory]:
        """A part of what was read before, so that each callback of the window is seen again within some runs."""
        since = max(memory.looked_again or self.look.start, self.look.start)
        found, shard, onward = self.look.some_payments(memory.looked_at, min(since, until), until, elapsed)
        return found, replace(memory, looked_again=onward, looked_at=shard)

    def payments_of(self, trade_numbers: Collection[str]) -> list[Payment]:
        return self.look.payments_of(trade_numbers)

    def currencies(self) -> Sequence[str]:
        shop = self.look.shop
        return [self.look.callbacks.map.money.currency] if shop.maps("callbacks", "amount") else []

    def samples(self, memory: Memory) -> Sequence[Sample]:  # noqa: ARG002 - a table has nothing to tell of itself
        return ()
