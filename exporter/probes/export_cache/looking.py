"""One run: the export is asked for twice, and what the headers do not say its behaviour may."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from exporter.download import Answer, Ask, DownloadError, Hop, NoFileError, with_parameter
from exporter.probes.export_cache.headers import Verdict, age_of, date_of, verdict, worst
from exporter.probes.export_cache.memory import Findings, Seen

if TYPE_CHECKING:
    from exporter.probes.export_cache.settings import Export

APART = 1.2
"""Seconds between two questions: a cache that keeps its copies for one second shows, and so does a clock."""

_COMPARED = "_oh"
_CONCLUSIVE = ("revalidated", "cached", "stale")


@dataclass(frozen=True, slots=True)
class Run:
    """`now` is the time at `began` of the monotonic clock; `orders` how far they were then, where that is known."""

    export: Export
    ask: Ask
    now: datetime
    began: float
    orders: str | None

    def findings(self, before: Seen, frozen_after: float) -> tuple[Findings, Seen]:
        """What this run found, and the file as the next one must know it. Raises DownloadError."""
        answers, told = self._looked()
        latest = answers[-1].file
        etag = latest.headers.get("etag", "")
        seen = before.then(etag if self.export.head_is_cheap else latest.sha256, etag, self.orders, self.now)
        frozen = seen.frozen(self.now)
        stands = bool(seen.mark) and frozen is not None and frozen >= frozen_after
        if stands:
            told = worst((told, Verdict("cached", f"same file for {frozen:.0f} s while orders changed")))
        found = Findings(
            told.kind,
            told.reason,
            self._age(told, answers, seen),
            frozen,
            self._etag_frozen(answers, before, etag, stands=stands),
            self._leaks(answers),
            None if self.export.head_is_cheap else latest.size,
            answers[0].seconds,
        )
        return found, seen

    def _looked(self) -> tuple[list[Answer], Verdict]:
        """One answer is enough where its headers admit a cache; the second may be the cached first."""
        answers = [self.ask(self.export.usual())]
        told = self._told(answers[0])
        if told.kind in _CONCLUSIVE:
            return answers, told
        time.sleep(APART)
        answers.append(self.ask(self.export.usual()))
        told = worst((told, self._told(answers[1])))
        if answers[0].task and answers[0].task == answers[1].task:
            told = worst((told, Verdict("cached", "the second submission got the first one's task")))
        return answers, self._behaviour(answers) if told.kind == "unknown" else told

    def _told(self, answer: Answer) -> Verdict:
        """By all that answered on the way, the clocks left out: they may be wrong."""
        return worst([self._judged(hop) for hop in answer.hops[::-1]])

    def _judged(self, hop: Hop) -> Verdict:
        headers = {name: value for name, value in hop.headers.items() if name != "date"}
        return verdict(headers, hop.status, self._at(hop), self.export.cache_headers, took=hop.waited)

    def _behaviour(self, answers: list[Answer]) -> Verdict:
        first, second = answers
        if first.task:
            return _MADE_ANEW
        made = [date_of(each.file.headers) for each in answers]
        if made[0] is not None and made[0] == made[1]:
            return Verdict("cached", f"the same Date in two answers {APART:g} s apart")
        if self.export.head_is_cheap:
            return _SILENT
        if first.file.sha256 != second.file.sha256:
            return _MADE_ANEW
        return self._compared(second) if self.export.compare and self.export.method == "GET" else _SILENT

    def _compared(self, second: Answer) -> Verdict:
        """Another address gives another file, and this one gives the old file still: then nobody made it anew."""
        asked = self.export.request()
        try:
            other = self.ask(with_parameter(asked, _COMPARED, f"{self.now.timestamp():.0f}"))
        except DownloadError:  # an address that is signed, or that takes no other parameter
            return _SILENT
        if other.file.sha256 == second.file.sha256 or self.ask(asked).file.sha256 != second.file.sha256:
            return _SILENT
        return Verdict("cached", "with one more parameter it is another file")

    def _age(self, told: Verdict, answers: list[Answer], seen: Seen) -> float | None:
        if told.kind == "unknown":
            return None
        if told.kind in ("origin", "revalidated"):
            return 0.0
        latest = answers[-1].file
        made = date_of(latest.headers)
        known = [age_of(latest.headers) or 0.0, (self._at(latest) - made).total_seconds() if made else 0.0]
        return max(0.0, *known, (self.now - seen.since).total_seconds() if seen.since else 0.0)

    def _etag_frozen(self, answers: list[Answer], before: Seen, etag: str, *, stands: bool) -> bool | None:
        """Only strong ones must change with every byte."""
        if not etag or etag.startswith("W/"):
            return None
        if stands:
            return True
        known = {(each.file.headers.get("etag", ""), each.file.sha256) for each in answers}
        if before.etag and before.mark and not self.export.head_is_cheap:
            known.add((before.etag, before.mark))
        return len({mark for other, mark in known if other == etag}) > 1

    def _leaks(self, answers: list[Answer]) -> bool | None:
        """Whether somebody without credentials gets this file, or one made for them that looks like it."""
        export = self.export
        if not (export.anonymous and export.secured) or export.task or export.head_is_cheap or export.method != "GET":
            return None
        try:
            theirs = self.ask(export.request(anonymous=True)).file
        except NoFileError:
            return False
        except DownloadError:
            return None
        ours = answers[-1].file
        if theirs.sha256 in {each.file.sha256 for each in answers}:
            return True
        return theirs.media_type == ours.media_type and theirs.size * 2 >= ours.size

    def _at(self, hop: Hop) -> datetime:
        return self.now + timedelta(seconds=hop.arrived - self.began)


_SILENT = Verdict("unknown", "no header tells, and nothing changed meanwhile")
_MADE_ANEW = Verdict("origin", "two answers differ: each was made anew")
