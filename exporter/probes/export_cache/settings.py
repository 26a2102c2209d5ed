"""An export as this probe wants it described: how to get it, and what gives a cache away."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from exporter.download import Endpoint, Request, named
from exporter.strict import fault, faults
from exporter.units import seconds


def _covered(given: object) -> object:
    if given == "today" or (length := seconds(given)):
        return given if given == "today" else length
    raise ValueError("covers nothing; write today, or a length of time such as 24h")


class Export(Endpoint):
    covers: Annotated[Literal["today"] | float, BeforeValidator(_covered)] | None = None
    """The orders that must be in it, by their creation: today's, or those of a length of time up to now."""
    cache_headers: list[Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]] = Field(default_factory=list)
    """Names that your caches use beside the usual ones."""
    compare: bool = True
    """Asks once more with a further parameter, where no header tells."""
    anonymous: bool = True
    """Asks once more without credentials: that must not give the file."""
    head_is_cheap: bool = False
    """HEAD in place of GET; most caches turn it into a whole export."""

    @model_validator(mode="after")
    def _head(self) -> Self:
        if self.head_is_cheap and (self.task or self.method != "GET"):
            raise faults("Export", [fault(("head_is_cheap",), "head", "HEAD stands for a GET only; leave it out")])
        return self

    @property
    def what(self) -> str:
        """What a memory is of."""
        return f"{'HEAD ' if self.head_is_cheap else ''}{self.place} {self.covers}"

    def usual(self) -> Request:
        """What people send, by HEAD where that is configured."""
        return replace(self.request(), method="HEAD") if self.head_is_cheap else self.request()


Exports = Annotated[
    list[Annotated[Export, BeforeValidator(Export.written)]],
    Field(min_length=1),
    AfterValidator(lambda given: list(named(given).values())),
]
