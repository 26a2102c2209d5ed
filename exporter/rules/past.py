"""What is judged looks like a scrape: the current samples of each round, and the past of them that rules need."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from exporter.model import Sample
from exporter.promql import STALE, History, filled
from exporter.promql.tracks import Track
from exporter.rules.picture import Series
from exporter.rules.rule import Rule

SPACING = 15_000
"""A value that stays the same is noted anew after so many ms, as if it had been scraped at this interval."""
UP = "up"

_Known = tuple[Sample, str, Track, bool]


def reads(rules: Iterable[Rule]) -> dict[str, float]:
    """The metrics that rules read or make, each with the seconds of its past that matter; 0: only the present does."""
    found: dict[str, float] = {}
    for rule in rules:
        if rule.records:
            found.setdefault(rule.title, 0.0)
        for metric, seconds in rule.expression.past.items():
            found[metric or ""] = max(found.get(metric or "", 0.0), seconds)
    return found


def reaches(rules: Mapping[str, Rule]) -> dict[str, float]:
    """By name how many seconds each rule looks back, through what recording rules have made for it."""
    recorded: defaultdict[str, list[Rule]] = defaultdict(list)
    for rule in rules.values():
        if rule.records:
            recorded[rule.title].append(rule)

    def reach(rule: Rule, above: frozenset[str]) -> float:
        below = ((name or "", seconds) for name, seconds in rule.expression.past.items() if name not in above)
        return max((seconds + before(name, above) for name, seconds in below), default=0.0)

    def before(metric: str, above: frozenset[str]) -> float:
        return max((reach(rule, above | {metric}) for rule in recorded.get(metric, ())), default=0.0)

    return {name: reach(rule, frozenset()) for name, rule in rules.items()}


def scraped(shop: str, sample: Sample, target: Mapping[str, str]) -> Mapping[str, str]:
    """The labels that Prometheus would store; a label that the target has as well becomes `exported_…`."""
    own = {f"exported_{name}" if name in target else name: text for name, text in sample.labelled(shop).items()}
    return filled({**target, **own, "__name__": sample.metric.name})


class Past:
    """`reads` are the metrics of rules with the seconds of their past that matter (0: what is now), `target` the labels
    of the scrape; metrics that are not read are kept as well when `everything` is asked for. `began`: Unix seconds.
    """

    def __init__(self, reads: Mapping[str, float], target: Mapping[str, str], *, everything: bool = False) -> None:
        self._reads, self._target, self._everything = reads, target, everything
        self._begin()

    def _begin(self) -> None:
        self.history = History()
        self.history.since = math.inf
        self.began = math.inf
        self._latest = -math.inf
        self._tidied = -math.inf
        self._known: dict[int, _Known] = {}
        self._up = self.history.track({"__name__": UP, **self._target})

    def take(self, series: Series, at: float, *, complete: bool = True) -> None:
        """The samples of one instant (Unix seconds). What is not among them any more has ended.

        `complete`: everything that is watched has run at least once, so that what is absent is not merely awaited.
        """
        now = round(at * 1000)
        if now < self._latest:  # the clock was put back: nothing of what was noted has a place before now
            self._begin()
        self._latest, self.began = now, min(self.began, at)
        if complete and self.history.since == math.inf:
            self.history.since = now
        before, self._known = self._known, {}
        for shop, sample in series:
            known = before.get(id(sample))
            if known is None or known[0] is not sample or known[1] != shop:
                track = self.history.track(scraped(shop, sample, self._target))
                known = sample, shop, track, not self._reads.get(sample.metric.name)
            self._known[id(sample)] = known
            self._note(known[2], now, sample.value, only=known[3])
        if self._target and (UP in self._reads or self._everything):
            self._note(self._up, now, 1.0, only=not self._reads.get(UP))
        self._end(before, now)
        self._tidy(now)

    def _note(self, track: Track, now: int, value: float, *, only: bool) -> None:
        latest = track.latest
        if latest is None or latest.value != value or now - track.times[-1] >= SPACING:
            self.history.extend(track, now, value, only=only)

    def _end(self, before: Mapping[int, _Known], now: int) -> None:
        if before.keys() == self._known.keys():
            return
        living = {id(track) for _, _, track, _ in self._known.values()}
        for sample, _, track, only in before.values():
            if id(track) not in living and track.latest is not None:
                self.history.extend(track, now, STALE, only=only)
                if only:
                    self.history.forget((now + 1) / 1000, sample.metric.name)

    def _tidy(self, now: int) -> None:
        """What is too old for any rule goes, now and then."""
        if now - self._tidied < SPACING:
            return
        self._tidied = now
        for name, seconds in self._reads.items():
            self.history.forget(now / 1000 - seconds, name)

    def inherit(self, before: Past) -> None:
        """Goes on with what was noted for other rules, as far as these need it."""
        if before._target != self._target:
            return
        self.history, self.began = before.history, before.began
        self._latest, self._up = before._latest, before._up
        if not self._everything:
            self.history.keep(self._reads)
        self._known = {
            key: (sample, shop, track, not self._reads.get(sample.metric.name))
            for key, (sample, shop, track, _) in before._known.items()
            if self._everything or sample.metric.name in self._reads
        }
