"""What several panels ask of a shop."""

from __future__ import annotations

from tools.dashboards.nouns import Query, Words

PENDING = 'sum by (shop) (order_health_pending_paid_orders{shop=~"$shop"})'
MONEY = 'sum by (shop, currency) (order_health_pending_paid_amount{shop=~"$shop"})'
BELOW_ZERO = 'sum by (shop) (order_health_negative_stock_skus{shop=~"$shop"})'
LATE = 'sum by (shop) (order_health_fulfilment_late_orders{shop=~"$shop"})'
CACHED = 'sum by (shop) (order_health_export_cached{shop=~"$shop"})'
FAILING = 'sum by (shop) (1 - order_health_probe_success{shop=~"$shop"})'
USUAL = (
    Query(
        'sum by (shop, event) (order_health_orders_last_hour{shop=~"$shop"})',
        Words("{{shop}} {{event}} 近一小时", "{{shop}} {{event}}, last hour"),
    ),
    Query(
        'sum by (shop, event) (order_health_orders_expected{shop=~"$shop", event!="paid_of_created"})',
        Words("{{shop}} {{event}} 平时", "{{shop}} {{event}}, as usual"),
        "usual",
    ),
)


def alerts(chosen: str) -> str:
    """Open alerts; once, also where both Prometheus and the sidecar (`alerts: export`) tell of them."""
    return f'max without (job, instance) (ALERTS{{alertstate="firing", {chosen}}})'


def firing(severity: str) -> str:
    """How many alerts of these severities, a regular expression, are open; 0 where a shop is watched and has none."""
    chosen = f'severity=~"{severity}", shop=~"$shop"'
    return (
        f"count by (shop) ({alerts(chosen)}) "
        'or on (shop) 0 * count by (shop) (order_health_probe_success{shop=~"$shop"})'
    )
