"""Topics as the settings of a probe name them: of the shop's only queue, or by queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import StringConstraints

from exporter.strict import fault, faults, unknown

Told = TypeVar("Told")

ONLY = ""
"""Stands for the shop's only queue until its name is known."""

Topic = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]


def listed(given: Any) -> Any:
    """`[order_created]`, or several queues: `{orders: [order_created], stock: [stock_changed]}`."""
    return {ONLY: given} if isinstance(given, list | tuple) else given


def mapped(given: Any) -> Any:
    """`{order_created: [order-service]}`, or several queues: `{orders: {order_created: [order-service]}}`."""
    if not isinstance(given, Mapping):
        return given
    nested = {isinstance(each, Mapping) for each in given.values()}
    if len(nested) > 1:
        raise ValueError(
            "some of these are topics and some are queues; write {order_created: [order-service]} where the shop has "
            "one queue, and {orders: {order_created: [order-service]}} where it has several"
        )
    return given if True in nested else {ONLY: given}


def named(topics: Mapping[str, Told], queues: Collection[str]) -> Mapping[str, Told]:
    """Each under the name of its queue; raises a ValidationError that says which queue is not there."""
    if ONLY in topics and len(queues) != 1:
        several = f"the shop has several queues; say which one: topics: {{{next(iter(queues), '')}: …}}"
        none = "the shop has no queues; write for example queues: {orders: rocketmq://10.0.0.7:9876} beside `database:`"
        raise faults("topics", [fault(("topics",), "dangling", several if queues else none)])
    if found := [
        fault(("topics", name), "dangling", f"no queue {name!r}; {unknown(name, queues, 'queues')}")
        for name in topics
        if name != ONLY and name not in queues
    ]:
        raise faults("topics", found)
    return {name or next(iter(queues)): each for name, each in topics.items()}
