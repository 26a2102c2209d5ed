"""The section `alerts.alertmanager`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, SecretStr

from exporter.strict import Strict
from exporter.units import Duration


class Hearing(Strict):
    """How `POST /alertmanager` is taken: from whom, and for how long the same said twice is no repeat."""

    token: Annotated[SecretStr, Field(min_length=8)] | None = None
    """What the Alertmanager sends as its bearer token."""
    same_within: Annotated[Duration, Field(ge=1.0)] = 120.0
    """What two Alertmanagers of one cluster say within this time is told once."""
