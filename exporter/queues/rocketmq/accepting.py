"""How large a message a broker takes: its `maxMessageSize`, for all of its topics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled
from exporter.queues.rocketmq.frames import Read

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.rocketmq.cluster import Keeper

_SETTING = re.compile(rb"^maxMessageSize=(\d{1,18})\s*$", re.MULTILINE)


def accepts(keeper: Keeper, deadline: Deadline) -> int:
    """Of all that the broker is configured with this one number is looked at."""
    found = _SETTING.search(keeper.ask(Read.BROKER_CONFIG, {}, "how large a message it takes", deadline))
    if not found:
        raise Garbled(f"{keeper.link.name} does not tell its maxMessageSize")
    return int(found[1])
