"""The formats of texts that are judged: each in time that grows with the text alone, and on short texts only."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import AddressValueError, IPv4Address, IPv6Address

LONGEST = 2_000
"""Characters; a longer text has none of these formats."""

_DATE = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)"

_PATTERNS = {
    "date-time": rf"{_DATE}[Tt]{_TIME}",
    "date": _DATE,
    "time": _TIME,
    "email": r"[^@\s]{1,64}@[^@\s.]{1,63}(?:\.[^@\s.]{1,63})+",
    "uuid": r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]{0,30}:[^\s]+",
}


def _matches(pattern: re.Pattern[str], text: str) -> bool:
    return len(text) <= LONGEST and bool(pattern.fullmatch(text))


def _is_address(kind: type[IPv4Address | IPv6Address], text: str) -> bool:
    try:
        kind(text[:64])
    except AddressValueError:
        return False
    return True


FORMATS: Mapping[str, Callable[[str], bool]] = {
    **{name: partial(_matches, re.compile(pattern)) for name, pattern in _PATTERNS.items()},
    "ipv4": partial(_is_address, IPv4Address),
    "ipv6": partial(_is_address, IPv6Address),
}
