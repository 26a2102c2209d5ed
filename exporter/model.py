"""The nouns that travel between the rooms: frozen, without I/O, importing nothing of ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Kind = Literal["gauge", "counter"]
AlertKey = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Case:
    """One piece of evidence: what an operator can look up, and nothing about the customer.

    `ref` is an order number or a SKU, `since` when the fault began, `note` a short amount or quantity ("¥128.00").
    """

    ref: str
    since: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric family, declared beside the probe that fills it; calling it makes a `Sample`.

    The label `shop` is not named here: every reading adds it.
    """

    name: str
    help: str
    labels: tuple[str, ...] = ()
    kind: Kind = "gauge"

    def __call__(self, value: float, *, evidence: Iterable[Case] = (), **labels: str) -> Sample:
        if set(labels) != set(self.labels):
            raise ValueError(f"{self.name} takes the labels {self.labels}, not {tuple(labels)}")
        number = float(value)
        if math.isnan(number):
            raise ValueError(f"{self.name} would be NaN, and a rule that compares NaN is silently off")
        return Sample(self, number, tuple(str(labels[name]) for name in self.labels), tuple(evidence))


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric; `labels` are the values in the order of `metric.labels`."""

    metric: Metric
    value: float
    labels: tuple[str, ...] = ()
    evidence: tuple[Case, ...] = ()

    def labelled(self, shop: str) -> dict[str, str]:
        """The labels as Prometheus sees them, `shop` among them unless it is empty."""
        named = dict(zip(self.metric.labels, self.labels, strict=True))
        return {**named, "shop": shop} if shop else named


@dataclass(frozen=True, slots=True)
class Gap:
    """A check that this shop cannot answer, and why: shown as "not applicable", never exported as 0."""

    check: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a sharded table a probe has seen: shards in all, those read by the last run, those long unread.

    `unread` shards gave no answer that still stands: figures are lower bounds. `why` tells of the first silent ones.
    """

    table: str
    total: int
    scanned: int
    unread: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run of a probe brought back; `error` is set exactly when it failed, and then there are no samples.

    `at` is when the run began, `seconds` how long it took, `last_success` when the probe last answered.
    """

    probe: str
    shop: str
    at: datetime
    seconds: float
    samples: tuple[Sample, ...] = ()
    gaps: tuple[Gap, ...] = ()
    error: str | None = None
    last_success: datetime | None = None
    coverage: tuple[Coverage, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule's expression holds now for these labels: a candidate for an alert.

    `labels` carry `alertname`, `severity` and what the expression left; `wait` is the rule's `for` in seconds,
    `keep` its `keep_firing_for`.
    """

    rule: str
    labels: Mapping[str, str]
    value: float
    annotations: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Case, ...] = ()
    wait: float = 0.0
    keep: float = 0.0

    @property
    def key(self) -> AlertKey:
        return self.rule, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding with a history: `since` is when it began to hold, `value` and `evidence` are the latest.

    `keep` is how many seconds it goes on firing once it no longer holds, `gone` when that began (Unix seconds).
    """

    rule: str
    labels: Mapping[str, str]
    status: Literal["pending", "firing", "resolved"]
    since: datetime
    value: float
    annotations: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Case, ...] = ()
    keep: float = 0.0
    gone: float | None = None

    @property
    def key(self) -> AlertKey:
        return self.rule, tuple(sorted(self.labels.items()))


@dataclass(frozen=True, slots=True)
class Flip:
    """An alert that began to fire, or ended, at this instant; `lost`: not recovered, but nobody looks any more."""

    alert: Alert
    at: datetime
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a card: `name` is short ("仓库"), `value` is what stands beside it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a channel is given to write, all wording done and no channel's limits applied yet.

    `number` and `unit` are the one figure to see first; `text` is a sentence or two; `cases` the first order
    numbers, oldest first, each already one printable line; `mention` the mobile numbers, user ids or "@all" to call.
    `covers` is how many alerts the card tells of, `resolved` how many of those are over: a digest tells of several.
    """

    title: str
    status: Literal["firing", "resolved", "info"]
    severity: str
    text: str
    number: str = ""
    unit: str = ""
    facts: tuple[Fact, ...] = ()
    cases: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    mention: tuple[str, ...] = ()
    language: Literal["zh", "en"] = "zh"
    covers: int = 1
    resolved: int = 0


Outcome = Literal["accepted", "retry", "wait", "split", "permanent", "content"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the room answered. `again_in` is seconds; None means that trying again cannot help.

    `outcome` classifies it: retry (passing fault), wait (throttled: the whole robot pauses), split (too long),
    permanent (token, signature, robot gone), content (refused words or links: send plainer, once).
    """

    accepted: bool
    detail: str
    again_in: float | None = None
    outcome: Outcome = "accepted"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How delivery to one channel goes; `accepted` and `detail` are of the last receipt."""

    name: str
    kind: str
    waiting: int = 0
    oldest_waiting: datetime | None = None
    last_receipt: datetime | None = None
    accepted: bool | None = None
    detail: str = ""
