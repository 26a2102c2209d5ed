"""Python's garbage collector stops every thread while it walks what is there: 0.3 s with two hundred shops."""

from __future__ import annotations

import gc
import time
from typing import Any

_HOUR = 3600.0


def leave_alone_what_stays() -> None:
    """What outlives a full collection is walked again once an hour, not every few seconds."""
    walked = time.monotonic()

    def collected(phase: str, info: dict[str, Any]) -> None:
        nonlocal walked
        if phase == "stop" and info["generation"] == _FULL:
            if time.monotonic() - walked > _HOUR:
                walked = time.monotonic()
                gc.unfreeze()
            else:
                gc.freeze()

    gc.freeze()
    gc.callbacks.append(collected)


_FULL = 2
