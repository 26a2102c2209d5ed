"""Our words for a shop's tables and columns: read from a preset, from `config.yaml`, or from both."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, TypeAdapter, field_validator, model_validator

from exporter.mapping.presets import expanded, presets
from exporter.mapping.tables import Callbacks, Events, Orders, PartnerEvents, Reservations, Stock, TableMap
from exporter.mapping.values import Text, Time, TimeKind, Zone
from exporter.strict import Strict, fault, faults, unknown

if TYPE_CHECKING:
    from datetime import tzinfo

__all__ = ["WORDS", "Mapping", "TableMap", "Tables", "load"]

WORDS = ("orders", "callbacks", "stock", "reservations", "events", "partner_events")

Check = Literal[
    "orders", "callbacks", "negative_stock", "reservations",
    # single kinds of `order_health_payment_anomalies` that a shop's tables cannot show
    "pending_paid", "paid_after_close", "orphan_callback", "paid_without_callback", "amount_mismatch", "callback_storm",
    "double_payment", "missing_transaction", "half_written", "time_order", "retry_exhausted",
]  # fmt: skip


class Mapping(Strict):
    """A shop in our words. `zone` is the zone of its DATETIME columns."""

    title: str = ""
    zone: Zone = Field(default="+08:00", validate_default=True)
    orders: Orders | None = None
    callbacks: Callbacks | None = None
    stock: Stock | None = None
    reservations: Reservations | None = None
    events: Events | None = None
    partner_events: PartnerEvents | None = None
    not_applicable: dict[Check, Text] = Field(default_factory=dict)

    def table(self, word: str) -> TableMap | None:
        found: TableMap | None = getattr(self, word)
        return found

    def clock(self, word: str, column: str) -> tuple[TimeKind, tzinfo]:
        """How this column of ours writes a moment, and in which zone."""
        table = self.table(word)
        time = table.time if table else Time()
        clock = time.columns.get(column, time)
        return clock.kind, clock.zone or time.zone or self.zone

    @field_validator("not_applicable", mode="before")
    @classmethod
    def _checks(cls, given: Any) -> Any:
        wrong = [check for check in given if check not in get_args(Check)] if isinstance(given, dict) else []
        if wrong:
            texts = {check: f"unknown check; {unknown(check, get_args(Check))}" for check in wrong}
            raise faults(
                "Mapping", [fault((str(check),), "unknown_key", texts[check], given[check]) for check in wrong]
            )
        return given

    @model_validator(mode="after")
    def _joined(self) -> Self:
        if not any(self.table(word) for word in WORDS):
            text = f"no table is mapped; write at least one of {', '.join(WORDS)}, or a preset's name"
            raise faults("Mapping", [fault((), "empty", text, None)])
        if self.callbacks and self.orders and "trade_no" not in self.orders.columns:
            text = "callbacks cannot be joined to orders; which column of orders holds the number that callbacks name?"
            raise faults("Mapping", [fault(("orders", "columns", "trade_no"), "unset", text, None)])
        return self


@cache
def _preset(name: str) -> Mapping:
    return Mapping.model_validate(expanded(name))  # one for all shops of that kind


def _written(given: object) -> object:
    return _preset(given) if isinstance(given, str) and given in presets() else expanded(given)


Tables = Annotated[Mapping, BeforeValidator(_written)]
"""`tables:` of a shop, as `config.yaml` may write it."""


def load(given: str | dict[str, Any]) -> Mapping:
    """The mapping of a preset's name, of a mapping written out, or of both; ValidationError tells all faults."""
    return TypeAdapter(Tables).validate_python(given)
