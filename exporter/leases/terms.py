"""What the configuration says of leases."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from exporter.queues.redis_streams import Redis
from exporter.units import Duration


class Terms(Redis):
    """The Redis, and for how many seconds the lead is taken: after a crash the next one begins so much later."""

    length: Annotated[Duration, Field(ge=2, le=15)] = 10.0
    """How long the lead is taken for: after a crash another sidecar begins so much later."""
