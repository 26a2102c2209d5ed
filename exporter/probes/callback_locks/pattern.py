"""Keys of locks: a text with the trade number in it."""

from __future__ import annotations

import re
from dataclasses import dataclass

_PLACE = "{out_trade_no}"
_SHORTEST = 3
_GLOB = re.compile(r"([*?\[\]^\\])")

_NUMBER = r"(?=[^\d]*\d)(?P<number>[A-Za-z0-9_|*@-]{1,64})"
"""As WeChat Pay and Alipay allow them, and never without a digit: `pay_callback_total` is a counter and no lock."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """`glob`: what to ask Redis for."""

    text: str
    glob: str
    _keys: re.Pattern[str]

    @classmethod
    def read(cls, text: str) -> Pattern:
        """Raises ValueError, which says what to write."""
        before, place, after = text.partition(_PLACE)
        if not place or _PLACE in after:
            raise ValueError(f"must hold {_PLACE} once; write for example pay_callback_{_PLACE}")
        if len(before + after) < _SHORTEST:
            raise ValueError(f"would take every key for a lock; write what else its keys hold: pay_callback_{_PLACE}")
        glob = "*".join(_GLOB.sub(r"\\\1", part) for part in (before, after))
        return cls(text, glob, re.compile(re.escape(before) + _NUMBER + re.escape(after), re.ASCII))

    def number(self, key: str) -> str | None:
        """The trade number in the key; None where the key is no lock."""
        found = self._keys.fullmatch(key)
        return found["number"] if found else None
