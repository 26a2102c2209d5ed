"""Starting, stopping, and what stands beside the requests."""

import socket
import subprocess
import sys
import threading
import time

import pytest

from exporter.metrics import Exposition
from exporter.web import build
from exporter.web.listen import ListenError
from exporter.web.server import Server

from .conftest import View


def test_it_stops_within_a_second_though_clients_hang_on(serve, ask):
    server = serve()
    with (
        socket.create_connection(("127.0.0.1", server.port)) as idle,
        socket.create_connection(("127.0.0.1", server.port)),
    ):
        idle.sendall(b"GET /met")
        assert ask(server).status == 200
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 1
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port), timeout=1)


def test_it_stops_within_a_second_though_a_page_hangs(serve, view):
    hanging = threading.Event()
    view.reload = lambda: hanging.wait(10) and []
    server = serve()
    with socket.create_connection(("127.0.0.1", server.port)) as waiting:
        waiting.sendall(b"POST /-/reload HTTP/1.1\r\nhost: x\r\n\r\n")
        time.sleep(0.2)
        before = time.monotonic()
        server.stop()
        assert time.monotonic() - before < 1
    hanging.set()


def test_a_request_under_way_is_answered_before_the_end(serve, view, ask):
    view.reload = lambda: time.sleep(0.3) or []
    server, answers = serve(), []
    client = threading.Thread(target=lambda: answers.append(ask(server, "/-/reload", "POST")))
    client.start()
    time.sleep(0.1)
    server.stop()
    client.join()
    assert answers[0].status == 200


def test_stopping_twice_or_before_the_start_does_nothing():
    server = Server(build(View()), "127.0.0.1:0")
    server.stop()
    server.start()
    server.stop()
    server.stop()


def test_run_serves_in_the_callers_thread_until_it_is_stopped(ask):
    server = Server(build(View()), "127.0.0.1:0")
    stopper = threading.Timer(0.5, server.stop)
    stopper.start()
    server.run()
    stopper.join()


def test_several_addresses_and_both_families(serve, ask):
    server = serve(["127.0.0.1:0", "[::1]:0"])
    (first, _), (second, _) = server.addresses
    assert (first, second) == ("127.0.0.1", "::1")
    assert ask(server).status == 200
    with socket.create_connection(server.addresses[1], timeout=5) as other:
        other.sendall(b"GET /-/healthy HTTP/1.0\r\n\r\n")
        assert other.recv(1000).startswith(b"HTTP/1.1 200 OK")


def test_a_taken_port_is_said_in_the_callers_thread(serve):
    with pytest.raises(ListenError, match="already in use"):
        serve(f"127.0.0.1:{serve().port}")


def test_answers_carry_the_date_and_not_the_name_of_the_server(serve, ask):
    headers = ask(serve()).headers
    assert headers["date"].endswith("GMT")
    assert "server" not in headers


def test_further_rooms_stand_beside_the_site(ask):
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    async def rooms(request):
        return PlainTextResponse("the rooms")

    server = Server(build(View(), [Route("/rooms", rooms)]), "127.0.0.1:0")
    server.start()
    try:
        assert ask(server, "/rooms").text == "the rooms"
        assert ask(server).status == 200
    finally:
        server.stop()


def test_a_page_changes_while_clients_keep_reading(serve, ask, view):
    server, page = serve(), Exposition()
    view.page = page.page
    stop = threading.Event()

    def change():
        while not stop.is_set():
            page.own(())

    writer = threading.Thread(target=change)
    writer.start()
    try:
        assert all(ask(server).text.endswith("\n") for _ in range(50))
    finally:
        stop.set()
        writer.join()


def test_nothing_of_pages_or_passwords_is_imported_to_serve_metrics():
    script = (
        "import sys, exporter.app\n"
        "print([name for name in ('jinja2', 'mistune', 'starlette', 'difflib', 'bcrypt', 'cryptography', 'requests',"
        " 'exporter.web.pages', 'prometheus_client') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[]"
