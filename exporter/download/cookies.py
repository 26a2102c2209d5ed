"""Cookies that servers set on the way, kept for one download and sent back by the rules of browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import http.client
    from collections.abc import Mapping


class Cookies:
    def __init__(self) -> None:
        from http.cookiejar import CookieJar  # noqa: PLC0415 - a sidecar that downloads nothing does without
        from urllib.request import Request  # noqa: PLC0415

        self._jar, self._asked = CookieJar(), Request

    def take(self, url: str, answer: http.client.HTTPResponse) -> None:
        self._jar.extract_cookies(answer, self._asked(url))

    def header(self, url: str, given: Mapping[str, str]) -> str:
        """`a=1; b=2`: what was given, and over it what this server set."""
        asked = self._asked(url)
        self._jar.add_cookie_header(asked)
        named = dict(part.split("=", 1) for part in (asked.get_header("Cookie") or "").split("; ") if "=" in part)
        return "; ".join(f"{name}={value}" for name, value in {**given, **named}.items())
