"""Names and values as text of SQL, in the one form that no setting of the server or the client reads otherwise."""

from __future__ import annotations

import re
from decimal import Decimal

from exporter.text import cut

_PLAIN = re.compile(r"[ -&(-\[\]-~]*", re.ASCII)
"""What stands in quotes as it is: printable ASCII without the quote and the backslash."""

_LONGEST = 200


def name(family: str, *parts: str | None) -> str:
    """A table or column, with its schema where one is given."""
    mark = "`" if family == "mysql" else '"'
    return ".".join(f"{mark}{part.replace(mark, mark * 2)}{mark}" for part in parts if part)


def literal(family: str, value: str | int | Decimal | bool) -> str:
    """Numbers bare, texts quoted. ValueError for a text that this family cannot hold."""
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE") if family == "postgresql" else str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}"
    return text(family, value)


def text(family: str, value: str) -> str:
    """A text in quotes; one with a backslash, a line break or foreign letters as MySQL's hexadecimal literal.

    A backslash in quotes means one thing with NO_BACKSLASH_ESCAPES and another without; letters depend on the client's
    character set, hexadecimal digits on nothing.
    """
    if _PLAIN.fullmatch(value.replace("'", "")):
        return "'" + value.replace("'", "''") + "'"
    octets = value.encode("utf-8")  # a lone surrogate is an UnicodeEncodeError, which is a ValueError
    if family == "mysql":
        return f"_utf8mb4 X'{octets.hex().upper()}'"
    if "\0" in value:
        raise ValueError("a text with a NUL cannot be written")
    if family == "sqlite":
        return f"CAST(X'{octets.hex().upper()}' AS TEXT)"
    return "E'" + "".join(map(_escaped, value)) + "'"


def _escaped(sign: str) -> str:
    return sign if _PLAIN.fullmatch(sign) else f"\\U{ord(sign):08X}"


def remark(line: str) -> str:
    """One line of a comment: whatever ends a line, turns text around or cannot be seen is written as its number."""
    return f"-- {''.join(map(_seen, cut(line, _LONGEST * 4)))}".rstrip()


def _seen(sign: str) -> str:
    return sign if sign.isprintable() else f"<U+{ord(sign):04X}>"
