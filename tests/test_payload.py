"""The JSON of a group: what an Alertmanager would send, and beside it our evidence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from exporter import webhook
from exporter.model import Alert, Case, Flip
from exporter.model.grouping import fingerprint
from exporter.payload import LARGEST, NEVER, fitting, payload
from tests.groups import told

AT = datetime(2026, 11, 22, 18, 20, 0, 4000, tzinfo=UTC)


def stock(warehouse="hangzhou", status="firing", severity="critical", **more):
    labels = {"alertname": "StockBelowZero", "severity": severity, "shop": "main", "warehouse": warehouse}
    said = {"summary": "库存低于零", "description": "联系 13800001234"}
    cases = (Case("SKU-1", AT, "-1", "SELECT ?"), Case("SKU-2"))
    return replace(Alert("StockBelowZero", labels, status, AT - timedelta(minutes=5), -1.0, said, cases), **more)


def group(*alerts, **more):
    return told(*(Flip(alert, AT, **more) for alert in alerts), external_url="https://o.example")


def test_it_is_the_webhook_of_an_alertmanager():
    body = payload(group(stock(), stock("ningbo", status="resolved")))
    assert body["version"] == "4"
    assert body["status"] == "firing"
    assert body["commonLabels"] == {"alertname": "StockBelowZero", "severity": "critical", "shop": "main"}
    assert body["truncatedAlerts"] == 0
    assert (body["externalURL"], body["receiver"]) == ("https://o.example", "ops")
    assert body["notification_reason"] == "new alerts added"
    firing, resolved = body["alerts"]
    assert (firing["status"], firing["startsAt"], firing["endsAt"]) == ("firing", "2026-11-22T18:15:00.004Z", NEVER)
    assert (resolved["status"], resolved["endsAt"]) == ("resolved", "2026-11-22T18:20:00.004Z")
    assert firing["fingerprint"] == fingerprint(firing["labels"])
    assert json.loads(json.dumps(body)) == body


def test_the_evidence_stands_in_a_key_of_its_own():
    [alert] = payload(group(stock()))["alerts"]
    ours = alert["orderHealth"]
    assert (ours["value"], ours["recovered"]) == (-1.0, False)
    assert ours["evidence"][0] == {
        "ref": "SKU-1",
        "since": "2026-11-22T18:20:00.004Z",
        "note": "-1",
        "statement": "SELECT ?",
    }
    assert ours["evidence"][1]["since"] is None


def test_numbers_of_people_do_not_leave():
    assert "13800001234" not in json.dumps(payload(group(stock())), ensure_ascii=False)


def test_what_json_cannot_say_is_left_out():
    [alert] = payload(group(stock(value=float("nan"))))["alerts"]
    assert alert["orderHealth"]["value"] is None


def test_what_does_not_fit_is_counted_and_the_worst_stay():
    calm = [stock(f"w{n}", severity="info") for n in range(2_000)]
    kept = fitting(group(*calm, stock("last")))
    assert len(json.dumps(payload(kept))) < LARGEST * 1.1
    assert "last" in {each.labels["warehouse"] for each in kept.alerts}
    assert kept.truncated + len(kept.alerts) == 2_001
    assert kept.status == "firing"


def test_one_alert_too_large_for_all_does_not_crowd_out_the_others():
    fat = stock("fat", annotations={"summary": "订" * LARGEST})
    kept = fitting(group(fat, stock("thin", severity="info")))
    assert [each.labels["warehouse"] for each in kept.alerts] == ["thin"]
    assert kept.truncated == 1


def test_what_fits_stays_as_it_is():
    small = group(stock(), stock("ningbo", status="resolved"))
    assert fitting(small) == small


def test_what_reads_an_alertmanagers_webhook_reads_ours():
    written = group(stock(), stock("ningbo", status="resolved"))
    heard = webhook.read(json.dumps(payload(written)).encode(), AT)
    assert (heard.key, heard.receiver, heard.status) == (written.key, written.receiver, written.status)
    for ours, theirs in zip(written.alerts, heard.alerts, strict=True):
        assert (theirs.status, theirs.labels, theirs.starts) == (ours.status, ours.labels, ours.starts)
        assert theirs.ends == ours.ends
        assert theirs.fingerprint == ours.fingerprint
