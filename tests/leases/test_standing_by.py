"""What the sidecar that stands by shows, and what it may do; a real Prometheus scrapes both."""

from __future__ import annotations

import json
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.leases.sidecars import street
from tests.servers import prometheus
from tests.shops import eventually

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def two(tmp_path_factory, postgres, _redis):
    """The street, who leads in it, and who stands by; a fault is open."""
    state = f"postgresql+psycopg://postgres@127.0.0.1:{postgres.port}/{postgres.database('standing_by')}"
    with street(tmp_path_factory.mktemp("standing_by"), state, _redis.url, length=4) as here:
        here.flip("A")
        here.wait(25)
        leader = here.leader()
        (other,) = (each for each in here.sidecars if each is not leader)
        eventually(lambda: other.metric("order_health_leader") == 0)
        yield here, leader, other


def test_who_stands_by_says_who_leads_and_shows_what_is_open(two):
    _, leader, other = two
    assert f":{leader.port} leads, this sidecar stands by" in other.page("/-/leading")
    assert other.page("/-/ready") == "order-health is ready.\n"
    assert leader.page("/-/leading") == "order-health leads.\n"
    page = other.page("/?lang=en")
    assert f":{leader.port} leads." in page
    assert "1 alert firing" in page
    told = json.loads(other.page("/api/status"))
    assert told["standing"]["leads"] is False
    assert told["standing"]["leader"].endswith(f":{leader.port}")
    assert [each["status"] for each in told["alerts"]] == ["firing"]
    assert "stands by" not in leader.page("/?lang=en").lower()


def test_who_stands_by_tells_no_readings_so_that_nothing_is_counted_twice(two, tmp_path):
    _, leader, other = two
    page = other.page()
    assert "order_health_leader 0" in page
    assert "order_health_leases_reachable 1" in page
    for family in ("shop_fault", "order_health_probe_success", "order_health_cards_total", "order_health_outbox_cards"):
        assert family in leader.page()
        assert family not in page
    config = f"""
global: {{scrape_interval: 500ms}}
rule_files: ["{Path(__file__).parent.parent.parent}/rules/*.yml"]
scrape_configs:
  - job_name: order-health
    static_configs: [{{targets: ["127.0.0.1:{leader.port}", "127.0.0.1:{other.port}"]}}]
"""
    with prometheus.running(tmp_path / "prometheus", config) as server:
        server.wait_for('sum(up{job="order-health"}) == 2')
        server.wait_for("sum(shop_fault) == 1")
        server.wait_for('sum(order_health_cards_total{result="accepted"}) == 1')
        server.wait_for("sum(order_health_leader) == 1 and count(order_health_leader) == 2")


def test_a_silence_may_be_made_where_somebody_stands_by(two):
    _, leader, other = two
    body = json.dumps({"matchers": ["name=B"], "for": "1h", "by": "Li Lei", "comment": "stocktaking"}).encode()
    request = urllib.request.Request(
        f"http://127.0.0.1:{other.port}/api/silences", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 201
    eventually(lambda: "stocktaking" in leader.page("/?lang=en"))


def test_who_is_stopped_hands_over_at_once(two):
    here, leader, other = two
    leader.signal(signal.SIGTERM)
    assert leader.process.wait(20) == 0
    eventually(other.leads, 4)
    here.flip("A")
    here.wait(10)
    assert here.repeats() == 0
    assert "Traceback" not in leader.said() + other.said()
