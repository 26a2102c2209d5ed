"""What servers do to those who download from them, and what stays in the house."""

import gzip
import hashlib
import io
import socket
import ssl
import subprocess
import time
import zlib
from contextlib import closing, contextmanager

import pytest

from exporter.download import Deadline, DownloadError, Request, TooLargeError, TooLateError, fetch
from tests.servers import free_port, needed
from tests.servers.origin import CSV, Answer, Origin

CAP = 1024 * 1024
SECRETS = {"headers": {"Authorization": "Bearer tok-7", "X-Token": "tok-8"}, "cookies": {"sid": "tok-9"}}


def get(url, *, seconds=10.0, cap=CAP, sink=None, **more):
    return fetch(Request(url, **more), Deadline(seconds), cap, sink)


def refusal(url, kind=DownloadError, **more):
    with pytest.raises(kind) as error:
        get(url, **more)
    assert "tok-" not in str(error.value)
    assert "127.0.0.1" not in str(error.value)
    return str(error.value)


@contextmanager
def another():
    server = Origin()
    with closing(server):
        yield server


def drip(head, piece, pause=0.1):
    yield head
    while True:
        yield piece
        time.sleep(pause)


def test_a_file_comes_whole_with_its_headers_and_its_hash(origin):
    origin.answers["/f"] = Answer(headers={"X-Cache": "HIT", "ETag": '"1"', "Set-Cookie": "sid=tok-1"})
    sink = io.BytesIO()
    answer = get(f"{origin.url}/f?day=1", sink=sink.write)
    assert (answer.status, sink.getvalue(), answer.size) == (200, CSV, len(CSV))
    assert answer.sha256 == hashlib.sha256(CSV).hexdigest()
    assert answer.start == CSV
    assert answer.media_type == "text/csv"
    assert answer.headers["x-cache"] == "HIT"
    assert "set-cookie" not in answer.headers
    assert origin.asked[0].path == "/f?day=1"
    assert origin.asked[0].headers["accept-encoding"] == "gzip, deflate"
    assert "tok-" not in repr(answer)
    assert "tok-" not in repr(Request("http://x/?token=tok-1", **SECRETS))


def test_repeated_headers_are_joined(origin):
    head = b"HTTP/1.1 200 OK\r\nX-Cache: MISS\r\nX-Cache: HIT\r\nContent-Length: 1\r\n\r\n"
    origin.answers["/f"] = Answer(raw=[head, b"x"])
    assert get(f"{origin.url}/f").headers["x-cache"] == "MISS, HIT"


def test_an_error_status_is_an_answer_too(origin):
    assert get(f"{origin.url}/nowhere").status == 404


@pytest.mark.parametrize("coding", ["gzip", "deflate", "raw deflate", "two members"])
def test_a_packed_file_is_unpacked(origin, coding):
    raw = zlib.compressobj(wbits=-15)
    packed = {
        "gzip": gzip.compress(CSV),
        "deflate": zlib.compress(CSV),
        "raw deflate": raw.compress(CSV) + raw.flush(),
        "two members": gzip.compress(CSV[:5]) + gzip.compress(CSV[5:]),
    }[coding]
    name = "deflate" if "deflate" in coding else "gzip"
    origin.answers["/f"] = Answer(packed, headers={"Content-Encoding": name})
    assert get(f"{origin.url}/f").start == CSV


def test_a_small_file_that_unpacks_to_gigabytes_is_stopped_at_the_cap(origin):
    bomb = gzip.compress(bytes(64 * CAP))
    assert len(bomb) < CAP
    origin.answers["/f"] = Answer(bomb, headers={"Content-Encoding": "gzip"})
    taken = []
    text = refusal(f"{origin.url}/f", TooLargeError, sink=lambda piece: taken.append(len(piece)))
    assert "larger than 1,048,576 bytes" in text
    assert sum(taken) <= CAP
    assert max(taken) <= 64 * 1024


def test_a_file_without_an_end_is_stopped_at_the_cap(origin):
    origin.answers["/f"] = Answer(raw=drip(b"HTTP/1.1 200 OK\r\n\r\n", bytes(64 * 1024), pause=0))
    refusal(f"{origin.url}/f", TooLargeError)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-A: ", b"x"),
        (b"", b"H"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_what_comes_drop_by_drop_ends_at_the_deadline(origin, head, piece):
    origin.answers["/f"] = Answer(raw=drip(head, piece))
    began = time.monotonic()
    assert "within 0.5 s" in refusal(f"{origin.url}/f", TooLateError, seconds=0.5)
    assert time.monotonic() - began < 2


def test_a_server_that_never_answers_ends_at_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refusal(f"http://127.0.0.1:{silent.getsockname()[1]}/", TooLateError, seconds=0.3)


def test_a_name_server_that_never_answers_ends_at_the_deadline(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(1) or [])
    assert "no connection within 0.2 s" in refusal("http://shop.example/", TooLateError, seconds=0.2)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", b"abc"], "ends after 3 of the 99 bytes"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"ff\r\nabc"], "cut short"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"zz\r\nabc"], "cut short"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(CSV)[:-9]], "cut short"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", b"order_no"], "cannot be unpacked"),
        ([b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n", b"abc"], "Accept-Encoding: gzip, deflate"),
        ([b"SSH-2.0-OpenSSH_9.2\r\n"], "not HTTP"),
        ([b"HTTP/1.1 200 OK\r\n", *[b"X: 1\r\n"] * 200, b"\r\n"], "not HTTP"),
        ([b"HTTP/1.1 200 OK\r\nX: ", b"x" * 70_000, b"\r\n\r\n"], "not HTTP"),
        ([], "hung up without an answer"),
    ],
)
def test_a_broken_answer_says_what_is_broken(origin, raw, says):
    origin.answers["/f"] = Answer(raw=raw)
    assert says in refusal(f"{origin.url}/f")


def test_of_a_length_that_is_too_small_people_get_that_much(origin):
    origin.answers["/f"] = Answer(length=8)
    assert get(f"{origin.url}/f").start == CSV[:8]


def test_nobody_there_is_told_without_the_address(monkeypatch):
    assert "Connection refused" in refusal(f"http://127.0.0.1:{free_port()}/f?token=tok-1")
    assert "name has no address" in refusal("http://no-such-shop.invalid/")


def test_redirects_are_followed_and_kept(origin):
    origin.answers["/a"] = Answer(b"", 302, {"Location": "/b?x=1", "X-Cache": "MISS"})
    origin.answers["/b"] = Answer(b"", 307, {"Location": f"{origin.url}/订单".encode().decode("latin-1")})
    origin.answers["/%E8%AE%A2%E5%8D%95"] = Answer()
    answer = get(f"{origin.url}/a")
    assert [hop.status for hop in answer.history] == [302, 307]
    assert answer.history[0].headers["x-cache"] == "MISS"
    assert answer.start == CSV


def test_a_redirect_takes_no_credential_to_another_server(origin):
    with another() as elsewhere:
        elsewhere.answers["/file"] = Answer(b"", 302, {"Location": f"{origin.url}/back"})
        origin.answers["/a"] = Answer(b"", 302, {"Location": f"{elsewhere.url}/file?sign=1"})
        origin.answers["/back"] = Answer()
        get(f"{origin.url}/a", headers={**SECRETS["headers"], "Accept": "text/csv"}, cookies=SECRETS["cookies"])
    seen = elsewhere.asked[0].headers
    assert seen["accept"] == "text/csv"
    assert "tok-" not in str(seen)
    assert "order-health" in seen["user-agent"]
    for asked in origin.asked:
        assert (asked.headers["authorization"], asked.headers["x-token"]) == ("Bearer tok-7", "tok-8")
        assert asked.headers["cookie"] == "sid=tok-9"


def test_a_cookie_that_is_set_on_the_way_is_sent_back(origin):
    origin.answers["/a"] = Answer(b"", 302, {"Location": "/b", "Set-Cookie": "sid=new; Path=/; HttpOnly"})
    origin.answers["/b"] = Answer()
    get(f"{origin.url}/a", cookies={"sid": "old", "lang": "zh"})
    assert origin.asked[0].headers["cookie"] == "sid=old; lang=zh"
    assert origin.asked[1].headers["cookie"] == "sid=new; lang=zh"


def test_a_post_is_repeated_by_307_only_and_never_elsewhere(origin):
    origin.answers["/a"] = Answer(b"", 307, {"Location": "/b"})
    origin.answers["/b"] = Answer(b"", 303, {"Location": "/c"})
    origin.answers["/c"] = Answer()
    get(f"{origin.url}/a", method="POST", body=b"day=1")
    assert [(asked.method, asked.body) for asked in origin.asked] == [("POST", b"day=1")] * 2 + [("GET", b"")]
    with another() as elsewhere:
        origin.answers["/a"] = Answer(b"", 307, {"Location": f"{elsewhere.url}/b"})
        assert "redirects the POST to another server" in refusal(f"{origin.url}/a", method="POST", body=b"x")
    assert elsewhere.asked == []


@pytest.mark.parametrize(
    ("location", "says"),
    [
        ("/a", "more than 10 times"),
        ("file:///etc/passwd", "no http"),
        ("http://[", "no http"),
        ("http://h:x/", "no http"),
    ],
)
def test_a_redirect_to_nowhere_ends(origin, location, says):
    origin.answers["/a"] = Answer(b"", 302, {"Location": location})
    assert says in refusal(f"{origin.url}/a")


def test_head_asks_for_headers_alone(origin):
    origin.answers["/f"] = Answer(headers={"X-Cache": "HIT"})
    answer = get(f"{origin.url}/f", method="HEAD")
    assert (answer.headers["x-cache"], answer.size) == ("HIT", 0)
    assert origin.methods("/f") == ["HEAD"]


def test_proxies_of_the_environment_are_not_asked(origin, monkeypatch):
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    origin.answers["/f"] = Answer()
    assert get(f"{origin.url}/f").status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    place = tmp_path_factory.mktemp("tls")
    subprocess.run([
        needed("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem",
    ], check=True, capture_output=True, cwd=place)  # fmt: skip
    return place


def test_the_servers_certificate_is_checked(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    with closing(Origin(context)) as server:
        server.answers["/f"] = Answer()
        assert "certificate is not trusted" in refusal(f"{server.url}/f")
        assert get(f"{server.url}/f", ca=str(certificate / "cert.pem")).start == CSV
        assert server.asked[0].headers["host"] == f"127.0.0.1:{server.port}"
        assert "`ca` cannot be used" in refusal(f"{server.url}/f", ca="/nowhere.pem")


def test_tls_to_a_server_without_it_says_so(origin):
    assert "http:// rather than https://" in refusal(origin.url.replace("http:", "https:") + "/f")
