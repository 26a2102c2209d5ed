"""`order-health silence` against a running sidecar, and against none."""

from __future__ import annotations

import contextlib
import re

import bcrypt
import pytest

from exporter.__main__ import main
from exporter.app import App
from tests.servers import free_port

CONFIG = """\
shops: {{main: {{database: 'sqlite:///shop.db', tables: plain, probes: {{pending_paid: {{every: 1h}}}}}}}}
web: {{listen: "127.0.0.1:{port}", external_url: "https://oh.example.com"}}
"""


@pytest.fixture
def file(tmp_path):
    made = tmp_path / "config.yaml"
    made.write_text(CONFIG.format(port=free_port()), encoding="utf-8")
    return made


@contextlib.contextmanager
def running(file, web_config=None):
    app = App(file, web_config=web_config)
    app.start()
    try:
        yield app
    finally:
        app.close()


@pytest.fixture
def silence(file, capsys):
    """Runs the command; its exit status and what it said."""

    def run(*words):
        status = main(["silence", "--config.file", str(file), *words])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


ADD = (
    "add",
    "--match",
    "severity=warning",
    "--match",
    "topic=~order_.*",
    "--for",
    "4h",
    "--by",
    "Li",
    "--comment",
    "盘点",
)


def test_a_silence_is_added_listed_ended_and_stays_in_the_list(file, silence):
    with running(file):
        status, said = silence(*ADD)
        assert status == 0
        name = re.match(r"\w{16}", said)[0]
        assert 'by Li  severity="warning" topic=~"order_.*"  盘点' in said
        assert silence("list") == (0, said)
        assert silence("end", name, "--by", "Han")[0] == 0
        assert re.search(rf"^{name}  silence, ended .* by Han, by Li", silence("list")[1])
        assert "no such silence" in silence("end", name, "--by", "Han")[1]


def test_it_is_still_there_after_a_restart(file, silence):
    with running(file):
        said = silence(*ADD)[1]
    with running(file):
        assert silence("list") == (0, said)


def test_a_refusal_says_what_to_write_instead(file, silence, monkeypatch):
    with running(file):
        status, said = silence("add", "--match", "severity=warning", "--for", "90d", "--by", "Li")
        assert (status, "alerts.longest_silence" in said) == (1, True)
        monkeypatch.delenv("USER", raising=False)
        assert "give a name" in silence("add", "--match", "a=b", "--for", "1h")[1]


def test_without_a_sidecar_it_says_so(silence):
    status, said = silence("list")
    assert status == 1
    assert "no order-health answers at http://127.0.0.1:" in said
    assert "order-health run" in said


def test_who_may_not_read_the_state_is_told_what_to_do(file, silence, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)
    with running(file):
        status, said = silence(*ADD)
    assert status == 1
    assert "--user" in said


def test_where_there_is_a_login_it_logs_in(file, silence, tmp_path, monkeypatch):
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users: {{li: {bcrypt.hashpw(b's3cret', bcrypt.gensalt(4)).decode()}}}\n")
    with running(file, str(web)):
        status, said = silence(*ADD)
        assert (status, "--user NAME" in said) == (1, True)
        monkeypatch.setenv("ORDER_HEALTH_PASSWORD", "s3cret")
        assert "by li (Li)" in silence("--user", "li", *ADD)[1]
        assert ", by li  " in silence("--user", "li", "add", "--match", "a=b", "--for", "1h")[1]
        assert silence("--user", "han", *ADD)[0] == 1


def test_what_is_no_order_health_is_not_believed(silence):
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from threading import Thread

    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        thread = Thread(target=other.handle_request)
        thread.start()
        status, said = silence("--url", f"http://127.0.0.1:{other.server_port}", "list")
        thread.join()
    assert (status, "no order-health" in said) == (1, True)
