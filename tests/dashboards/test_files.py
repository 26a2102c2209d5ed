"""What a reader of dashboards stumbles over: found before it is shipped."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import combinations

import promql_parser
import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from exporter.metrics import process
from exporter.model import Metric
from tests.dashboards.shipped import FILES, FOLDER, LANGUAGES, ROOT, asked, filled, metrics, nodes, panels, read
from tests.keeping import kept
from tests.test_house import CODE, DECLARED, OWN, SERIES
from tools.dashboards.__main__ import files

KINDS = {"timeseries", "heatmap", "state-timeline", "stat", "table"}
PROCESS = {metric.name: metric for metric in vars(process).values() if isinstance(metric, Metric)}
KNOWN = {each.name: each.family for metric in {**DECLARED, **PROCESS}.values() for each in metric.series}
SCRAPED = {name: labels | {"job", "instance"} for name, labels in SERIES.items()}
SCRAPED |= {name: frozenset({"job", "instance"}) for name in PROCESS}
SCRAPED["ALERTS"] = frozenset({"alertname", "alertstate", "severity", "shop", "probe"})
OF_THE_SIDECAR = {metric.name for metric in OWN} | set(PROCESS)
UNSHOWN: dict[str, str] = {}
"""Metrics of ours that no panel asks for, each with the reason."""

MOVING = {"order_health_leader_changes_total": "only who leads tells it: a rate of one series would miss every change"}
"""Counters that are asked for without a rate, each with the reason."""

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
each_query = pytest.mark.parametrize("query", asked("en"), ids=lambda query: query.name)  # zh asks the same


def test_making_them_again_gives_the_same_bytes():
    made = files()
    shipped = {str(file.relative_to(FOLDER)): file.read_text(encoding="utf-8") for file in FILES}
    assert set(made) == set(shipped), "run `make dashboards`"
    assert [name for name in made if made[name] != shipped[name]] == [], "run `make dashboards`"


def test_both_languages_ask_the_same():
    zh, en = ([(query.board.split("/")[1], query.expr) for query in asked(language)] for language in LANGUAGES)
    assert zh == en


@pytest.mark.parametrize("file", sorted(FOLDER.glob("en/*.json")), ids=lambda file: file.stem)
def test_who_reads_english_finds_no_chinese(file):
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", sorted(FOLDER.glob("zh/*.json")), ids=lambda file: file.stem)
def test_who_reads_chinese_finds_every_title_and_meaning_in_it(file):
    said = [(panel["title"], panel["description"]) for panel in panels(file)]
    assert [title for title, text in said if not re.search(r"[\u4e00-\u9fff]", text)] == []
    assert [title for title, _ in said if not re.search(r"[\u4e00-\u9fff]|^CPU$", title)] == []


@each_file
def test_grafanas_own_types_read_it_and_lose_nothing(file):
    shipped = read(file)
    back = json.loads(json.dumps(Dashboard.from_json(shipped), cls=JSONEncoder))
    for annotation in shipped["annotations"]["list"]:
        for key in ("titleFormat", "textFormat", "tagKeys"):  # of Prometheus' annotations, which the SDK has no type of
            del annotation[key]
    assert back == shipped


@each_file
def test_it_fits_any_grafana(file):
    """The data source is a variable, and no address but the text box' stands in it."""
    text = file.read_text(encoding="utf-8")
    sources = [found["uid"] for found in _objects(read(file)) if found.get("type") == "prometheus" and "uid" in found]
    assert sources
    assert set(sources) == {"${datasource}"}
    assert set(re.findall(r"https?://[^\"]+", text)) == {"http://127.0.0.1:9847"}
    assert "${DS_" not in text


def _objects(value):
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)


def test_no_two_dashboards_have_one_uid():
    uids = [read(file)["uid"] for file in FILES]
    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids)


@each_file
def test_every_panel_has_an_id_of_its_own_a_title_a_meaning_and_a_unit(file):
    board = read(file)
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert board["description"]
    for panel in panels(file):
        assert panel["type"] in KINDS
        assert panel["title"]
        assert len(panel["description"]) > 15
        assert panel["fieldConfig"]["defaults"]["unit"]
        assert panel["targets"]


@each_file
def test_panels_stand_side_by_side_and_within_the_page(file):
    places = [panel["gridPos"] for panel in read(file)["panels"]]
    for place in places:
        assert place["x"] >= 0
        assert place["x"] + place["w"] <= 24
    for one, other in combinations(places, 2):
        apart = (
            one["x"] + one["w"] <= other["x"]
            or other["x"] + other["w"] <= one["x"]
            or one["y"] + one["h"] <= other["y"]
            or other["y"] + other["h"] <= one["y"]
        )
        assert apart, f"{one} overlaps {other}"


@each_file
def test_a_line_of_panels_is_as_wide_as_the_page_and_even(file):
    lines = {}
    for panel in read(file)["panels"]:
        lines.setdefault(panel["gridPos"]["y"], []).append(panel["gridPos"])
    assert {y: sum(place["w"] for place in line) for y, line in lines.items() if sum(p["w"] for p in line) != 24} == {}
    assert [y for y, line in lines.items() if len({place["h"] for place in line}) > 1] == []


@each_query
def test_a_query_has_a_legend_of_labels_that_the_expression_keeps(query):
    legend = query.target["legendFormat"]
    assert legend
    assert legend != "__auto"
    labels = kept(promql_parser.parse(filled(query.expr)), SCRAPED)
    assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= labels | {"le"}


@each_file
def test_a_table_shows_only_labels_that_its_queries_keep(file):
    for panel in panels(file):
        if panel["type"] == "table":
            [options] = [step["options"] for step in panel["transformations"] if step["id"] == "organize"]
            shown = {name for name in options["renameByName"] if not name.startswith("Value")}
            found = set().union(
                *(kept(promql_parser.parse(filled(target["expr"])), SCRAPED) for target in panel["targets"])
            )
            assert shown <= found
            assert shown <= set(options["indexByName"])


@each_query
def test_a_query_asks_for_metrics_that_exist(query):
    assert metrics(query.expr) <= set(SCRAPED)


@each_query
def test_rates_are_of_counters_over_grafanas_own_window_and_counters_only_in_rates(query):
    tree = promql_parser.parse(filled(query.expr, window="7m"))
    rated = []
    for node in nodes(tree):
        if isinstance(node, promql_parser.Call) and node.func.name in {"rate", "increase", "irate"}:
            [matrix] = [each for each in node.args if isinstance(each, promql_parser.MatrixSelector)]
            assert matrix.range.total_seconds() == 7 * 60, "write [$__rate_interval]"
            rated.append(matrix.vector_selector.name)
    counters = [
        name for name in metrics(query.expr) if name in KNOWN and KNOWN[name].kind != "gauge" and name not in MOVING
    ]
    assert sorted(set(rated)) == sorted(counters)


@each_query
def test_a_query_is_of_the_chosen_shops_and_names_none(query):
    for node in nodes(promql_parser.parse(filled(query.expr, shop="CHOSEN"))):
        if isinstance(node, promql_parser.VectorSelector):
            given = {(each.name, str(each.op), each.value.strip("|")) for each in node.matchers.matchers}
            shop = [each for each in given if each[0] == "shop"]
            if node.name not in OF_THE_SIDECAR or "shop" in SCRAPED[node.name] & set(KNOWN[node.name].labels):
                assert [value for _, _, value in shop] == ["CHOSEN"]
            assert "$shop" in query.expr or not shop
            # several chosen shops are a regular expression
            assert all("Re" in op or "=~" in op for _, op, _ in shop)


@each_query
def test_a_label_value_that_is_asked_for_is_one_that_the_code_writes(query):
    for node in nodes(promql_parser.parse(filled(query.expr))):
        if isinstance(node, promql_parser.VectorSelector):
            for each in node.matchers.matchers:
                for value in each.value.split("|"):
                    assert value in {".+", ""} or re.search(rf"[\"'\s/{{,`]{re.escape(value)}[\"'\s:,.`]", _written())


@cache
def _written():
    return "".join(file.read_text(encoding="utf-8") for file in CODE)


def test_every_metric_of_ours_is_on_a_dashboard_or_has_a_reason():
    shown = {KNOWN[name].name for query in asked() for name in metrics(query.expr) if name in KNOWN}
    missing = set(DECLARED) - shown - set(UNSHOWN)
    assert missing == set(), "show them in a panel of tools/dashboards/rows, or say in UNSHOWN why not"
    assert set(UNSHOWN) <= set(DECLARED) - shown


@each_file
def test_its_variables_are_the_data_source_the_shops_and_the_sidecars_address(file):
    variables = {each["name"]: each for each in read(file)["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["shop"]["multi"]
    assert variables["shop"]["includeAll"]
    assert variables["shop"]["current"]["value"] == ["$__all"]
    assert variables["sidecar"]["type"] == "textbox"
    text = file.read_text(encoding="utf-8")
    for name in variables:
        assert text.count(f"${name}") + text.count(f"${{{name}") > 1, f"{name} is asked for and not used"
    used = set(re.findall(r"\$\{?(\w+)", text)) - {"__rate_interval", "__all", "__data", "__value", "__url_time_range"}
    assert used <= set(variables)


@each_file
def test_alerts_are_marked_and_links_lead_to_runbooks_that_exist(file):
    board = read(file)
    [annotation] = board["annotations"]["list"]
    assert "ALERTS" in annotation["expr"]
    assert any(link["type"] == "dashboards" for link in board["links"])
    language = file.parent.name
    assert language in board["tags"]
    for link in (link for panel in panels(file) for link in panel.get("links", [])):
        probe = re.fullmatch(r"\$\{sidecar:raw\}/runbooks/(\w+)\?lang=(zh|en)", link["url"])
        assert probe[2] == language
        assert (ROOT / f"docs/runbooks/{probe[1]}.md").is_file()


@each_file
def test_a_link_to_another_dashboard_finds_it(file):
    uids = {read(other)["uid"] for other in FILES}
    linked = re.findall(r'"/d/([\w-]+)\?', file.read_text(encoding="utf-8"))
    assert set(linked) <= uids
    assert all(uid.endswith(file.parent.name) for uid in linked)


def test_the_overview_has_a_line_for_each_shop():
    for file in sorted(FOLDER.glob("*/overview.json")):
        assert [panel["repeat"] for panel in read(file)["panels"] if panel.get("repeat")] == ["shop"]


def test_compose_gives_grafana_the_set_of_the_chosen_language():
    grafana = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["grafana"]
    [provider] = yaml.safe_load((ROOT / "grafana/provisioning/dashboards/order-health.yaml").read_text("utf-8"))[
        "providers"
    ]
    assert provider["options"]["path"] == "/var/lib/grafana/dashboards/$DASHBOARDS"
    assert grafana["environment"]["DASHBOARDS"] == "${DASHBOARDS:-zh}"
    assert "./grafana/dashboards:/var/lib/grafana/dashboards:ro" in grafana["volumes"]
    home = grafana["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    for language in LANGUAGES:
        place = home.replace("${DASHBOARDS:-zh}", language).removeprefix("/var/lib/grafana/dashboards/")
        assert (FOLDER / place).is_file()


def test_grafana_knows_how_often_prometheus_scrapes():
    """`$__rate_interval` is made of it: four scrapes, so that every rate has two."""
    [source] = yaml.safe_load((ROOT / "grafana/provisioning/datasources/prometheus.yaml").read_text("utf-8"))[
        "datasources"
    ]
    scraped = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text(encoding="utf-8"))
    assert source["jsonData"]["timeInterval"] == scraped["global"]["scrape_interval"]
