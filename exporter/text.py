"""Text as chat rooms measure and read it: bytes, letters, and the signs they would take for markup."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

SEPARATOR = " · "
"""Stands between the parts of one line; a channel that must shorten the line drops parts from its end."""

ELLIPSIS = "…"

_CALM, _SHORTEST_WORD = " ：，。；！？", 14

# Where no line ends: inside a word or a figure, between the parts of a length of time, before a space or a closing sign
_TOGETHER = re.compile(r"[!-~…]\0[!-~…]|\d(?:[dhms]|天|小时|分钟) \0\d|\0[\s：，。、；！？）》”’%,.:;!?)]|^\0")

_JOINER, _LONGEST_CLUSTER, _LONGEST_INPUT = "\u200d", 16, 4_000


def octets(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def letters(text: str) -> int:
    """Length as WeCom counts 字; an emoji is counted as two, because nobody says that it is one."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, limit: int, size: Callable[[str], int] = octets) -> str:
    """At most `limit` of `text`, ended by a visible "…" and never inside what the eye sees as one sign."""
    if size(text) <= limit:
        return text
    kept, room = [], limit - size(ELLIPSIS)
    if room < 0:
        return ""
    for cluster in _clusters(text):
        room -= size(cluster)
        if room < 0:
            break
        kept.append(cluster)
    return "".join(kept).rstrip() + ELLIPSIS


def cut_parts(line: str, limit: int, gap: str = SEPARATOR) -> str:
    """As many whole parts of "a · b · c" as fit into `limit` letters; a first part too long is left as it is."""
    parts = line.split(SEPARATOR)
    while len(parts) > 1 and letters(gap.join(parts)) > limit:
        parts.pop()
    return gap.join(parts)


def broken(text: str, limit: int) -> tuple[str, str]:
    """The first line of at most `limit` letters and what remains; it ends between words, best where a space stands."""
    if letters(text) <= limit:
        return text, ""
    at, first, calm, torn = 0, 0, 0, 0
    for cluster in _clusters(text):
        if at and letters(text[:at].rstrip()) > limit:
            break
        if not _TOGETHER.search(f"{text[:at][-4:]}\0{cluster[0]}"):
            first = at
            calm = at if text[at - 1] in _CALM and letters(text[:at]) * 2 > limit else calm
        torn, at = at, at + len(cluster)
    end = calm or first or torn
    return text[:end].rstrip(), text[end:].lstrip()


def squeezed(text: str, excess: int) -> str:
    """`text` without that many letters from the middle of its longest word (a path, a name), or a few less."""
    word = max(text.split(), key=len, default="")
    less = min(excess + 1, len(word) - _SHORTEST_WORD)
    if less <= 1 or not word.isascii():
        return text
    kept = len(word) - less
    return text.replace(word, f"{word[: kept // 2]}{ELLIPSIS}{word[len(word) - (kept - kept // 2) :]}", 1)


def stack(blocks: Iterable[str], limit: int, gap: str = "\n\n") -> str:
    """The blocks that fit into `limit` bytes, whole and in order; "…" stands for those that do not."""
    kept: list[str] = []
    room = limit
    waiting = [block for block in blocks if block]
    for number, block in enumerate(waiting):
        reserve = octets(gap + ELLIPSIS) if number + 1 < len(waiting) else 0
        room -= octets(block) + (octets(gap) if kept else 0)
        if room < reserve:
            return gap.join([*kept, ELLIPSIS]) if kept else cut(f"{block}{gap}{ELLIPSIS}", limit)
        kept.append(block)
    return gap.join(kept)


def one_line(text: str, limit: int = 2_000) -> str:
    """At most `limit` letters on one line, without the signs that cannot be seen or that turn text around."""
    seen = "".join(sign for sign in text[:_LONGEST_INPUT] if sign.isspace() or _visible(sign))
    return cut(" ".join(seen.split()), limit, letters)


def half(text: str, language: str) -> str:
    """Of a reason that is told as "中文 / English" the part in that language, zh or en; any other text as it is."""
    chinese, _, english = text.partition(" / ")
    told = english and not chinese.isascii() and english.isascii()
    return (chinese if language == "zh" else english) if told else text


def halves(text: str, language: str) -> str:
    """Of every part of "a · b" the half in that language."""
    return SEPARATOR.join(half(part, language) for part in text.split(SEPARATOR))


def harmless(text: str, limit: int = 48) -> str:
    """Foreign text as both rooms show it letter by letter: no markup, no HTML, no link, no call of a person.

    The look-alikes are the full-width forms; an order number such as `SO_2026-1 #7` stays as it is.
    """
    return cut(_inert(one_line(text)), limit, letters)


def opening(text: str, limit: int = 48) -> str:
    """`harmless` for text that begins a line, where `#`, `>`, `-` and `1.` are markup too."""
    return _BEGIN.sub(lambda found: found[0].translate(_WIDE), harmless(text, limit))


def masked(text: str) -> str:
    """Free text without the middle of mobile numbers and identity numbers; never ask it of an order number."""
    return _IDENTITY.sub(_mask_identity, _MOBILE.sub(r"\1****\2", text))


_WIDE = str.maketrans({sign: chr(ord(sign) + 0xFEE0) for sign in "*_`[]<>~|\\&@#-+=.):/"})
_SIGNS = re.compile(r"[*`\[\]<~|\\&@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=\bwww)\.|^>", re.IGNORECASE)
_BEGIN = re.compile(r"^(?:[#>=]+|[-+](?=\s|$)|-{2,}|\d{1,9}[.)](?=\s|$))")

_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)\d{4}(\d{4})(?!\d)")
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2][1-9]|[123]0|31)\d{3}[\dXx](?!\w)")
_WEIGHTS, _CHECKS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), "10X98765432"


def _inert(text: str) -> str:
    return _SIGNS.sub(lambda found: found[0].translate(_WIDE), text)


def _mask_identity(found: re.Match[str]) -> str:
    # the check digit tells an identity number from a long order number that only looks like one
    number = found[0].upper()
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return f"{number[:4]}**********{number[-4:]}" if _CHECKS[total % 11] == number[17] else found[0]


def _visible(sign: str) -> bool:
    return sign == _JOINER or unicodedata.category(sign)[0] != "C"


def _clusters(text: str) -> Iterator[str]:
    cluster = ""
    for sign in text:
        if cluster and (not _joins(cluster, sign) or len(cluster) >= _LONGEST_CLUSTER):
            yield cluster
            cluster = ""
        cluster += sign
    if cluster:
        yield cluster


def _joins(cluster: str, sign: str) -> bool:
    if sign == _JOINER or cluster[-1] == _JOINER or _is_skin_tone(sign):
        return True
    if _is_flag_letter(sign):
        return len(cluster) == 1 and _is_flag_letter(cluster)
    return unicodedata.category(sign)[0] == "M"


def _is_flag_letter(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _is_skin_tone(sign: str) -> bool:
    return "\U0001f3fb" <= sign <= "\U0001f3ff"
