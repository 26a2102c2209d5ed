"""Every address of the site, asked over a real socket."""

import gzip
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from exporter.web.status import ProbeRow, Status

from .conftest import AT, ORDERS

OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"


def test_metrics_are_text_unless_openmetrics_is_asked_for(serve, ask):
    server = serve()
    plain, open_metrics = ask(server), ask(server, headers={"Accept": OPENMETRICS})
    assert plain.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert f'{ORDERS.name}{{pay_channel="wechat",shop="main"}} 89\n' in plain.text
    assert open_metrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert open_metrics.text.endswith("# EOF\n")


def test_metrics_are_compressed_for_who_can_read_that(serve, ask):
    server = serve()
    answer = ask(server, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert gzip.decompress(answer.body) == ask(server).body
    assert ask(server, headers={"Accept-Encoding": "gzip;q=0, br"}).headers["content-encoding"] is None
    assert answer.headers["vary"] == "Accept, Accept-Encoding"


def test_head_of_metrics_has_the_headers_and_no_body(serve, ask):
    answer = ask(serve(), method="HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/metrics"), ("DELETE", "/metrics"), ("GET", "/-/reload"), ("POST", "/"), ("PUT", "/-/healthy")],
)
def test_another_method_is_405_and_says_which_would_do(serve, ask, method, path):
    answer = ask(serve(), path, method)
    assert answer.status == 405
    assert answer.headers["allow"]


def test_health_is_of_the_process_and_readiness_says_why_not(serve, ask, view):
    server = serve()
    assert ask(server, "/-/healthy").status == 200
    view.why_not_ready = "main/pending_paid has not run yet"
    answer = ask(server, "/-/ready")
    assert (answer.status, answer.text) == (503, "main/pending_paid has not run yet\n")
    assert ask(server, "/-/healthy").status == 200
    view.why_not_ready = None
    assert ask(server, "/-/ready").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_reload_answers_200_or_400_with_every_fault(serve, ask, view, method):
    server = serve()
    assert ask(server, "/-/reload", method).status == 200
    view.faults = ["config.yaml:3: shops: one", "config.yaml:9: alerts: two"]
    answer = ask(server, "/-/reload", method)
    assert (answer.status, answer.text) == (400, "config.yaml:3: shops: one\nconfig.yaml:9: alerts: two\n")


def test_another_site_cannot_make_a_browser_reload(serve, ask, view):
    answer = ask(serve(), "/-/reload", "POST", headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status, view.reloads) == (403, 0)


def test_a_body_over_the_bound_is_refused_before_it_is_read(serve, ask, view):
    answer = ask(serve(), "/-/reload", "POST", headers={"Content-Length": "2000000"})
    assert (answer.status, view.reloads) == (413, 0)


def test_metrics_do_not_wait_for_a_page_or_a_reload_that_hangs(serve, ask, view):
    server, hanging = serve(), threading.Event()
    view.reload = lambda: hanging.wait(20) and []
    view.status = lambda language: hanging.wait(20) and Status(AT, "1")
    with ThreadPoolExecutor() as clients:
        pending = [
            clients.submit(ask, server, "/-/reload", "POST"),
            *(clients.submit(ask, server, "/") for _ in range(5)),
        ]
        assert ask(server).status == 200
        assert ask(server, "/-/healthy").status == 200
        assert not any(each.done() for each in pending)
        hanging.set()
        assert [each.result().status for each in pending] == [200] * 6


def test_a_runbook_is_html_in_the_readers_language_and_its_raw_html_is_harmless(serve, ask):
    server = serve()
    answer = ask(server, "/runbooks/pending_paid", headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>已付款</h1>" in answer.text
    assert re.findall("<script[^>]*", answer.text) == [
        '<script src="../copy.js" data-copy="复制" data-copied="已复制" defer'
    ]
    assert "javascript:" not in answer.text
    assert "<code>`orders`</code>" in answer.text
    english = ask(server, "/runbooks/pending_paid?lang=en").text
    assert "<h1>Paid, yet pending</h1>" in english
    assert '<html lang="en">' in english


def test_the_script_of_the_runbooks_is_the_only_one_that_a_browser_may_run(serve, ask):
    answer = ask(serve(), "/copy.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "clipboard" in answer.text
    assert "script-src 'self';" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/runbooks/nothing", "/runbooks/..%2f..%2fetc%2fpasswd", "/runbooks/A", "/nowhere"])
def test_what_does_not_exist_is_404(serve, ask, path):
    assert ask(serve(), path).status == 404


def test_the_status_is_there_as_json(serve, ask, view):
    sample = ORDERS(89, pay_channel="wechat")
    view.shown = Status(AT, "1.2.3", (ProbeRow("main", "pending_paid", "firing", (sample,), last_success=AT),))
    answer = ask(serve(), "/api/status")
    assert answer.headers["content-type"] == "application/json"
    probe = json.loads(answer.text)["probes"][0]
    assert (probe["state"], probe["last_success"]) == ("firing", "2026-03-01T19:12:05Z")
    assert probe["samples"][0] == {
        "name": ORDERS.name,
        "labels": {"pay_channel": "wechat"},
        "value": 89,
        "evidence": [],
    }


def test_browsers_are_told_what_they_may_not_do(serve, ask):
    server = serve()
    for path in ("/", "/-/healthy", "/runbooks/pending_paid", "/nowhere"):
        headers = ask(server, path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "deny"
    assert ask(server).headers["x-content-type-options"] == "nosniff"


def test_there_is_no_picture_for_the_tab(serve, ask):
    assert ask(serve(), "/favicon.ico").status == 204


def test_a_fault_of_ours_is_500_and_tells_nothing_of_itself(serve, ask, view):
    def broken(language):
        raise RuntimeError("password=hunter2")

    view.status = broken
    server = serve()
    answer = ask(server, "/")
    assert (answer.status, answer.text) == (500, "Internal Server Error")
    assert ask(server).status == 200
