"""Cookies that servers set on the way, kept for one download and sent back by the rules of browsers."""

from __future__ import annotations

import http.client
import http.cookiejar
from collections.abc import Mapping
from urllib.request import Request as _Asked


class Cookies:
    def __init__(self) -> None:
        self._jar = http.cookiejar.CookieJar()

    def take(self, url: str, answer: http.client.HTTPResponse) -> None:
        self._jar.extract_cookies(answer, _Asked(url))  # noqa: S310 - nothing is opened, it only carries the address

    def header(self, url: str, given: Mapping[str, str]) -> str:
        """`a=1; b=2`: what was given, and over it what this server set."""
        asked = _Asked(url)  # noqa: S310
        self._jar.add_cookie_header(asked)
        named = dict(part.split("=", 1) for part in (asked.get_header("Cookie") or "").split("; ") if "=" in part)
        return "; ".join(f"{name}={value}" for name, value in {**given, **named}.items())
