"""One of our words as a table of the shop, and what each of the words is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from exporter.mapping.shards import Located, Route
from exporter.mapping.transforms import Steps, transformed
from exporter.mapping.values import Hop, Money, Name, OneOrMore, Time, Values
from exporter.strict import fault, faults, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import InitErrorDetails


class TableMap(Located):
    """One of our words as a table of the shop. Column names in `columns` values, `key` and `where` are the shop's.

    `where`: rows that count; None among the values means IS NULL. `success`: our column → raw values, all must
    hold. `empty`: raw values that mean "not set" in times and texts, never in numbers. `casefold`: numbers
    differ in nothing but case.
    """

    COLUMNS: ClassVar[tuple[str, ...]] = ()
    NEEDED: ClassVar[tuple[str, ...]] = ()
    KINDS: ClassVar[tuple[str, ...]] = ()

    key: Name = "id"
    route: Route | None = None
    where: dict[Name, OneOrMore] = Field(default_factory=dict)
    columns: dict[str, Name]
    status: dict[str, Values] = Field(default_factory=dict)
    success: dict[str, Values] = Field(default_factory=dict)
    time: Time = Time()
    money: Money = Money()
    empty: Values = ("", "0000-00-00 00:00:00")
    transform: dict[str, Steps] = Field(default_factory=dict)
    link: tuple[Hop, ...] = ()
    casefold: bool = False

    def statuses(self, *kinds: str) -> tuple[str | int, ...]:
        """The raw values of these kinds."""
        return tuple(raw for kind in kinds for raw in self.status.get(kind, ()))

    def status_kind(self, raw: object) -> str | None:
        """`pending`, `paid`, … of a raw value, None for one that is not mapped; 1 and "1" are the same."""
        return next((kind for kind, raws in self.status.items() if str(raw) in map(str, raws)), None)

    def transformed(self, column: str, value: str) -> str:
        return transformed(value, self.transform.get(column, ()))

    @field_validator("columns", "status", "success", "transform", mode="before")
    @classmethod
    def _our_words(cls, given: Any, info: Any) -> Any:
        known = cls.KINDS if info.field_name == "status" else cls.COLUMNS
        if isinstance(given, dict) and (wrong := [key for key in given if key not in known]):
            texts = {key: f"unknown {info.field_name} key; {unknown(key, known)}" for key in wrong}
            raise faults(cls.__name__, [fault((str(key),), "unknown_key", texts[key], given[key]) for key in wrong])
        return given

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if found := list(self._gaps()):
            raise faults(type(self).__name__, found)
        return self

    def _gaps(self) -> Iterator[InitErrorDetails]:
        for word in self.NEEDED:
            if word not in self.columns:
                yield fault(("columns", word), "unset", f"which column? write {word}: its_name", None)
        if "status" in self.columns and self.KINDS and not self.status:
            example = f"write status: {{{self.KINDS[0]}: [0]}} with the values that this shop uses"
            yield fault(("status",), "unset", f"the status column is mapped but its values are not; {example}", None)
        for place, name in _named(self):
            if name not in self.columns and name != "key":
                loc = {"time": ("time", "columns", name), "route": ("route", "by")}.get(place, (place, name))
                yield fault(loc, "unmapped", f"columns does not say which column {name} is", name)
        seen: dict[str, str] = {}
        for kind, raws in self.status.items():
            for raw in raws:
                if seen.setdefault(str(raw), kind) != kind:
                    text = f"{raw!r} stands under {seen[str(raw)]} too; keep it in one of them"
                    yield fault(("status", kind), "ambiguous", text, raw)


def _named(table: TableMap) -> Iterator[tuple[str, str]]:
    """Our columns that a part of the mapping other than `columns` speaks of."""
    parts: dict[str, Iterable[str]] = {
        "success": table.success,
        "transform": table.transform,
        "time": table.time.columns,
        "route": table.route.by if table.route else (),
    }
    return ((place, name) for place, part in parts.items() for name in part)


class Orders(TableMap):
    """`trade_no` is the number that callbacks name; often, not always, the order's own `number`.

    `started`: when its fulfilment began; `delivered`: when the customer had it, or confirmed it.
    """

    COLUMNS = ("number", "trade_no", "status", "amount", "currency", "channel", "created", "paid", "started",
               "shipped", "delivered", "updated", "transaction", "paid_flag", "warehouse")  # fmt: skip
    NEEDED = ("number",)
    KINDS = ("pending", "paid", "shipped", "done", "closed")


class Callbacks(TableMap):
    """What the payment channel told the shop. `link` leads from `trade_no` to the values of `orders.trade_no`."""

    COLUMNS = ("trade_no", "transaction", "amount", "currency", "received", "state", "channel")
    NEEDED = ("trade_no", "received")

    success: dict[str, Values]  # asked for: where every row is a success, that is said by {}


class Stock(TableMap):
    COLUMNS = ("warehouse", "sku", "quantity", "reserved")
    NEEDED = ("sku", "quantity")


class Reservations(TableMap):
    """`order_is` says what the column `order` holds: the key of the order's row, its `number` or its `trade_no`."""

    COLUMNS = ("order", "sku", "warehouse", "quantity", "created", "expires", "status")
    NEEDED = ("order", "created")
    KINDS = ("held", "released")

    order_is: Literal["key", "number", "trade_no"] = "key"


class Events(TableMap):
    """The shop's own log of what happened to orders; `elapsed` is how long it took, `owner` who is in charge."""

    COLUMNS = ("order", "event", "at", "elapsed", "owner")
    NEEDED = ("order", "event")


class PartnerEvents(TableMap):
    """What carriers and other partners told the shop about orders, one row each time."""

    COLUMNS = ("partner", "order", "event", "received")
    NEEDED = ("order", "event")
