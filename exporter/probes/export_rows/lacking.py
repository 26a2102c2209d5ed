"""Which orders a file lacks: some of them, found by reading little."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from exporter.model import Case
from exporter.probes.export_rows.amounts import yuan
from exporter.probes.export_rows.nouns import Count, Exported, Window
from exporter.probes.export_rows.numbers import Numbers
from exporter.probes.export_rows.primary import Primary

READ = 2_000
"""Orders of an hour that are read at the most."""

_HOURS = 3
"""So many hours are looked through."""
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Lacking:
    """Looks where the file has fewest of the primary's orders; where it names no times, at the end of the day."""

    primary: Primary
    file: Exported
    window: Window
    count: Count

    def cases(self, most: int) -> list[Case]:
        """At most so many; raises a ShopError."""
        return list(islice(self._found(), most))

    def _found(self) -> Iterator[Case]:
        numbers = self.file.numbers or Numbers()
        for hour, orders in self._hours():
            for record in self.primary.some(self._narrowed(hour, orders), READ):
                if record["number"] and self.primary.folded(record) not in numbers:
                    amount = record.get("amount")
                    note = "" if amount is None else f"¥{yuan(amount)}"
                    yield Case(str(record["number"]), record[self.primary.by], note)

    def _hours(self) -> list[tuple[Window, int]]:
        """Those in which most are lacking, with how many orders they have."""
        hours = list(zip(self.window.hours(), self.count.hours, strict=True))
        if not self.file.minutes:
            return [each for each in hours if each[1]][: -_HOURS - 1 : -1]
        gaps = {hour: orders - self._exported(hour) for hour, orders in hours}
        hours.sort(key=lambda each: -gaps[each[0]])
        return [each for each in hours if gaps[each[0]] > 0][:_HOURS]

    def _narrowed(self, part: Window, orders: int) -> Window:
        """Halved until it can be read: of a busy shop an hour has tens of thousands."""
        while orders > READ and (minutes := (part.until - part.since) // _MINUTE) > 1:
            middle = part.since + minutes // 2 * _MINUTE
            first, second = Window(part.since, middle), Window(middle, part.until)
            early = self.primary.orders(first)
            late = orders - early
            more_in_first = early - self._exported(first) > late - self._exported(second)
            if more_in_first if self.file.minutes else not late:
                part, orders = first, early
            else:
                part, orders = second, late
        return part

    def _exported(self, part: Window) -> int:
        """Orders of the file in this part, by the times that it names."""
        first, end = ((each - self.window.since) // _MINUTE for each in (part.since, part.until))
        return sum(self.file.minutes[first:end])
