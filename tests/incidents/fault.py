"""One fault of the replay: made, seen, told, repaired, told as over; and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import yaml

from exporter.units import seconds
from tests.incidents import settings
from tests.incidents.ground import Ground
from tests.incidents.sidecar import Metrics, Sidecar, Street

OVERS = ("Resolved:", "Told long enough:")
_SHORT = 11
GRACE = 2.0
"""Seconds that judging and delivery may take beyond what was asked for."""

PATIENCE = 25.0
"""Seconds that anything may take before the replay goes on without it."""


@dataclass(frozen=True)
class Place:
    """Where a fault is made, and who watches."""

    ground: Ground
    sidecar: Sidecar


@dataclass(frozen=True)
class Fault:
    """`make` returns what the card must name beside `evidence`; `title` is how the card begins, `over` how its end does
    where that is not said with the same words.

    `every` is the probe's interval, `patient` what the probe itself must wait for by its settings (three misses, a stall).
    `besides` are words of further cards that the same fault rightly brings; `lasts` is how long the settings keep it.
    """

    incident: int
    name: str
    rule: str
    room: str
    title: str
    seen: Callable[[Metrics], bool]
    make: Callable[[Place], tuple[str, ...]]
    repair: Callable[[Place], None]
    evidence: tuple[str, ...] = ()
    every: float = 1.0
    patient: float = 0.0
    besides: tuple[str, ...] = ()
    over: str = ""
    lasts: float = 0.0
    critical: bool = True
    once: bool = False

    def told_in(self, text: str, room: str) -> bool:
        """Is this the card of the fault? WeCom shows twenty characters of a title."""
        return (self.title[:_SHORT] if room == "duty" else self.title) in text and not _ends(text)

    def over_in(self, text: str, room: str) -> bool:
        """Is this the card of its end? Figures may have changed by then."""
        words = (self.over or self.title).lstrip("0123456789% ")
        return (words[:4] if room == "duty" else words) in text and _ends(text)

    def accounts_for(self, text: str, room: str) -> bool:
        known = self.told_in(text, room) or self.over_in(text, room)
        return known or any((words[:_SHORT] if room == "duty" else words) in text for words in self.besides)


@dataclass
class Outcome:
    """Seconds since the fault was made; None: it never came. `lacking` is evidence that the card did not name."""

    fault: Fault
    metric: float | None = None
    card: float | None = None
    resolved: float | None = None
    lacking: tuple[str, ...] = ()
    text: str = field(default="", repr=False)

    @property
    def pause(self) -> float:
        """The rule's own `for`, in seconds as shipped."""
        return shipped_for(self.fault.rule)

    @property
    def asked(self) -> float:
        """What interval, settings and the rule's `for` (at the replay's pace) ask for."""
        return self.fault.every + self.fault.patient + self.pause / settings.PACE

    def good(self, grace: float = GRACE) -> bool:
        """Within `grace` seconds more than asked for, with all its evidence, and told as over."""
        over = self.fault.once or self.resolved is not None
        return self.card is not None and self.card <= self.asked + grace and not self.lacking and over


def shipped_for(rule: str) -> float:
    for file in settings.RULES.glob("*.yml"):
        for group in yaml.safe_load(file.read_text(encoding="utf-8"))["groups"]:
            for each in group["rules"]:
                if each.get("alert") == rule:
                    return seconds(each.get("for", "0s"))
    raise LookupError(rule)


def _ends(text: str) -> bool:
    return any(each in text for each in OVERS)


def play(fault: Fault, place: Place, wait: float = 0.0) -> Outcome:
    """`wait` seconds before it is made; goes on to the repair whatever came of the fault."""
    time.sleep(wait)
    outcome, street = Outcome(fault), place.sidecar.street
    wanted = (*fault.make(place), *fault.evidence, f"oh.example.com/runbooks/{probe_of(fault.rule)}")
    began, patience = time.monotonic(), PATIENCE + fault.patient + outcome.pause / settings.PACE
    outcome.metric = until(lambda: fault.seen(place.sidecar.metrics()), began, patience)
    rooms = (fault.room, "duty") if fault.critical else (fault.room,)
    outcome.card = until(lambda: all(_told(street, fault, room) for room in rooms), began, patience)
    if outcome.card is not None:
        outcome.text = _told(street, fault, fault.room)
        outcome.lacking = lacking(wanted, outcome.text)
    mended = time.monotonic()
    fault.repair(place)
    if not fault.once:
        over = lambda: any(fault.over_in(text, fault.room) for text in street.cards(fault.room))  # noqa: E731
        outcome.resolved = until(over, mended, PATIENCE + fault.lasts)
    return outcome


def lacking(wanted: Sequence[str], text: str) -> tuple[str, ...]:
    """What the text does not name; `|` stands between words of which one is enough."""
    return tuple(each for each in wanted if not any(word in text for word in each.split("|")))


def probe_of(rule: str) -> str:
    for file in settings.RULES.glob("*.yml"):
        if f"alert: {rule}\n" in file.read_text(encoding="utf-8"):
            return file.stem
    raise LookupError(rule)


def _told(street: Street, fault: Fault, room: str) -> str:
    return next((text for text in street.cards(room) if fault.told_in(text, room)), "")


def until(true: Callable[[], object], since: float, within: float = PATIENCE) -> float | None:
    """Seconds after `since`, at once when it is true; None when it never was."""
    while not true():
        if time.monotonic() > since + within:
            return None
        time.sleep(0.1)
    return time.monotonic() - since
