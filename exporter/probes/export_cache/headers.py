"""From where an answer came, as far as its headers tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Literal

Kind = Literal["unknown", "origin", "revalidated", "cached", "stale"]

WORSE: Mapping[Kind, int] = {"unknown": 0, "origin": 1, "revalidated": 2, "cached": 3, "stale": 4}
"""Of several layers the worst counts: whichever did not ask the one behind it decided what the reader sees."""

VENDORS = (
    "CF-Cache-Status",
    "EO-Cache-Status",
    "X-Site-Cache-Status",
    "Akamai-Cache-Status",
    "X-Vercel-Cache",
    "X-Nextjs-Cache",
    "CDN-Cache",
    "X-Response-Cache",
    "X-Bdcdn-Cache-Status",
)
COMMON = (
    "X-Cache",
    "X-Cache-Status",
    "X-Proxy-Cache",
    "X-Nginx-Cache",
    "X-Nginx-Cache-Status",
    "X-FastCGI-Cache",
    "X-Varnish-Cache",
    "X-Litespeed-Cache",
    "X-Drupal-Cache",
)
_HUAWEI: Mapping[str, Kind] = {"0": "origin", "1": "cached"}

_OLD = 3.0
"""Seconds by which a Date must lie before the question to prove that nobody made the answer for it."""

_PATTERNS: tuple[tuple[str, Kind], ...] = (
    (r"none\b.*|unknown\b.*|error\b.*|redirect\b.*|n/a\b.*", "unknown"),
    (r"hit from upstream\b.*|hit[ _-]?(?:for[ _-]?)?(?:pass|miss)\b.*", "origin"),
    (r"\S*refresh_fail\S*.*|stale\b.*|\S*stale_?hit\b.*|hit[ _-]?stale\b.*|updating\b.*", "stale"),
    (r"\S*refresh_?hit\b.*|revalidated\b.*|\S*refresh_unmodified\b.*|cache refresh hit\b.*", "revalidated"),
    (r"\S*hit\b.*|cache hit\b.*|prerender\b.*", "cached"),
    (r"\S*miss\b.*|cache miss\b.*|expired\b.*|bypass\b.*|dynamic\b.*|pass\b.*", "origin"),
    (r"\S*(?:un|not_?)cacheable\b.*|private_nostore\b.*|config_nocache\b.*", "origin"),
    (r"\S*refresh_modified\b.*|tcp_client_refresh\S*.*|lambdageneratedresponse\b.*", "origin"),
)
_WORDS = tuple((re.compile(pattern), kind) for pattern, kind in _PATTERNS)
_MEMBER = r'(?:"(?:[^"\\]|\\.)*"|[^"{}])+'
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """`origin`: the shop made this answer now; `revalidated`: a cache asked whether its copy still holds;
    `cached`: nobody asked the shop; `stale`: not even within the copy's lifetime; `unknown`: no header tells.

    `reason` names the header that decided.
    """

    kind: Kind
    reason: str


def worst(verdicts: Collection[Verdict]) -> Verdict:
    """Of one or more."""
    return max(verdicts, key=lambda each: WORSE[each.kind])


def verdict(
    headers: Mapping[str, str],
    status: int,
    now: datetime,
    cache_headers: Collection[str] = (),
    took: float = 0.0,
) -> Verdict:
    """What the headers of one response tell. `cache_headers`: further names to read.

    `now` is when they arrived, `took` seconds after they were asked for: an age no higher than that proves nothing.
    Repeated headers are joined by commas. A `status` of 304 is judged alike: it says who answered, not with what.
    """
    given = {name.lower(): value.strip() for name, value in headers.items() if value and value.strip()}
    told = list(_told(given, cache_headers))
    best = worst(told) if told else None
    age = age_of(given)
    if age and age > took and (best is None or best.kind in ("unknown", "origin")):
        # An answer that somebody made for this request has no age, whatever the layer in front says of itself.
        best = Verdict("cached", f"Age is {age:g}: it was not made for this request")
    if best and best.kind == "cached" and (late := _outlived(given, age)):
        best = Verdict("stale", f"{best.reason}; {late}")
    if best is None or best.kind == "unknown":
        best = _by_date(given, now, took) or best
    return best or Verdict("unknown", f"no header of the {status} says whether a cache answered")


def age_of(headers: Mapping[str, str]) -> float | None:
    """Seconds that Age tells, the most where several layers do; the name is in small letters."""
    told = [float(each) for each in _parts(headers.get("age", ""), ",") if re.fullmatch(r"\d{1,10}", each)]
    return max(told, default=None)


def date_of(headers: Mapping[str, str]) -> datetime | None:
    """The Date, by the clock of whoever made the answer."""
    try:
        made = parsedate_to_datetime(headers["date"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _told(given: Mapping[str, str], cache_headers: Collection[str]) -> Iterator[Verdict]:
    """What each layer says of itself."""
    yield from map(_cache_status, _parts(given.get("cache-status", ""), ","))
    for name in VENDORS:
        yield from _by_words(given, name)
    if kind := _HUAWEI.get(given.get("x-hcs-proxy-type", "")):
        yield Verdict(kind, f"x-hcs-proxy-type: {given['x-hcs-proxy-type']}")
    if ids := _parts(given.get("x-varnish", ""), ","):
        # the second number is that of the request which filled the cache
        yield Verdict("cached" if any(len(each.split()) > 1 for each in ids) else "origin", _shown("X-Varnish", ids[0]))
    for name in (*COMMON, *cache_headers):
        yield from _by_words(given, name)
    if "x-cache" not in given:  # Squid sends both, and its lookup says what was found, not what was sent
        yield from _by_words(given, "X-Cache-Lookup")
    if re.search(r"(?:^|,)\s*11[0-2]\b", given.get("warning", "")):
        yield Verdict("stale", "Warning says that the answer is stale")


def _by_words(given: Mapping[str, str], name: str) -> Iterator[Verdict]:
    for layer in _parts(given.get(name.lower(), ""), ","):
        said = layer.lower()
        # Aliyun: HIT TCP_REFRESH_HIT dirn:-2:-2; the second word is the exact one
        exact = re.sub(r"^(?:hit|miss) (?=tcp_)", "", said)
        kind = next((kind for text in (exact, said) for pattern, kind in _WORDS if pattern.fullmatch(text)), None)
        if kind:
            yield Verdict(kind, _shown(name, layer))


def _cache_status(layer: str) -> Verdict:
    """RFC 9211: `name; hit; ttl=545`, `name; fwd=stale; fwd-status=304`."""
    said = {
        key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in _parts(layer, ";")[1:])
    }
    reason = _shown("Cache-Status", layer)
    if said.get("hit", "?0") in ("", "?1"):
        return Verdict("stale" if said.get("ttl", "").startswith("-") else "cached", reason)
    if said.get("fwd") == "stale":
        after = said.get("fwd-status", "")
        return Verdict("revalidated" if after == "304" else "stale" if after.startswith("5") else "origin", reason)
    return Verdict("origin" if "fwd" in said else "unknown", reason)


def _parts(value: str, between: str) -> list[str]:
    """A list header's members, or the parts of one; a separator within quotes does not part them."""
    found = re.findall(_MEMBER.replace("{}", between), value)
    return [each.strip() for each in found if each.strip()]


def _shown(name: str, value: str) -> str:
    return f"{name}: {value[:_SHOWN]}"


def _outlived(given: Mapping[str, str], age: float | None) -> str:
    """Whether a copy is older than the shop allows, where both are told."""
    said = given.get("cache-control", "").lower()
    allowed = [
        int(found[1])
        for name in ("s-maxage", "max-age")
        if (found := re.search(rf"(?<![\w-]){name}\s*=\s*\"?(\d{{1,9}})", said))
    ]
    if age is None or not allowed or age <= allowed[0]:
        return ""
    return f"its age of {age:g} s is beyond the {allowed[0]} s that Cache-Control allows"


def _by_date(given: Mapping[str, str], now: datetime, took: float) -> Verdict | None:
    made = date_of(given)
    behind = (now - made).total_seconds() - took if made else 0.0
    return Verdict("cached", f"Date lies {behind:.0f} s before the question") if behind > _OLD else None
