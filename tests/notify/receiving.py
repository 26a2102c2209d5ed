"""A program that takes webhooks as strictly as its page says: signed, fresh, JSON, each notification once."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import ssl
import threading
from collections import deque
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec-canary-4"
_KEYS = {
    "version": str,
    "groupKey": str,
    "truncatedAlerts": int,
    "status": str,
    "receiver": str,
    "groupLabels": dict,
    "commonLabels": dict,
    "commonAnnotations": dict,
    "externalURL": str,
    "notification_reason": str,
    "alerts": list,
    "orderHealth": dict,
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")


class Receiver:
    """Answers 204, or the next of `answers` (status, headers, body); `faults` is all it had to object to."""

    def __init__(self):
        self.bodies, self.headers, self.faults = [], [], []
        self.answers: deque[tuple[int, dict[str, str], bytes]] = deque()
        self.seen: set[str] = set()
        self.repeats = 0
        self.url = ""

    def check(self, headers, raw, now=None):
        """Asserts every rule of docs/channels.md; returns the body."""
        stamp, digest = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", headers["X-Order-Health-Signature"]).groups()
        expected = hmac.new(SECRET.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
        assert hmac.compare_digest(digest, expected)
        assert now is None or abs(now - int(stamp)) < 300
        assert headers["Content-Type"] == "application/json; charset=utf-8"
        assert re.fullmatch(r"[0-9a-f]{32}", headers["Idempotency-Key"])
        body = json.loads(raw.decode("utf-8"), parse_constant=_never)
        assert {name: type(body[name]) for name in _KEYS} == _KEYS
        assert body["version"] == "4"
        assert body["status"] in {"firing", "resolved"}
        for alert in body["alerts"]:
            assert alert["status"] in {"firing", "resolved"}
            assert _TIME.fullmatch(alert["startsAt"])
            assert _TIME.fullmatch(alert["endsAt"])
            assert all(isinstance(value, str) for value in (alert["labels"] | alert["annotations"]).values())
        self.repeats += headers["Idempotency-Key"] in self.seen
        self.seen.add(headers["Idempotency-Key"])
        return body

    def hear(self, headers, raw):
        try:
            self.bodies.append(self.check(headers, raw))
            self.headers.append(dict(headers))
        except Exception as fault:
            self.faults.append(repr(fault))
        return self.answers.popleft() if self.answers else (204, {}, b"")


def _never(constant):
    raise ValueError(constant)


@contextmanager
def receiver(private=None, certificate=None):
    """Over TLS with a private key and a certificate."""
    opened = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, body = opened.hear(self.headers, raw)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, private)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    opened.url = f"http{'s' * bool(certificate)}://127.0.0.1:{server.server_port}/hook?token=url-canary-9"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
