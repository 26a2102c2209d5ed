"""Slow, half-open, endless and simply too many clients, as raw sockets."""

import contextlib
import socket
import ssl
import time

import pytest

from exporter.web import connection, server
from exporter.web.access import Access

GET = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture
def impatient(monkeypatch):
    """The same bounds, sooner."""
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.4)
    monkeypatch.setattr(connection, "READING_SECONDS", 0.4)
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.4)
    monkeypatch.setattr(server, "_SWEEP_SECONDS", 0.05)


@pytest.fixture
def connect():
    """Raw connections, all closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda to: stack.enter_context(socket.create_connection(("127.0.0.1", to.port), timeout=5))


def is_closed(sock, within=3.0):
    sock.settimeout(within)
    try:
        while sock.recv(65536):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def answer(sock):
    """One response with a content-length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += sock.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
    )
    while len(body) < length:
        body += sock.recv(65536)
    return head, body


def test_a_hundred_half_open_clients_hold_nobody_and_are_closed_in_time(serve, ask, connect, impatient):
    running = serve()
    half_open = [connect(running) for _ in range(100)]
    for number, each in enumerate(half_open):
        each.sendall(b"GET /metrics HTTP/1.1\r\nx-slow: "[: number % 30])
    before = time.monotonic()
    assert ask(running).status == 200
    assert time.monotonic() - before < 0.3
    assert all(is_closed(each) for each in half_open)


def test_a_client_that_sends_a_byte_now_and_then_is_closed_all_the_same(serve, connect, impatient):
    running = serve()
    slow, blank = connect(running), connect(running)
    slow.sendall(b"GET /metrics HTTP/1.1\r\nx-slow: ")
    with contextlib.suppress(ConnectionError):
        for _ in range(12):
            time.sleep(0.1)
            slow.sendall(b"a")
            blank.sendall(b"\r\n")
        pytest.fail("still open after three times its time")
    assert is_closed(slow)


def test_a_body_that_never_ends_is_closed_though_it_was_answered(serve, connect, impatient):
    slow = connect(serve())
    slow.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
    assert b"405" in answer(slow)[0]
    with contextlib.suppress(ConnectionError):
        for _ in range(12):
            time.sleep(0.1)
            slow.sendall(b"a")
        pytest.fail("still open after three times its time")


def test_a_client_that_does_not_read_its_answer_is_cut_off(serve, view, connect, impatient):
    view.page = lambda accept, gzip: (b"x" * 20_000_000, "text/plain", False)
    running = serve()
    deaf = connect(running)
    deaf.sendall(GET)
    time.sleep(1)
    deaf.settimeout(5)
    received = 0
    with contextlib.suppress(ConnectionError):
        while chunk := deaf.recv(1 << 20):
            received += len(chunk)
    assert received < 20_000_000


def test_a_slow_reader_that_does_read_gets_everything(serve, view, connect, monkeypatch):
    monkeypatch.setattr(server, "_SWEEP_SECONDS", 0.05)
    view.page = lambda accept, gzip: (b"x" * 5_000_000, "text/plain", False)
    slow = connect(serve())
    slow.sendall(GET)
    time.sleep(0.5)
    assert len(answer(slow)[1]) == 5_000_000


def test_an_idle_connection_stays_and_serves_again(serve, connect, impatient):
    kept = connect(serve())
    for _ in range(2):
        kept.sendall(GET)
        assert answer(kept)[0].startswith(b"HTTP/1.1 200 OK")
        time.sleep(0.7)


def test_a_request_that_takes_the_server_long_is_not_the_clients_fault(serve, view, connect, impatient):
    view.reload = lambda: time.sleep(1) or []
    waiting = connect(serve())
    waiting.sendall(b"POST /-/reload HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")
    assert answer(waiting)[0].startswith(b"HTTP/1.1 200 OK")


def test_too_many_connections_make_the_oldest_that_asked_nothing_leave(serve, ask, connect, monkeypatch):
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 10)
    running = serve()
    scraper = connect(running)
    scraper.sendall(GET)
    answer(scraper)
    flood = [connect(running) for _ in range(40)]
    assert ask(running).status == 200
    scraper.sendall(GET)
    assert answer(scraper)[0].startswith(b"HTTP/1.1 200 OK")
    assert all(is_closed(each, 1) for each in flood[:29])


def test_an_endless_head_is_refused(serve, connect):
    endless = connect(serve())
    endless.sendall(b"GET / HTTP/1.1\r\nx: " + b"a" * 40_000)
    time.sleep(0.1)
    with contextlib.suppress(ConnectionError):
        endless.sendall(b"a" * 40_000)
        assert b"431" in endless.recv(1000)
    assert is_closed(endless)


def test_an_endless_body_is_cut_off(serve, connect):
    endless = connect(serve())
    endless.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        for _ in range(40):
            endless.sendall(b"10000\r\n" + b"a" * 65536 + b"\r\n")
            time.sleep(0.01)
        pytest.fail("took 2.6 MB")


@pytest.mark.parametrize("garbage", [b"\x16\x03\x01\x00\xff", b"GET\r\n\r\n", b"GET / HTTP/9\r\n\r\n", b"\0" * 100])
def test_garbage_is_answered_400_and_closed(serve, ask, connect, garbage):
    running = serve()
    mad = connect(running)
    mad.sendall(garbage)
    assert is_closed(mad)
    assert ask(running).status == 200


@pytest.fixture
def over_tls(serve, certificates):
    """A running server that speaks TLS."""
    file = certificates / "bounds.yml"
    file.write_text("tls_server_config: {cert_file: server.crt, key_file: server.key}")
    return serve(access=Access.load(file))


def test_half_open_tls_handshakes_hold_nobody_and_are_closed_in_time(impatient, over_tls, ask, connect, trusting):
    silent = [connect(over_tls) for _ in range(60)]
    assert ask(over_tls, tls=trusting()).status == 200
    assert all(is_closed(each) for each in silent)


def test_too_many_tls_handshakes_make_the_oldest_leave_at_once(over_tls, ask, connect, trusting, monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 20)
    silent = [connect(over_tls) for _ in range(60)]
    assert ask(over_tls, tls=trusting()).status == 200
    assert all(is_closed(each, 1) for each in silent[:40])


def test_tls_that_is_slow_after_its_handshake_is_closed_too(impatient, over_tls, connect, trusting):
    with trusting().wrap_socket(connect(over_tls), server_hostname="localhost") as wrapped:
        wrapped.sendall(b"GET /")
        wrapped.settimeout(3)
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            assert wrapped.recv(100) == b""
