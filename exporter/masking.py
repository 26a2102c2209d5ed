"""SQL as it may be shown: its shape without what it says about customers."""

from __future__ import annotations

import re

_LITERAL = "'?'"

# A quote after a backslash ends the text in one database and not in another: then all that follows is hidden.
# So is what stands after a quote that nobody closes: statements are cut short by the servers that keep them.
_HIDDEN = re.compile(
    r"""(?P<text>'(?:[^'\\]|\\[^'"]|'')*(?:'|\Z|\\[\s\S]*)|"(?:[^"\\]|\\[^'"]|"")*(?:"|\Z|\\[\s\S]*))
    |(?P<dollar>\$(?P<tag>\w*)\$(?:[\s\S]*?\$(?P=tag)\$|[\s\S]*))
    |(?P<comment>/\*(?:[\s\S]*?\*/|[\s\S]*)|(?:--|\#)[^\r\n]*)
    |(?P<name>`[^`]*`?)""",
    re.VERBOSE,
)
_PERSON = r"""[\w.+%-]+@[\w-]+(?:\.[\w-]+)*            # e-mail
    |(?<![A-Za-z0-9])o[A-Za-z0-9_-]{27}(?![\w-])  # WeChat's openid
    |(?<!\d)(?:\d[ -]?){10,18}[\dXx](?!\w)       # phones, identity cards and bank cards, in groups too"""
_PERSONAL = re.compile(_PERSON, re.VERBOSE)
_TELLING = re.compile(_PERSON + "\n" + r"|0x[0-9A-Fa-f]{4,}|\d{5,}", re.VERBOSE)  # the line break ends the comment


def value(text: str) -> str:
    """A value that becomes a label: what looks like a person's number or address is hidden, other numbers are not."""
    return _PERSONAL.sub("?", text)


def statement(text: str) -> str:
    """SQL with `?` for texts, comments left out, and nothing that looks like a person's number or address.

    Numbers of more than four digits are hidden everywhere, in names as well.
    """
    return _TELLING.sub("?", " ".join(_HIDDEN.sub(_shown, text).split()))


def _shown(found: re.Match[str]) -> str:
    if found["name"]:
        return found["name"]
    return " " if found["comment"] else _LITERAL
