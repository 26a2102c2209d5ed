"""What a client can read: compressed or not, Chinese or English."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.requests import Request

    from exporter.web.status import Language

_LONGEST = 1000  # longer headers are nobody's, and are not kept


def accepts_gzip(encoding: bytes | None) -> bool:
    """Only where gzip (or anything) is named, and not with q=0."""
    return bool(encoding) and len(encoding or b"") <= _LONGEST and _gzip(encoding or b"")


@lru_cache(maxsize=64)
def _gzip(encoding: bytes) -> bool:
    liked = _preferences(encoding.decode("latin-1"))
    return liked.get("gzip", liked.get("*", 0.0)) > 0


def language(request: Request) -> Language:
    """`?lang=` first, then Accept-Language; Chinese where nothing is said."""
    asked = request.query_params.get("lang")
    if asked == "zh":
        return "zh"
    if asked == "en":
        return "en"
    liked = _preferences(request.headers.get("accept-language", "")[:_LONGEST])
    likes = {each: max((q for name, q in liked.items() if name.startswith(each)), default=0.0) for each in ("zh", "en")}
    return "en" if likes["en"] > likes["zh"] else "zh"


def _preferences(header: str) -> dict[str, float]:
    """The names of an Accept-* header, lower case, with their q."""
    found = {}
    for choice in header.lower().split(","):
        name, _, rest = choice.partition(";")
        key, _, quality = rest.strip().partition("=")
        try:
            found[name.strip()] = float(quality) if key == "q" else 1.0
        except ValueError:
            found[name.strip()] = 0.0
    return found
