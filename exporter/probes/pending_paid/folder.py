"""A folder into which merchants' bills and logs of callbacks are laid: for shops that keep no callbacks."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path

from exporter.bills import Entry, Terms, entries, public_key
from exporter.model import Case, Sample
from exporter.probes.pending_paid import tell
from exporter.probes.pending_paid.memory import FileNote, Memory
from exporter.probes.pending_paid.nouns import Payment
from exporter.probes.pending_paid.sources import Bills, Told
from exporter.sheets import SheetFaultError
from exporter.shop import ShopError
from exporter.units import written

MOST_FILES = 1_000
SLICE = 5_000
"""So many lines of a file are held against orders in one run."""

_QUIET = timedelta(seconds=5)
"""A file that was changed more lately may still be on its way."""
_UNFINISHED = (".part", ".tmp", ".crdownload", ".download", ".filepart")


@dataclass(frozen=True, slots=True)
class BillFolder:
    """Each file is read through once, and only then believed; then its payments are told, some in each run."""

    bills: Bills
    now: datetime
    grace: timedelta
    ends: float

    def told(self, memory: Memory) -> Told:
        files = self._files()
        notes = {note.mark: note for note in memory.files if note.mark in files}
        told, returned = list[Payment](), dict[str, Decimal | int]()
        for mark, path in files.items():
            if time.monotonic() > self.ends or told:
                break
            note = notes.get(mark) or self._checked(mark, path)
            if note and note.waiting:
                read = list(islice(entries(path, terms=self._terms), note.told, note.told + SLICE))
                note = replace(note, told=note.told + len(read))
                told, returned = _payments(read)
            if note:
                notes[mark] = note
        memory = replace(memory, files=tuple(notes.values()))
        whole = all(mark in notes and not notes[mark].waiting for mark in files)
        return Told(told, memory.with_channels(p.channel for p in told if p.channel), whole, returned)

    def payments_of(self, trade_numbers: Collection[str]) -> list[Payment]:  # noqa: ARG002 - files have no index
        return []

    def currencies(self) -> Sequence[str]:
        return ["CNY"]

    def samples(self, memory: Memory) -> Sequence[Sample]:
        refused = [Case(_name(note.mark), note=note.fault) for note in memory.files if note.fault]
        newest = max((note.newest for note in memory.files if note.newest), default=None)
        told = [tell.REFUSED(len(refused), evidence=refused)]
        return told if newest is None else [*told, tell.NEWEST(newest.timestamp())]

    @property
    def _terms(self) -> Terms:
        certificate = self.bills.certificate
        try:
            return Terms(self.bills.sub_merchant, public_key(certificate) if certificate else None)
        except (OSError, ValueError) as error:
            raise ShopError(f"bills: certificate: {_said(error)}") from None

    def _files(self) -> dict[str, Path]:
        """By a mark that changes with the file; what is hidden or still being written is left out."""
        try:
            found = sorted(path for path in self.bills.folder.iterdir() if path.is_file() and _finished(path))
            stats = [(path, path.stat()) for path in found[: MOST_FILES + 1]]
        except OSError as error:
            raise ShopError(f"bills: folder: {_said(error)}") from None
        if len(stats) > MOST_FILES:
            raise ShopError(f"bills: folder holds more than {MOST_FILES} files; move the old ones elsewhere")
        quiet = (self.now - _QUIET).timestamp()
        return {f"{s.st_size}-{s.st_mtime_ns}-{path.name}": path for path, s in stats if s.st_mtime <= quiet}

    def _checked(self, mark: str, path: Path) -> FileNote | None:
        """What reading the whole file says of it; None while its last payments are still in flight."""
        count, newest = 0, None
        try:
            for entry in entries(path, terms=self._terms):
                count += 1
                newest = entry.at if newest is None else max(newest, entry.at)
        except SheetFaultError as fault:
            return FileNote(mark, fault=str(fault)[:400])
        except OSError as error:
            raise ShopError(f"bills: {path.name}: {_said(error)}") from None
        if newest and newest > self.now - self.grace:
            ahead = (newest - self.now).total_seconds()
            if ahead <= self.grace.total_seconds():
                return None
            text = f"a payment {written(ahead)} in the future; correct its time or the clock of this machine"
            return FileNote(mark, fault=f"{path.name}: {text}")
        return FileNote(mark, count, 0, "", newest)


def _finished(path: Path) -> bool:
    return not path.name.startswith((".", "~")) and path.suffix.lower() not in _UNFINISHED


def _name(mark: str) -> str:
    return mark.split("-", 2)[2]


def _said(error: Exception) -> str:
    return f"{error.strerror}: {error.filename}" if isinstance(error, OSError) else str(error)


def _payments(read: Iterable[Entry]) -> tuple[list[Payment], dict[str, Decimal | int]]:
    """What was paid, and by trade number what went back."""
    paid, returned = list[Payment](), dict[str, Decimal | int]()
    for each in read:
        if each.state == "paid" and each.trade_no:
            paid.append(
                Payment(each.trade_no, each.at, each.transaction, each.amount, each.currency, each.channel, "bill")
            )
        elif each.state in {"refunded", "revoked"} and each.trade_no:
            returned[each.trade_no] = returned.get(each.trade_no, 0) + (each.amount or 0)
    return paid, returned
