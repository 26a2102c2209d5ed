"""What a person asks for → a Silence, or a refusal that says what to write instead."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from exporter.model import Matcher, Silence
from exporter.silences import matchers
from exporter.text import masked, one_line
from exporter.units import seconds, written

SHORTEST = 60.0
NAME_LETTERS, COMMENT_LETTERS = 40, 300


class SilenceFaultError(ValueError):
    """What was asked for cannot be had; the text says why and what to ask for instead."""


def silence(
    *,
    written_matchers: Sequence[str],
    length: object,
    by: str,
    comment: str,
    longest: float,
    now: datetime,
) -> Silence:
    """A silence from now on, of untrusted words. Raises SilenceFaultError."""
    if not written_matchers:
        raise SilenceFaultError("no matcher is given; write for example --match severity=warning")
    if len(written_matchers) > matchers.MOST:
        raise SilenceFaultError(f"{len(written_matchers)} matchers are more than {matchers.MOST}; write fewer")
    try:
        wanted = tuple(matchers.parsed(each) for each in written_matchers)
    except ValueError as error:
        raise SilenceFaultError(str(error)) from None
    if matchers.take(wanted, {}):
        raise SilenceFaultError(
            "these matchers match every alert; name at least one value, for example severity=warning"
        )
    return made("silence", wanted, span(length, longest), by=name(by), comment=comment, now=now)


def made(
    kind: Literal["silence", "acknowledgement"],
    wanted: tuple[Matcher, ...],
    length: float,
    *,
    by: str,
    comment: str = "",
    now: datetime,
    alerts: tuple[str, ...] = (),
) -> Silence:
    ends = now + timedelta(seconds=length)
    told = masked(one_line(comment, COMMENT_LETTERS))
    return Silence(secrets.token_hex(8), kind, wanted, now, ends, by, told, alerts)


def span(length: object, longest: float) -> float:
    """Seconds. There is no "for ever": what is not to be told at all is not to be a rule."""
    try:
        asked = seconds(length)
    except ValueError as error:
        raise SilenceFaultError(f"{one_line(str(error), 200)}; there is no silence for ever") from None
    if asked > longest:
        raise SilenceFaultError(
            f"{written(asked)} is longer than a silence may be ({written(longest)}); ask for less, renew it then, or "
            "raise alerts.longest_silence. What nobody wants to be told at all should not be a rule"
        )
    if asked < SHORTEST:
        raise SilenceFaultError(f"{written(asked)} is too short to matter; write at least {written(SHORTEST)}")
    return asked


def name(by: str) -> str:
    """A person's name on one line, without the middle of a telephone number."""
    told = masked(one_line(by, NAME_LETTERS))
    if not told:
        raise SilenceFaultError("it must be known who asked for it; give a name")
    return told
