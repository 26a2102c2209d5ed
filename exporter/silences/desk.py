"""The desk where silences are asked for: by a page, a command, or a signed link in a card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from exporter.cards.values import Language
from exporter.cards.words import WORDS
from exporter.model import Alert, AlertKey, Link, Mute, Sample, Silence
from exporter.silences import asking, matchers, tickets
from exporter.silences.asking import SilenceFaultError
from exporter.silences.metrics import KINDS, LINKS, RESULTS, SILENCES
from exporter.silences.muting import digest, mutes, stands
from exporter.silences.tickets import Action, ForgedError, Ticket
from exporter.state import FullError, State, StateFaultError, UsedLinkError

Labels = Mapping[str, str]

MOST = 500
"""Silences and acknowledgements that stand at once: a list that nobody can read mutes what nobody knows of."""

MOST_TAKEN = 1_000
"""Alerts that one acknowledgement covers."""

LINK_LIFE = timedelta(hours=24)
SPANS: Mapping[Action, float] = {"take": 3600.0, "silence": 4 * 3600.0}
HISTORY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a button is about: the labels of a group (or of an alert that stands alone), and its open alerts."""

    labels: Labels
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """What the configuration says: the `longest` silence in seconds, and of links their language and where they lead.

    Without an `external_url`, where phones reach the sidecar, there are no links; `zone` is that of times on pages.
    """

    longest: float
    language: Language
    external_url: str
    zone: tzinfo


class OverError(Exception):
    """None of the alerts that a button is about is open any more, or the link has expired."""


class Desk:
    """`active` are the alerts now, `group_of` the labels by which an alert is told together with others.

    `on_change` is called when something is muted or no longer muted. Safe from any thread; what asks the state may
    raise StateFaultError.
    """

    def __init__(
        self,
        state: State,
        *,
        now: Callable[[], datetime],
        active: Callable[[], Collection[Alert]],
        terms: Callable[[], Terms],
        group_of: Callable[[Labels], Labels] = dict,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        self._state, self._now, self._active = state, now, active
        self._terms, self._group_of, self._on_change = terms, group_of, on_change
        self._links: Counter[str] = Counter()

    @property
    def terms(self) -> Terms:
        return self._terms()

    def muted(self, alerts: Collection[Alert], now: datetime) -> Mapping[AlertKey, Mute]:
        return mutes(self._state.silences(now), alerts, now)

    def history(self, now: datetime) -> list[tuple[Silence, bool]]:
        """What stands (True), and what ended within the last week; the last to end comes first."""
        active = self._active()
        return [(each, stands(each, active, now)) for each in self._state.silences(now - HISTORY)[::-1]]

    def add(self, written: Sequence[str], length: object, *, by: str, comment: str = "") -> Silence:
        """A silence over whatever these matchers take. Raises SilenceFaultError."""
        now = self._now()
        new = asking.silence(
            written_matchers=written, length=length, by=by, comment=comment, longest=self.terms.longest, now=now
        )
        return self._kept(new, now)

    def end(self, name: str, by: str) -> Silence:
        """Ends it before its time. Raises SilenceFaultError where it is over already, or never was."""
        ended = self._state.unsilence(name, asking.name(by), self._now())
        if ended is None:
            raise SilenceFaultError("there is no such silence now; `order-health silence list` shows those that stand")
        self._on_change()
        return ended

    def about(self, subject: str) -> Subject:
        """What `subject`, the digest of an alert's key or of a group's labels, is about. Raises OverError."""
        firing = [alert for alert in self._active() if alert.status == "firing"]
        for alert in firing:
            if digest(alert.key) == subject:
                return Subject(alert.labels, (alert,))
        together = [alert for alert in firing if digest(self._group_of(alert.labels)) == subject]
        if not together:
            raise OverError
        return Subject(self._group_of(together[0].labels), tuple(together))

    def act(self, action: Action, subject: Subject, by: str, ticket: Ticket | None = None) -> Silence:
        """Takes or silences it, for as long as the button says. Raises SilenceFaultError or UsedLinkError."""
        now = self._now()
        span, who, wanted = min(SPANS[action], self.terms.longest), asking.name(by), matchers.exactly(subject.labels)
        if action == "take":
            oldest = sorted(subject.alerts, key=_since)[:MOST_TAKEN]
            covered = tuple(digest(alert.key) for alert in oldest)
            return self._kept(
                asking.made("acknowledgement", wanted, span, by=who, now=now, alerts=covered), now, ticket
            )
        if not wanted:
            raise SilenceFaultError("this group has no labels: a silence would match every alert")
        return self._kept(asking.made("silence", wanted, span, by=who, now=now), now, ticket)

    def samples(self) -> list[Sample]:
        """What it tells of itself; without the state it tells of links only."""
        now, active = self._now(), self._active()
        links = [LINKS(self._links[result], result=result) for result in RESULTS]
        try:
            kinds = Counter[str](each.kind for each in self._state.silences(now) if stands(each, active, now))
        except StateFaultError:
            return links
        return [*links, *(SILENCES(kinds[kind], kind=kind) for kind in KINDS)]

    # signed links

    def links(self, labels: Labels, now: datetime) -> tuple[Link, ...]:
        """The buttons of a card about the group with these labels; none where phones could not open them."""
        terms = self.terms
        if not terms.external_url:
            return ()
        words, key, root = WORDS[terms.language], self._state.key(), terms.external_url.rstrip("/")
        titles: Mapping[Action, str] = {"take": words.take, "silence": words.silence}
        return tuple(
            Link(title, f"{root}/act/{tickets.issue(action, digest(labels), now, now + LINK_LIFE, key)}")
            for action, title in titles.items()
            if labels or action == "take"
        )

    def opened(self, ticket: str) -> tuple[Ticket, Subject]:
        """What the link is for. Raises ForgedError, UsedLinkError, or OverError when it is of no use any more."""
        try:
            return self._read(ticket)
        except (ForgedError, UsedLinkError, OverError) as refusal:
            self._links[_REFUSALS[type(refusal)]] += 1
            raise

    def _read(self, ticket: str) -> tuple[Ticket, Subject]:
        read = tickets.read(ticket, self._state.key())
        if used := self._state.used(read.nonce):
            raise used
        if self._now() >= read.expires:
            raise OverError
        subject = self.about(read.subject)
        # the link was written for alerts that were there; what began since is told by a card of its own
        there = tuple(alert for alert in subject.alerts if alert.since <= read.issued + timedelta(seconds=1))
        if not there:
            raise OverError
        return read, Subject(subject.labels, there)

    def key(self) -> bytes:
        """What forms and commands are signed with."""
        return self._state.key()

    def now(self) -> datetime:
        return self._now()

    def _kept(self, new: Silence, now: datetime, ticket: Ticket | None = None) -> Silence:
        try:
            if ticket:
                self._state.silence(new, now, most=MOST, nonce=ticket.nonce, expires=ticket.expires)
            else:
                self._state.silence(new, now, most=MOST)
        except FullError:
            raise SilenceFaultError(
                f"{MOST} silences stand already, and more would hide what nobody remembers; end some of them"
            ) from None
        self._links["done"] += ticket is not None
        self._on_change()
        return new


_REFUSALS = {ForgedError: "forged", UsedLinkError: "used", OverError: "over"}


def _since(alert: Alert) -> datetime:
    return alert.since
