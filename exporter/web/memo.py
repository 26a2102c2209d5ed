"""A page that was just rendered serves whoever asks within the next second."""

from __future__ import annotations

import gzip
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

KEPT_SECONDS = 1.0
_MOST = 32
_WORTH = 4096
"""Bytes from which a page is compressed."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`zipped` is empty where it is not worth it."""

    plain: bytes
    zipped: bytes
    until: float

    @classmethod
    def of(cls, html: str) -> Rendered:
        plain = html.encode()
        zipped = gzip.compress(plain, 1) if len(plain) > _WORTH else b""
        return cls(plain, zipped, time.monotonic() + KEPT_SECONDS)


class Memo:
    """In an incident many people look at the same page; nothing is kept once something was changed by one of them."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Rendered] = {}
        self._rendering = threading.Lock()
        self._forgotten = 0

    def page(self, key: Hashable, render: Callable[[], str]) -> Rendered:
        """One page is rendered at a time: two at once would only be slower."""
        with self._rendering:
            known = self._kept.get(key)
            if known and time.monotonic() < known.until:
                return known
            before = self._forgotten
            made = Rendered.of(render())
            self._kept = {each: page for each, page in self._kept.items() if page.until > time.monotonic()}
            if before == self._forgotten and len(self._kept) < _MOST:
                self._kept[key] = made
            return made

    def forget(self) -> None:
        self._forgotten += 1
        self._kept = {}
