"""What the configuration says of leases."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from exporter.queues.redis_streams import Redis
from exporter.units import Duration


class Terms(Redis):
    """The Redis, and for how many seconds the lead is taken."""

    length: Annotated[Duration, Field(ge=2, le=15)] = 10.0
    """How long a dead leader is waited for before another takes over; the lead is renewed three times within it."""
