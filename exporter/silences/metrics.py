"""What the desk tells of itself."""

from __future__ import annotations

from exporter.model import Metric

SILENCES = Metric(
    "order_health_silences",
    "Silences that stand, and acknowledgements of alerts that are open.",
    ("kind",),
)
LINKS = Metric(
    "order_health_card_links_total",
    "Openings of the signed links in cards by what came of them: done, or refused as forged, as used before, or as "
    "over because the alert or the link is.",
    ("result",),
    "counter",
)
KINDS = ("silence", "acknowledgement")
RESULTS = ("done", "forged", "used", "over")
