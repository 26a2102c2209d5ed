"""Topics as the settings of a probe name them: of the shop's only queue, or by queue."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, Field, StringConstraints, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Validator

from exporter.strict import below, fault, faults, unknown

Told = TypeVar("Told")

ONLY = ""
"""Stands for the shop's only queue until its name is known."""

MOST = 100
"""Topics of one queue."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f]+$")]


Names = Annotated[tuple[Name, ...], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)]
"""A list, or one name without the brackets."""


def _listed(given: Any, handler: Validator) -> Any:
    return _checked({ONLY: given} if isinstance(given, list | tuple | str) else given, handler)


def mapped(example: str) -> WrapValidator:
    """`example`: what is written of a topic."""

    def validate(given: Any, handler: Validator) -> Any:
        nested = {isinstance(each, Mapping) for each in given.values()} if isinstance(given, Mapping) else {True}
        if len(nested) > 1:
            raise ValueError(
                f"some of these are topics and some are queues; write {{order_created: {example}}} where the shop has "
                f"one queue, and {{orders: {{order_created: {example}}}}} where it has several"
            )
        return _checked(given if True in nested else {ONLY: given}, handler)

    return WrapValidator(validate)


def _checked(given: Any, handler: Validator) -> Any:
    """Faults are told where they stand in what was written: there was no ONLY in it."""
    try:
        return handler(given)
    except ValidationError as error:
        found = below((), error)
        for each in found:
            each["loc"] = tuple(part for part in each.get("loc", ()) if part != ONLY)
        raise faults("topics", found) from None


Listed = Annotated[
    dict[str, Annotated[Names, Field(min_length=1, max_length=MOST)]], Field(min_length=1), WrapValidator(_listed)
]
"""`[order_created]`, or several queues: `{orders: [order_created], stock: [stock_changed]}`."""

Mapped = Annotated[
    dict[str, Annotated[dict[Name, Names], Field(min_length=1, max_length=MOST)]],
    Field(min_length=1),
    mapped("[order-service]"),
]
"""`{order_created: [order-service]}`, or several queues: `{orders: {order_created: [order-service]}}`."""


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
