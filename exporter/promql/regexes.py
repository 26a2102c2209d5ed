"""Regular expressions as RE2 reads them, or a refusal: Python's `re` is not RE2."""

from __future__ import annotations

import re
import warnings
from functools import cache

from exporter.promql.vector import NEWEST, Version

_TOKEN = re.compile(
    r"\\x[0-9A-Fa-f]{2}|\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?P?<?[^:)>]*[:)>]|[*+?}][*+]|\{,|.", re.DOTALL
)
_ESCAPE = r"\\(?![dDwWsSbBAafnrtv]|x[0-9A-Fa-f]{2}|[^0-9A-Za-z])"
_FOREIGN = (
    (re.compile(rf"(?s:{_ESCAPE}.*|\[.*{_ESCAPE}.*)"), "the escape {}"),
    (re.compile(r"(?s:\[.*\[:.*)"), "the character class {}"),
    (re.compile(r"\(\?(?!-?[ims]+-?[ims]*[:)]|:|P<\w+>).*"), "the group {}"),
    (re.compile(r"[*+?}][*+]|\{,"), "the quantifier {}"),
)


@cache
def anchored(pattern: str, version: Version = NEWEST) -> re.Pattern[str]:
    """The pattern, ready for `fullmatch`; ValueError names what RE2 or Python would read differently.

    A dot is any character in Prometheus 3, and any but a line break in Prometheus 2.
    """
    for token in _TOKEN.findall(pattern):
        for foreign, name in _FOREIGN:
            if foreign.fullmatch(token):
                raise ValueError(f"the regular expression {pattern!r} uses {name.format(token)}; write it without")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)
            return re.compile(pattern, re.ASCII | (re.DOTALL if version == NEWEST else 0))
    except (re.error, FutureWarning) as error:
        raise ValueError(f"the regular expression {pattern!r} cannot be used here: {error}") from error
