"""One run: the primary is counted, the export fetched and read, and what does not agree looked into."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import IO, TYPE_CHECKING
from zoneinfo import ZoneInfo

from exporter.download import Deadline, DownloadError, asker
from exporter.model import Case, Gap, Sample
from exporter.probes.export_rows import tell
from exporter.probes.export_rows.comparing import SHIFT, Further, Terms, agrees, compare
from exporter.probes.export_rows.lacking import Lacking
from exporter.probes.export_rows.nouns import Bracket, Count, Exported, Window
from exporter.probes.export_rows.primary import Primary
from exporter.shop import Refused, Shop, ShopError
from exporter.text import masked

if TYPE_CHECKING:
    from exporter.probes.export_rows.settings import Export

_FETCH = 0.6
"""Of the run's time, for asking and fetching; the rest is for reading, and for counting again."""
_READ = 0.15
"""Of the run's time that must be left when the file is read."""
_IN_MEMORY = 4 << 20
_UNPACKED = 16
"""So many times larger than the file its tables may be: a workbook packs ten to one."""


@dataclass(frozen=True)
class Round:
    export: Export
    shop: Shop
    now: datetime
    deadline: Deadline

    def told(self) -> Iterator[Sample | Gap]:
        """Raises ShopError, also for a file that cannot be read."""
        replicas = self._replicas()
        before = self._primary.count(self.window)
        file = self._file()
        bracket, further = Bracket(self.window, before, before), Further()
        if not agrees(file, before, self._terms):
            bracket = Bracket(self.window, before, self._primary.count(self.window))
            further = self._further(file, replicas)
        verdict = compare(file, bracket, self._terms, further)
        lacking = self._lacking(file, before) if verdict.missing else []
        return tell.samples(self.export.label, file, bracket, verdict, lacking)

    @cached_property
    def window(self) -> Window:
        return self.export.window(self.now, self.shop.zone)

    @cached_property
    def _primary(self) -> Primary:
        return Primary(self.shop, self.export.by, self.export.states)

    @cached_property
    def _terms(self) -> Terms:
        return Terms(self.export.items, self.export.page_size, self._primary.has_float)

    # --- the file

    def _file(self) -> Exported:
        from exporter.sheets import SheetFaultError  # noqa: PLC0415 - only this probe of a sidecar reads tables

        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            fetching = Deadline(self.deadline.left * _FETCH)
            try:
                asker(self.export, fetching, file.write)(self.export.request_for(self.window, self.shop.zone))
            except DownloadError as error:
                raise ShopError(str(error)) from None
            try:
                return self._read(file)
            except SheetFaultError as error:
                line = f" (line {error.line})" if error.line else ""
                raise ShopError(f"{self.export.label}{line}: {error.text}; {error.advice}") from None

    def _read(self, file: IO[bytes]) -> Exported:
        from exporter.probes.export_rows.reading import Form, Reader  # noqa: PLC0415 - as above
        from exporter.sheets import Limits  # noqa: PLC0415
        from exporter.sheets.exports import AMOUNTS, CREATED, NUMBERS, PAID  # noqa: PLC0415

        times = CREATED if self.export.by == "created" else PAID
        columns = self.export.columns({"number": NUMBERS, "amount": AMOUNTS, "time": times})
        zone = ZoneInfo(self.export.zone) if self.export.zone else self.shop.zone
        caseless = self._primary.caseless
        form = Form(columns, self.window, zone, self.export.amount_unit, caseless)
        limits = Limits(size=self.export.max_bytes * _UNPACKED)
        return Reader(form, self._keep_on).read(file, self.export.label, limits)

    def _keep_on(self) -> None:
        if self.deadline.left < self.deadline.total * _READ:
            raise ShopError(f"{self.export.label}: not read within {self.deadline.total:.3g} s; raise its timeout")

    # --- what does not agree

    def _replicas(self) -> dict[str, int]:
        """What each shows; one that does not answer explains nothing, and fails nothing."""
        shown = {}
        for name in self.shop.replicas:
            with suppress(ShopError):
                shown[name] = self._primary.seen_by(name, self.window)
        return shown

    def _further(self, file: Exported, before: dict[str, int]) -> Further:
        after = self._replicas() if before else {}
        replicas = {name: (before[name], after[name]) for name in before if name in after}
        try:
            pairs, numbers = self._primary.pairs(self.window, file.sample)
            unknown = list(map(masked, numbers))  # a wrong column may hold phone numbers
        except Refused:  # no index on the number: the amounts are not looked into
            pairs, unknown = [], []
        return Further(replicas, {} if pairs else self._shifted(), pairs, unknown)

    def _shifted(self) -> dict[int, int]:
        """Orders of the window moved by eight hours, either way."""
        shift = timedelta(hours=SHIFT)
        moved = {
            hours: Window(self.window.since + step, self.window.until + step)
            for hours, step in ((SHIFT, shift), (-SHIFT, -shift))
        }
        with suppress(Refused):
            return {hours: self._primary.orders(window) for hours, window in moved.items() if window.until <= self.now}
        return {}

    def _lacking(self, file: Exported, count: Count) -> list[Case]:
        with suppress(ShopError):
            return Lacking(self._primary, file, self.window, count).cases(tell.EVIDENCE)
        return []
