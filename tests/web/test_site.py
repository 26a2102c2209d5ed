"""The pages over a real socket: many shops, one probe, one alert, and what is not there."""

import gzip
import statistics
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from exporter.model import fingerprint
from exporter.web import build, memo
from exporter.web.alert_page import table
from exporter.web.probe_page import shape
from exporter.web.server import Server

from .crowd import Crowd

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Accept-Language": "zh-CN,zh;q=0.9"}
HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(1)</script>{{ 7*7 }}\u202e"


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def crowd():
    """A site over twenty shops, for tests that only look."""
    view = Crowd(20)
    server = Server(build(view), "127.0.0.1:0")
    server.start()
    yield server, view
    server.stop()


@pytest.fixture
def seen(crowd, ask):
    return lambda path, **headers: ask(crowd[0], path, headers={**BROWSER, **headers})


def test_the_worst_shops_come_first_and_the_healthy_ones_are_folded(seen):
    shown = seen("/").text
    folded = shown.index("16 个商城一切正常")
    assert shown.index(">shop-004</a>") < shown.index(">shop-005</a>") < folded < shown.index(">shop-000</a>")
    assert '<td class="firing"><a href="probes/shop-004/pending_paid"' in shown
    assert '<td class="failing"><a href="probes/shop-005/replica_lag"' in shown


def test_a_cell_of_the_matrix_says_its_state_and_not_only_by_colour(seen):
    assert "<span>从库延迟 </span><small>检查失败</small>" in seen("/").text


def test_a_shop_and_a_state_can_be_asked_for_by_a_plain_link(seen):
    one = seen("/?shop=shop-005").text
    assert "Can&#39;t connect to MySQL server" in one
    assert "shop-004" not in one
    failing = seen("/?state=failing").text
    assert failing.count('class="row probe failing"') == 2
    assert "row probe healthy" not in failing


@pytest.mark.parametrize("query", ["shop=removed", "state=nonsense", "shop=%3Cscript%3E"])
def test_a_shop_that_was_removed_while_its_page_was_open_is_told_and_all_others_are_shown(seen, query):
    answer = seen(f"/?{query}")
    assert answer.status == 200
    assert "没有这样的商城或状态" in answer.text
    assert ">shop-004</a>" in answer.text
    assert "removed" not in answer.text
    assert "nonsense" not in answer.text


@pytest.mark.parametrize("path", ["/probes/removed/pending_paid", "/probes/shop-001/nothing", "/alerts/0123", "/a/b/c"])
def test_what_is_not_there_has_a_way_home(seen, path):
    answer = seen(path)
    assert answer.status == 404
    assert "没有这个页面" in answer.text
    home = "../" * (path.count("/") - 1) or "./"
    assert home in [each["href"] for each in Tags(answer.text).all("a")]


def test_a_program_is_told_404_in_a_line(crowd, ask):
    answer = ask(crowd[0], "/alerts/0123", headers={"Accept": "application/json"})
    assert (answer.status, answer.text) == (404, "Not Found")


def test_the_language_that_was_chosen_goes_along_with_every_link(crowd, seen):
    chosen = Tags(seen("/?lang=en").text)
    links = [each["href"] for each in chosen.all("a")]
    assert all("lang=en" in each for each in links if each.startswith(("probes/", "alerts/", "runbooks/", "./?")))
    assert "?lang=zh" in links
    alert = fingerprint(crowd[1].alerts[0].labels)
    assert "../?lang=en" in [each["href"] for each in Tags(seen(f"/alerts/{alert}?lang=en").text).all("a")]
    assert "../" in [each["href"] for each in Tags(seen(f"/alerts/{alert}").text).all("a")]


def test_the_page_of_a_probe_shows_what_its_last_run_asked(seen):
    shown = seen("/probes/shop-004/pending_paid").text
    assert "orders.status IN (?, …)" in shown
    assert "orders: range over orders_paid, about 120 rows" in shown
    assert "2.1 毫秒，89 行" in shown
    assert "<code>grace</code></dt><dd>2m</dd>" in shown
    assert "order_health_pending_paid_orders{" in shown
    assert 'role="img" aria-label="最近 ' in shown


@pytest.mark.parametrize(
    ("sql", "quoted_names", "shown"),
    [
        ('SELECT "order_no" FROM "orders" WHERE name = \'Li\'', True, "SELECT order_no FROM orders WHERE name = '?'"),
        ('SELECT a AS "key" FROM t WHERE name = "Li"', False, "SELECT a AS key FROM t WHERE name = '?'"),
        ("SELECT 1 WHERE phone = 13800000000", False, "SELECT 1 WHERE phone = ?"),
        ("SELECT 1 WHERE id IN (?, ?, ?, ?)", False, "SELECT 1 WHERE id IN (?, …)"),
    ],
)
def test_a_statement_is_shown_without_its_values(sql, quoted_names, shown):
    assert shape(sql, quoted_names=quoted_names) == shown


def test_the_page_of_an_alert_shows_all_its_cases_its_history_and_its_rule(crowd, seen):
    shown = seen(f"/alerts/{fingerprint(crowd[1].alerts[0].labels)}").text
    assert shown.count('class="ref"') == 89
    assert "已恢复" in shown
    assert "3 小时" in shown
    assert "已静默" in shown
    assert "sum(x) &gt; 0" in shown
    assert "rules/pending_paid.yml:7" in shown
    assert "../runbooks/pending_paid?shop=shop-004" in shown
    assert "ops、duty" in shown


def test_an_alert_that_is_over_keeps_its_page(serve, ask, view):
    found = Crowd(5).dossier(fingerprint(Crowd(5).alerts[0].labels), "zh")
    view.dossiers["00ab"] = replace(found, row=None, records=found.records[1:])
    shown = ask(serve(), "/alerts/00ab", headers=BROWSER).text
    assert "已恢复" in shown
    assert "处理手册" in shown
    assert "CSV" not in shown


def test_the_cases_of_an_alert_are_there_as_csv_and_no_spreadsheet_runs_them(crowd, seen):
    name = fingerprint(crowd[1].alerts[0].labels)
    answer = seen(f"/alerts/{name}.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(answer.text.splitlines()) == 90
    cases = [replace(crowd[1].alerts[0].evidence[0], ref="=1+1", note="@x")]
    assert "'=1+1" in table(cases)
    assert "'@x" in table(cases)
    assert seen("/alerts/0123.csv").status == 404


def test_a_page_is_compressed_for_who_can_read_that(seen):
    answer = seen("/", **{"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "shop-004" in gzip.decompress(answer.body).decode()


def test_who_changes_something_sees_it_at_once(serve, ask, view):
    server = serve()
    ask(server, "/", headers=BROWSER)
    view.shown = replace(view.shown, version="9.9.9")
    assert "9.9.9" not in ask(server, "/", headers=BROWSER).text
    ask(server, "/silences", "POST")
    assert "9.9.9" in ask(server, "/", headers=BROWSER).text


def test_hostile_text_is_text_on_every_page(ask):
    view = Crowd(6, hostile=HOSTILE)
    server = Server(build(view), "127.0.0.1:0")
    server.start()
    try:
        alert = fingerprint(view.alerts[0].labels)
        for path in ("/", "/?shop=shop-005", "/?state=failing", "/probes/shop-004/pending_paid", f"/alerts/{alert}"):
            found = ask(server, path, headers=BROWSER)
            tags = Tags(found.text)
            assert found.status == 200, path
            assert "onerror" in found.text, path
            assert not tags.all("img"), path
            assert all(set(each) <= {"src", "defer"} and each["src"] == "renew.js" for each in tags.all("script")), path
            assert not [name for _, attributes in tags.tags for name in attributes if name.startswith("on")], path
    finally:
        server.stop()


def test_two_hundred_shops_are_rendered_in_time_for_everybody(ask, monkeypatch):
    """The bound is 50 ms on a quiet machine (bench/page.py); here it shares one with other tests."""
    monkeypatch.setattr(memo, "KEPT_SECONDS", 0.0)
    server = Server(build(Crowd()), "127.0.0.1:0")
    server.start()
    try:
        spent = []
        for _ in range(9):
            began = time.perf_counter()
            assert ask(server, "/", headers=BROWSER).status == 200
            spent.append(time.perf_counter() - began)
        assert statistics.median(spent) < 0.5
    finally:
        server.stop()
