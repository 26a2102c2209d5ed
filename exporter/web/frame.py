"""Where a page stands: how its links lead to the others, and to itself in the other language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from exporter.web.negotiation import language

if TYPE_CHECKING:
    from starlette.requests import Request

    from exporter.model import Name
    from exporter.web.status import Language


@dataclass(frozen=True, slots=True)
class Frame:
    """`up` leads to the status page, whatever stands before it in the address; `query` is what the page was asked with.

    `chosen`: the language was, by `?lang=`, and goes along with every link.
    """

    language: Language = "zh"
    up: str = ""
    chosen: bool = False
    query: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request, **query: str) -> Frame:
        """`query` is what of the address stands for something that exists: nothing else comes back in the page."""
        raw = request.scope.get("raw_path") or request.url.path.encode()
        deep = raw.partition(b"?")[0].count(b"/") - 1
        chosen = request.query_params.get("lang") in ("zh", "en")
        return cls(language(request), "../" * deep, chosen, {key: each for key, each in query.items() if each})

    def to(self, path: str = "", **query: str) -> str:
        """A link to another page; `path` is from the status page on, its parts already quoted."""
        return f"{self.up}{path}{self.asked(**query)}" or "./"

    def asked(self, **query: str) -> str:
        """What follows the path of a link: these, and the language where it was chosen."""
        wanted = {key: each for key, each in query.items() if each}
        return _asked(wanted | {"lang": self.language} if self.chosen else wanted)

    def probe(self, name: Name) -> str:
        return self.to("probes/" + "/".join(quote(each, safe="") for each in name if each))

    def alert(self, fingerprint: str) -> str:
        return self.to(f"alerts/{quote(fingerprint, safe='')}")

    def runbook(self, probe: str, shop: str = "") -> str:
        return self.to(f"runbooks/{quote(probe, safe='')}", shop=shop)

    @property
    def other(self) -> str:
        """This page in the other language."""
        return _asked({**self.query, "lang": "en" if self.language == "zh" else "zh"})


def _asked(query: Mapping[str, str]) -> str:
    return f"?{urlencode(query)}" if query else ""
