"""Who may say something to `POST /alertmanager`, and what it answers."""

from __future__ import annotations

import contextlib
import json
import socket
from dataclasses import replace

import bcrypt
import pytest

from exporter.state import StateFaultError
from exporter.web.access import Access
from exporter.webhook import WebhookFaultError

JSON = {"Content-Type": "application/json"}


@pytest.fixture(autouse=True)
def _nobody_comes_from_outside(view):
    view.terms = replace(view.terms, external_url="")


@pytest.fixture
def say(ask):
    def post(server, body=b"{}", **headers):
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return ask(server, "/alertmanager", "POST", headers=JSON | named, body=body)

    return post


@pytest.fixture
def login(tmp_path):
    hashed = bcrypt.hashpw(b"pw", bcrypt.gensalt(4)).decode()
    (tmp_path / "web.yml").write_text(json.dumps({"basic_auth_users": {"am": hashed}}))
    return Access.load(tmp_path / "web.yml")


def test_what_is_written_down_is_answered_200(serve, view, say):
    assert say(serve(), b'{"a": 1}').status == 200
    assert view.ear.heard == [b'{"a": 1}']


def test_where_rules_are_judged_here_nobody_is_listened_to_and_told_what_to_write(serve, view, say):
    view.ear.token = None
    answer = say(serve())
    assert answer.status == 409
    assert "alerts: {from: alertmanager}" in answer.text
    assert view.ear.heard == []


@pytest.mark.parametrize(
    ("fault", "status"), [(WebhookFaultError("version must be 4"), 400), (StateFaultError("disk full"), 503)]
)
def test_400_says_what_is_wrong_and_503_that_it_should_come_again(serve, view, say, fault, status):
    view.ear.fault = fault
    answer = say(serve())
    assert answer.status == status
    assert str(fault) in answer.text


def test_a_token_lets_in_and_without_it_not_even_this_machine(serve, view, say):
    view.ear.token = "t0ken-t0ken"
    server = serve()
    assert say(server).status == 401
    assert say(server, Authorization="Bearer wrong").status == 401
    assert say(server, Authorization="bearer t0ken-t0ken").status == 200
    assert len(view.ear.heard) == 1


def test_a_login_lets_in_as_well_as_the_token_and_a_wrong_token_is_no_way_around_it(serve, view, say, login):
    server = serve(access=login)
    basic = "Basic YW06cHc="
    assert say(server).status == 401
    assert say(server, Authorization=basic).status == 200
    assert say(server, Authorization="Bearer anything").status == 401
    view.ear.token = "t0ken-t0ken"
    assert say(server, Authorization="Bearer t0ken-t0ken").status == 200
    assert say(server, Authorization=basic).status == 200


def test_the_token_opens_nothing_else(serve, view, ask, login):
    view.ear.token = "t0ken-t0ken"
    assert ask(serve(access=login), "/metrics", headers={"Authorization": "Bearer t0ken-t0ken"}).status == 401


def test_what_a_proxy_passes_on_is_not_from_this_machine(serve, view, say):
    server = serve()
    assert say(server).status == 200
    assert say(server, X_Forwarded_For="10.0.0.1").status == 401
    assert say(server, Host="oh.example.com").status == 401
    view.terms = replace(view.terms, external_url="http://oh.example.com")
    assert say(server).status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Sec-Fetch-Site": "cross-site"}, 401), ({"Content-Type": "text/plain"}, 415), ({}, 200)],
)
def test_no_page_of_another_site_can_post_here(serve, ask, headers, status):
    assert ask(serve(), "/alertmanager", "POST", headers=JSON | headers, body=b"{}").status == status


def test_a_body_of_a_hundred_megabytes_is_refused_before_it_is_sent(serve, view):
    with socket.create_connection(("127.0.0.1", serve().port), 10) as opened:
        opened.sendall(b"POST /alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        opened.sendall(b"Content-Length: 104857600\r\n\r\n")
        assert b"413" in opened.recv(4096)
    assert view.ear.heard == []


def test_a_body_that_does_not_say_how_long_it_is_is_refused_beyond_the_limit(serve, view):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answered = b""
    with socket.create_connection(("127.0.0.1", serve().port), 10) as opened:
        opened.sendall(
            b"POST /alertmanager HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        try:
            for _ in range(1600):
                opened.sendall(chunk)
        except OSError:
            pass  # it has hung up
        with contextlib.suppress(OSError):
            answered = opened.recv(4096)
    assert not answered or b"413" in answered or b"431" in answered
    assert view.ear.heard == []


def test_a_body_of_several_megabytes_is_heard(serve, view, say):
    assert say(serve(), b" " * (5 << 20)).status == 200
    assert len(view.ear.heard[0]) == 5 << 20


def test_it_is_asked_by_post_only(serve, ask):
    assert ask(serve(), "/alertmanager").status == 405
