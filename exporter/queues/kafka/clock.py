"""The time that the age of a message is told by: Kafka tells its own nowhere, and a message's is its producer's."""

from __future__ import annotations

import time


def now() -> int:
    """Milliseconds since 1970, by this machine's clock."""
    return time.time_ns() // 1_000_000
