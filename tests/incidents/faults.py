"""The incidents, row by row: who is told what, and in which room."""

from __future__ import annotations

from tests.incidents import deeds
from tests.incidents.fault import Fault
from tests.incidents.ground import GROUP, TOPIC

FAULTS = (
    Fault(
        1, "paid, yet pending: 142, of which 89 paid", "OrdersPaidYetPending", "orders", "89 orders are paid yet still pending",
        lambda m: m.total("pending_paid_orders", shop="main") == deeds.PAID and (m.total("pending_orders") or 0) >= deeds.PENDING, deeds.stuck,
        deeds.pay,
        besides=("The oldest paid order has waited",), patient=4,
    ),
    Fault(
        1, "callback locks without expiry", "CallbackLocksWithoutExpiry", "orders", "3 locks of payment callbacks have no expiry",
        lambda m: m.total("callback_locks", kind="no_expiry") == 3, deeds.lock_forever, deeds.unlock, patient=2,
    ),
    Fault(
        2, "a failed transfer leaves -1 in A", "StockBelowZero", "stock", "1 SKUs below zero",
        lambda m: m.total("stock_lowest_quantity", shop="main", warehouse="A") == -1, deeds.transfer_half, deeds.give_back,
    ),
    Fault(
        2, "stock is held and nobody pays", "StaleReservations", "stock", "4 stale stock reservations",
        lambda m: m.total("stale_reservations", shop="main", warehouse="B") == 4, deeds.hold,
        deeds.let_go, critical=False, patient=10,
    ),
    Fault(
        3, "the export comes from nginx's cache", "ExportFromCache", "finance", "The export export is answered from a cache",
        lambda m: m.total("export_cached", shop="main") == 1,
        lambda place: place.ground.site.cache(True) or (), lambda place: place.ground.site.cache(False),
        evidence=("X-Cache: HIT",),
    ),
    Fault(
        3, "the replica is 800 ms behind", "ReplicaLag", "finance", "The replica reporting is",
        lambda m: 0.75 <= (m.total("replica_lag_seconds", method="gtid") or 0) <= 2, deeds.lag, deeds.catch_up, every=0.5, critical=False,
    ),
    Fault(
        4, "88 % without a start of fulfilment", "FulfilmentStartMissing", "stock", "88% of orders have no start of fulfilment",
        lambda m: m.total("fulfilment_start_missing_ratio", shop="goods") == 0.88, deeds.start_missing, deeds.starts_written,
        patient=1, critical=False,
    ),
    Fault(
        4, "an event of the shop's log", "OrderEventWarning", "stock", "1 order events: shipment",
        lambda m: m.total("order_events", shop="goods") == 1, deeds.delayed, deeds.nothing, critical=False, once=True,
    ),
    Fault(
        5, "a search without its index", "SearchOverBudget", "dba", "The search by_phone takes",
        lambda m: m.total("search_full_scan", search="by_phone") == 1, deeds.lose_index, deeds.index,
        evidence=("order_search",), patient=2, critical=False, besides=("The search by_phone reads a whole table",),
    ),
    Fault(
        6, "a picture of 12 MB in a message", "HugeMessage", "queues", "order_created holds 1 messages over 1 MB",
        lambda m: m.total("recent_oversize_messages", size="huge") == 1, deeds.picture, deeds.nothing, lasts=10,
    ),
    Fault(
        6, "consumers stand still", "ConsumersStandStill", "queues", f"{GROUP} has consumed nothing of {TOPIC}",
        lambda m: (m.total("consumer_stalled_seconds") or 0) > 0, deeds.nothing, deeds.nothing, patient=4,
    ),
    Fault(
        7, "signed, twice", "PartnerEventsRepeated", "partners", "1 partner events told twice",
        lambda m: m.total("partner_duplicate_events", shop="goods") == 1, deeds.twice, deeds.nothing, critical=False, lasts=60,
        over="repeated events of sf", besides=("Partner events have no unique key",),
    ),
    Fault(
        7, "a mapped column is dropped", "SchemaChangeBreaks", "dba", "The shape of stock is broken",
        lambda m: (m.total("schema_changes", shop="goods", change="mapped_column_gone") or 0) == 1, deeds.drop_column, deeds.column_back,
        over="changes to the shape of stock",
        lasts=10, besides=("additions to the shape of stock", "The probe negative_stock"),
    ),
)  # fmt: skip
