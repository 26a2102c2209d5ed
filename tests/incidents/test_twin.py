"""The sidecar and a real Prometheus judge the same shop by the same files, and say the same."""

from __future__ import annotations

import re

import pytest

from tests.incidents.twin import change, differences, twin

pytestmark = [pytest.mark.server, pytest.mark.timeout(200)]

STOCK = "UPDATE inventory SET quantity = {} WHERE warehouse_id = 'guangzhou' AND sku_id = 'SKU-10007'"
STOCK_RULE = "alertname", "StockBelowZero"
FLAPS = 3
MEANT = [
    # nothing is absent here until every probe has run once; Prometheus begins with an empty history
    "NoProbeSucceeded: 0 times here, N there",
    # a probe that fails has no samples: there the alert is over and begins anew, here nobody knows and it stays
    "StockBelowZero shanghai: 1 times here, 2 there",
]
"""Where the two differ because they shall (docs/design.md)."""


def test_both_judges_name_the_same_alerts_with_the_same_labels_texts_and_times(tmp_path):
    def flap(shop, over):
        """A fault that comes and goes; then a probe that fails for a while."""
        over.wait(12)
        for _ in range(FLAPS):
            change(shop, STOCK.format(-1))
            over.wait(5)
            change(shop, STOCK.format(40))
            over.wait(6)
        change(shop, "ALTER TABLE inventory RENAME TO away")
        over.wait(7)
        change(shop, "ALTER TABLE away RENAME TO inventory")

    ours, theirs = twin(tmp_path, 75, flap)
    names = {dict(key)["alertname"] for key in ours.spans}
    found = differences(ours, theirs)
    assert len(names) >= 12
    [flapping] = [spans for key, spans in ours.spans.items() if {("warehouse", "guangzhou"), STOCK_RULE} <= key]
    assert len([span for span in flapping if span.fired]) == FLAPS
    assert [re.sub(r"^(NoProbe.*) \d+ there", r"\1 N there", each) for each in found] == MEANT
