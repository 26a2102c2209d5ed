"""Every panel asked of a real Prometheus that scrapes a real sidecar in the middle of the incident."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from dataclasses import dataclass

import pytest

from tests.dashboards import feed
from tests.dashboards.shipped import FOLDER, ROOT, asked, filled, metrics, panels, read
from tests.servers.prometheus import Prometheus, promtool, running

pytestmark = pytest.mark.server

WINDOW = "12s"
INCIDENT = (
    'ALERTS{alertname="OrdersPaidYetPending", alertstate="firing", shop="demo"}',
    'ALERTS{alertname="ExportFromCache", alertstate="firing", shop="demo"}',
    'ALERTS{alertname="HugeMessage", alertstate="firing", shop="demo"}',
    'order_health_consumer_delay_seconds{shop="demo"}',
    'order_health_search_seconds{shop="demo"}',
    "count_over_time(order_health_history_bytes[12s]) >= 4",
    'count_over_time(order_health_orders_total{shop="demo"}[12s]) >= 4',
)
"""The parts of the demo that come last."""

QUIET_IN_THE_DEMO = {"Weak spots": "the demo's tables have none"}
"""Panels that the demo does not fill although it has their metrics."""


@dataclass
class Scraped:
    prometheus: Prometheus
    at: float

    def answer(self, expr, **chosen):
        return self.prometheus.query(filled(expr, WINDOW, **chosen), self.at)["result"]


@pytest.fixture(scope="module")
def scraped(tmp_path_factory):
    """One moment at which everything has been scraped often enough for a rate."""
    demo = [sys.executable, "-m", "exporter", "demo", "--web.listen-address", "127.0.0.1:0", "--for", "2m"]
    with (
        feed.serving() as target,
        subprocess.Popen(demo, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as sidecar,
    ):
        try:
            address = re.search(r"http://(127\.0\.0\.1:\d+)", sidecar.stdout.readline())[1]
            config = f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}
rule_files: ["{ROOT}/rules/*.yml"]
scrape_configs:
  - {{job_name: order-health, static_configs: [{{targets: ["{address}", "{target}"]}}]}}
"""
            with running(tmp_path_factory.mktemp("prometheus"), config) as prometheus:
                for expr in INCIDENT:
                    prometheus.wait_for(expr, within=60)
                yield Scraped(prometheus, time.time() - 1)
        finally:
            sidecar.terminate()
            sidecar.wait(timeout=20)


def test_what_is_fed_beside_the_demo_is_a_sound_exposition(tmp_path):
    (tmp_path / "feed").write_text(feed.exposition(3, 1_800_000_000.0))
    with (tmp_path / "feed").open() as page:
        checked = subprocess.run(
            ["promtool", "check", "metrics"], stdin=page, capture_output=True, text=True, check=False
        )
    assert promtool("--version").returncode == 0
    assert "error" not in checked.stdout + checked.stderr


@pytest.mark.parametrize("query", asked("en"), ids=lambda query: query.name)
def test_a_query_has_an_answer(scraped, query):
    found = scraped.answer(query.expr)
    assert found, filled(query.expr, WINDOW)
    assert [each["value"][1] for each in found if each["value"][1] in {"NaN", "+Inf", "-Inf"}] == []


def test_the_incident_alone_fills_every_panel_of_its_metrics(scraped):
    """A tile has two halves, of which one is empty: within the limit, and beyond."""
    told = {each["metric"]["__name__"] for each in scraped.answer('{__name__=~"order_health_.+", shop="demo"}')}
    empty = []
    for file in sorted(FOLDER.glob("en/*.json")):
        for panel in panels(file):
            exprs = [target["expr"] for target in panel["targets"]]
            ours = set().union(*(metrics(expr) for expr in exprs))
            if ours <= told and not any(scraped.answer(expr, shop="demo") for expr in exprs):
                empty.append(panel["title"])
    assert sorted(empty) == sorted(QUIET_IN_THE_DEMO)


def test_a_tile_is_red_beyond_the_shops_own_limit_and_green_within_it(scraped):
    limited = 0
    for query in asked("en"):
        if query.panel["type"] == "stat" and "order_health_limit" in query.expr:
            red = " > on" in query.expr
            limited += 1
            shops = {each["metric"]["shop"] for each in scraped.answer(query.expr)} - {"demo"}
            assert shops == {"hurt" if red else "well"}, query.name
            colours = [
                each
                for each in query.panel["fieldConfig"]["overrides"]
                if each["matcher"]["options"] == query.target["refId"]
            ]
            assert ("red" in str(colours)) == red
    assert limited >= 10


def test_the_overview_shows_the_incident_in_its_figures(scraped):
    figures = {}
    for query in asked("en"):
        if query.board == "en/overview" and query.panel["type"] == "stat":
            for each in scraped.answer(query.expr, shop="demo"):
                figures[query.panel["title"]] = float(each["value"][1])
    assert figures["Paid, yet pending"] == 89
    assert figures["SKUs below zero"] == 1
    assert figures["Cached"] == 1
    assert figures["Failing"] == 0
    assert figures["Open alerts"] >= 5
    assert figures["Money in them"] > 0


def test_an_alert_that_both_judges_tell_of_counts_once(scraped):
    both = scraped.answer('ALERTS{alertname="StockBelowZero", alertstate="firing", shop="hurt"}')
    assert len(both) == 2
    found = scraped.answer('ALERTS{alertstate="firing", severity="critical", shop="hurt"}')
    at_a_glance = (query for query in asked("en") if query.panel["title"] == "All shops at a glance")
    critical = next(query for query in at_a_glance if "critical" in query.expr)
    [count] = scraped.answer(critical.expr, shop="hurt")
    assert float(count["value"][1]) == len(found) - 1


@pytest.mark.parametrize("file", sorted(FOLDER.glob("en/*.json")), ids=lambda file: file.stem)
def test_every_variable_has_values_and_the_alerts_are_marked(scraped, file):
    board = read(file)
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
            assert scraped.prometheus.get(f"/api/v1/label/{label}/values", **{"match[]": filled(selector)})
    [annotation] = board["annotations"]["list"]
    marked = scraped.answer(annotation["expr"], shop="demo")
    assert "OrdersPaidYetPending" in {each["metric"]["alertname"] for each in marked}
