"""The JSON API: who may, what it takes, what it refuses."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest

from exporter.silences import Terms
from exporter.silences.desk import MOST
from exporter.silences.tickets import command
from exporter.web.silences import permission
from exporter.web.status import SHANGHAI
from tests.web.test_guard import access, basic

WANTED = {"matchers": ["severity=critical"], "for": "4h", "by": "Li Lei", "comment": "stocktaking"}
PROXIED = Terms(30 * 86400.0, "zh", "https://oh.example.com", SHANGHAI)


@pytest.fixture(autouse=True)
def local(view):
    """Nothing tells of a proxy."""
    view.terms = replace(PROXIED, external_url="")


@pytest.fixture
def add(phone):
    def post(wanted=None, headers=None):
        return phone.send(wanted if isinstance(wanted, bytes) else json.dumps({**WANTED, **(wanted or {})}), headers)

    return post


def test_a_silence_is_added_listed_and_ended(phone, add, alert, view):
    added = add()
    assert added.status == 201
    made = json.loads(added.body)
    assert made["matchers"] == ['severity="critical"']
    assert view.desk.muted([alert], view.at)
    assert json.loads(phone.open("/api/silences").body) == [made]
    ended = phone.open(f"/api/silences/{made['id']}?by=Han", "DELETE")
    assert (ended.status, json.loads(ended.body)["ended_by"]) == (200, "Han")
    assert not view.desk.muted([alert], view.at)
    assert [row["active"] for row in json.loads(phone.open("/api/silences").body)] == [False]
    assert phone.open(f"/api/silences/{made['id']}?by=Han", "DELETE").status == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "write"),
        (b"[]", "write"),
        (b"\xff", "write"),
        (b"[" * 9_000, "write"),
        (json.dumps({"matchers": ["a=b"]}).encode(), "must have matchers and for"),
        (json.dumps({**WANTED, "extra": 1}).encode(), "write"),
        (json.dumps({**WANTED, "matchers": "a=b"}).encode(), "must be a list of texts"),
        (json.dumps({**WANTED, "matchers": []}).encode(), "no matcher"),
        (json.dumps({**WANTED, "matchers": ["a=~(a+)+"]}).encode(), "regular expression"),
        (json.dumps({**WANTED, "matchers": ["severity=~.*"]}).encode(), "match every alert"),
        (json.dumps({**WANTED, "for": "90d"}).encode(), "alerts.longest_silence"),
        (json.dumps({**WANTED, "for": "for ever"}).encode(), "there is no silence for ever"),
        (json.dumps({**WANTED, "by": ""}).encode(), "give a name"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_to_write(add, standing, body, said):
    answer = add(body)
    assert answer.status == 400
    assert said in json.loads(answer.body)["error"]
    assert standing() == []


def test_half_a_sign_breaks_neither_the_list_nor_the_page(phone, add):
    assert (
        add(b'{"matchers": ["sku=\\ud800", "a=b"], "for": "1h", "by": "\\udfffLi", "comment": "\\ud800"}').status == 201
    )
    assert phone.open("/api/silences").status == 200
    assert phone.open("/").status == 200


def test_the_five_hundred_and_first_of_a_hundred_thousand_is_refused(add, view, standing):
    for n in range(MOST):
        view.desk.add([f"sku=S{n}"], "1h", by="n")
    answer = add()
    assert answer.status == 400
    assert "500 silences stand already" in answer.text
    assert len(standing()) == MOST


@pytest.mark.parametrize("content", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_form_of_another_site_could_send_is_refused(add, standing, content):
    answer = add(headers={"Content-Type": content})
    assert answer.status == 415
    assert standing() == []


def test_another_sites_script_is_refused(phone, add, standing):
    assert add(headers={"Sec-Fetch-Site": "cross-site"}).status == 403
    assert add(headers={"Sec-Fetch-Site": "same-site"}).status == 403
    answer = phone.open("/api/silences", "OPTIONS", Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers
    assert standing() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "oh.example.com"},
        {"Host": "["},
        {"Host": "evil.example:9847"},  # its DNS was bent to 127.0.0.1
        {"X-Forwarded-For": "127.0.0.1"},
        {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Authorization": "Bearer guessed"},
    ],
)
def test_without_a_login_a_proxy_on_this_machine_may_not_ask_for_others(add, standing, headers, view):
    if "Authorization" in headers:
        view.terms = PROXIED
    answer = add(headers=headers)
    assert answer.status == 403
    assert "basic_auth_users" in answer.text
    assert standing() == []


def test_an_external_url_tells_of_a_proxy_and_the_command_proves_itself(add, view, standing):
    view.terms = PROXIED
    assert add().status == 403
    assert add(headers={"Authorization": f"Bearer {command(view.desk.key())}"}).status == 201
    assert standing() == [("silence", "Li Lei")]


def test_without_a_login_who_comes_from_elsewhere_may_not_whatever_they_show(add, view, monkeypatch):
    monkeypatch.setattr(permission, "_is_here", lambda host: host == "localhost")
    answer = add(headers={"Authorization": f"Bearer {command(view.desk.key())}"})
    assert answer.status == 403


@pytest.mark.parametrize(
    ("host", "here"),
    [("127.0.0.1", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("::ffff:10.0.0.1", False),
     ("localhost", True), ("localhost.evil.example", False), ("", False), ("127.0.0.1.evil.example", False)],
)  # fmt: skip
def test_this_machine_is_told_from_others(host, here):
    assert permission._is_here(host) is here


def test_with_a_login_only_who_has_logged_in_may_and_is_known_by_name(serve, phone, add, standing):
    phone.server = serve(access=access())
    assert add().status == 401
    assert phone.open("/api/silences").status == 401
    assert add(headers=basic("prometheus", "wrong")).status == 401
    assert add({"by": ""}, headers=basic("prometheus", "s3cret")).status == 201
    assert standing() == [("silence", "prometheus")]
    assert json.loads(add(headers=basic("prometheus", "s3cret")).body)["by"] == "prometheus (Li Lei)"


def test_a_large_body_is_not_read_into_memory(phone, standing):
    with socket.create_connection(("127.0.0.1", phone.server.port), timeout=10) as client:
        head = "POST /api/silences HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        client.sendall(b"8000\r\n" + b"x" * 0x8000 + b"\r\n0\r\n\r\n")
        assert b" 413 " in client.recv(4096).split(b"\r\n")[0]
    assert standing() == []
