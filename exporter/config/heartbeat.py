"""The section `alerts.heartbeat`: who is told, or what is asked, regularly as long as everything goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, SecretStr, model_validator

from exporter.strict import Strict
from exporter.units import Duration


class Heartbeat(Strict):
    """A small card in the channels `to`, or a GET of `url`; `every` is a day for cards and a minute for a `url`.

    The address is a secret: whoever knows it can keep the service quiet that waits for it.
    """

    to: list[str] = Field(default_factory=list)
    """Channels that get a small card …"""
    url: SecretStr | None = None
    """… or an address that is asked, of a service that tells when nobody asks any more."""
    every: Annotated[Duration, Field(ge=10)] | None = None
    """How often; unless set, daily for a card and every minute for an address."""

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if bool(self.to) == (self.url is not None):
            raise ValueError("name either the channels `to` or a `url`; for both write two, as a list")
        if self.url and not self.url.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("`url` is no address; write for example https://hc-ping.com/…")
        return self

    @property
    def key(self) -> str:
        """Tells it from the others; of an address it is the address, and as secret."""
        return self.url.get_secret_value() if self.url else ",".join(self.to)

    @property
    def seconds(self) -> float:
        """From one to the next."""
        return self.every or (60.0 if self.url else 86400.0)


def _listed(given: Any) -> Any:
    return [given] if isinstance(given, Mapping | Heartbeat) else given


Heartbeats = Annotated[list[Heartbeat], BeforeValidator(_listed)]
"""One alone may be written as it is."""
