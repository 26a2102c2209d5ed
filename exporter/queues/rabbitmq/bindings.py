"""Which ways lead to a queue, and which of them a queue of ours may share without changing anything for the others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exporter.queues.errors import Garbled, Unsupported

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline
    from exporter.queues.rabbitmq.api import Api

_COPYING = ("direct", "fanout", "topic", "headers")
"""Exchanges that give a copy to each queue that is bound. Others (x-consistent-hash, x-random …) share messages out:
ours would take them away from the consumers."""

_DELAYED = "x-delayed-message"


@dataclass(frozen=True, slots=True)
class Binding:
    """`arguments`: as JSON."""

    exchange: str
    key: str
    arguments: str


def bindings(api: Api, queue: str, deadline: Deadline) -> frozenset[Binding]:
    """Those that can be shared; raises Missing, or Unsupported where there is none."""
    told = api.of_queue(queue, "bindings", deadline=deadline).value
    if not isinstance(told, list) or not all(isinstance(each, Mapping) for each in told):
        raise Garbled("the management plugin tells the bindings of a queue in a form that cannot be read")
    found = [_binding(each) for each in told if each.get("source")]
    if not found:
        raise Unsupported(
            f"no exchange is bound to {queue}: its messages come by the default exchange, which cannot be shared; let "
            "producers publish to an exchange of your own that is bound to it, for example a direct one"
        )
    copying = {name for name in {each.exchange for each in found} if _copies(api, name, deadline)}
    if not copying:
        raise Unsupported(
            f"the exchanges that {queue} is bound to share messages out instead of copying them: another queue there "
            f"would take messages away; sizes can be told behind {', '.join(_COPYING)} exchanges"
        )
    return frozenset(each for each in found if each.exchange in copying)


def _binding(told: Mapping[str, Any]) -> Binding:
    match told:
        case {"source": str(exchange), "routing_key": str(key), "arguments": dict(arguments)}:
            return Binding(exchange, key, json.dumps(arguments, sort_keys=True))
    raise Garbled("the management plugin tells the bindings of a queue in a form that cannot be read")


def _copies(api: Api, exchange: str, deadline: Deadline) -> bool:
    """Not one that was deleted just now."""
    told = api.listed("exchanges", exchange, deadline, columns="name,type,arguments")
    kind, arguments = told.get("type"), told.get("arguments")
    if kind == _DELAYED and isinstance(arguments, Mapping):
        kind = arguments.get("x-delayed-type")
    return kind in _COPYING
