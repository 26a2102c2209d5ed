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
    "CDN-Cache",
    "X-Response-Cache",
    "X-Bdcdn-Cache-Status",
)
COMMON = ("X-Cache", "X-Cache-Status", "X-Proxy-Cache", "X-Nginx-Cache", "X-Litespeed-Cache", "X-Drupal-Cache")

_OLD = 3.0
"""Seconds by which a Date must lie behind before it proves that nobody made this answer now."""

_PATTERNS: tuple[tuple[str, Kind], ...] = (
    (r"none|unknown|error\b.*|redirect\b.*", "unknown"),
    (r"hit from upstream\b.*", "origin"),
    (r"\S*refresh_fail\S*.*|stale\b.*|\S*stale_?hit\b.*|hit-stale\b.*|updating\b.*", "stale"),
    (r"\S*refresh_?hit\b.*|revalidated\b.*|\S*refresh_unmodified\b.*|cache refresh hit\b.*", "revalidated"),
    (r"\S*hit\b.*|cache hit\b.*|prerender\b.*", "cached"),
    (r"\S*miss\b.*|cache miss\b.*|expired\b.*|bypass\b.*|dynamic\b.*|pass\b.*|\S*uncacheable\b.*", "origin"),
    (r"\S*refresh_modified\b.*|tcp_client_refresh\S*.*|lambdageneratedresponse\b.*", "origin"),
)
_WORDS = tuple((re.compile(pattern), kind) for pattern, kind in _PATTERNS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`origin`: the shop made this answer now; `revalidated`: a cache asked whether its copy still holds;
    `cached`: nobody asked the shop; `stale`: not even within the copy's lifetime; `unknown`: no header tells.

    `reason` names the header that decided.
    """

    kind: Kind
    reason: str


def verdict(headers: Mapping[str, str], status: int, now: datetime, cache_headers: Collection[str] = ()) -> Verdict:
    """What the headers of one response tell; `now` is when it arrived. `cache_headers`: further names to read.

    Repeated headers are joined by commas. A `status` of 304 is judged alike: it says who answered, not with what.
    """
    given = {name.lower(): value.strip() for name, value in headers.items() if value and value.strip()}
    told = list(_told(given, cache_headers))
    best = max(told, key=lambda each: WORSE[each.kind], default=None)
    age = _seconds(given.get("age"))
    if age and (best is None or best.kind in ("unknown", "origin")):
        # An answer that somebody made for this request has no age, whatever the layer in front says of itself.
        best = Verdict("cached", f"Age is {age:g}: it was not made for this request")
    if best and best.kind == "cached" and (late := _outlived(given, age)):
        best = Verdict("stale", f"{best.reason}; {late}")
    if best is None or best.kind == "unknown":
        best = _by_date(given, now) or best
    return best or Verdict("unknown", f"no header of the {status} says whether a cache answered")


def _told(given: Mapping[str, str], cache_headers: Collection[str]) -> Iterator[Verdict]:
    """What each layer says of itself."""
    if value := given.get("cache-status"):
        yield from map(_cache_status, _layers(value))
    for name in VENDORS:
        yield from _by_words(given, name)
    if value := given.get("x-varnish"):
        ids = len(value.split(",")[0].split())
        kind: Kind = "cached" if ids > 1 else "origin"
        yield Verdict(kind, f"X-Varnish names {'the request that filled the cache' if ids > 1 else 'one request only'}")
    for name in (*COMMON, *cache_headers):
        yield from _by_words(given, name)
    if "x-cache" not in given:  # Squid sends both, and its lookup says what was found, not what was sent
        yield from _by_words(given, "X-Cache-Lookup")
    if re.search(r"(?:^|,)\s*11[0-2]\b", given.get("warning", "")):
        yield Verdict("stale", "Warning says that the answer is stale")


def _by_words(given: Mapping[str, str], name: str) -> Iterator[Verdict]:
    for layer in _layers(given.get(name.lower(), "")):
        kind = next((kind for pattern, kind in _WORDS if pattern.fullmatch(layer.lower())), None)
        if kind:
            yield Verdict(kind, f"{name}: {layer[:60]}")


def _cache_status(layer: str) -> Verdict:
    """RFC 9211: `name; hit; ttl=545`, `name; fwd=stale; fwd-status=304`."""
    parts = [part.strip() for part in layer.split(";")]
    said = {key.strip().lower(): value.strip() for key, _, value in (part.partition("=") for part in parts[1:])}
    reason = f"Cache-Status: {layer[:60]}"
    if said.get("hit", "?0") in ("", "?1"):
        return Verdict("stale" if said.get("ttl", "").startswith("-") else "cached", reason)
    if said.get("fwd") == "stale":
        after = said.get("fwd-status", "")
        return Verdict("revalidated" if after == "304" else "stale" if after.startswith("5") else "origin", reason)
    return Verdict("origin" if "fwd" in said else "unknown", reason)


def _layers(value: str) -> list[str]:
    """A list header's members; a comma within quotes does not part them."""
    return [each.strip() for each in re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,"])+', value) if each.strip()]


def _outlived(given: Mapping[str, str], age: float | None) -> str:
    """Whether a copy is older than the shop allows, where both are told."""
    said = given.get("cache-control", "").lower()
    allowed = [
        int(found[1]) for name in ("s-maxage", "max-age") if (found := re.search(rf"\b{name}=\"?(\d{{1,9}})", said))
    ]
    if age is None or not allowed or age <= allowed[0]:
        return ""
    return f"its age of {age:g} s is beyond the {allowed[0]} s that Cache-Control allows"


def _by_date(given: Mapping[str, str], now: datetime) -> Verdict | None:
    try:
        made = parsedate_to_datetime(given["date"])
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    behind = (now - (made if made.tzinfo else made.replace(tzinfo=UTC))).total_seconds()
    return Verdict("cached", f"Date lies {behind:.0f} s behind") if behind > _OLD else None


def _seconds(value: str | None) -> float | None:
    first = (value or "").split(",")[0].strip()
    return float(first) if re.fullmatch(r"\d{1,10}", first) else None
