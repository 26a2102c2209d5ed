"""A local room for the sender's tests: a real HTTP server that writes down what it got, and a small channel."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from exporter.model import Card, Receipt
from exporter.notify import Channel

OK = (200, b'{"errcode":0,"errmsg":"ok"}')
TOKEN = "canary-token-5e1f"


class LocalChannel(Channel):
    kind: str = "test"
    url: str
    companion: bool = False

    def messages(self, card, now):
        found = [self._request({"title": card.title, "text": card.text, "number": card.number})]
        if card.mention and self.companion:
            found.append(self._request({"title": f"@ {card.title}"}))
        return tuple(found)

    def plain(self, card, now):
        return (self._request({"title": f"plain {card.title}"}),)

    def receipt(self, response):
        answer = response.json()
        code = answer["errcode"]
        if code == 0:
            return Receipt(True, "accepted")
        outcome = answer.get("outcome", "retry")
        return Receipt(False, f"errcode {code}", answer.get("again_in"), outcome)

    def _request(self, body):
        return requests.Request("POST", self.url, params={"token": TOKEN}, json=body)


class Room:
    """`answer(body)` gives (HTTP status, bytes) for each message; `got` keeps (time, body)."""

    def __init__(self, answer: Callable[[dict], tuple[int, bytes]] | None = None):
        self.got: list[tuple[float, dict]] = []
        self.answer = answer or (lambda _: OK)
        self.headers: dict[str, str] = {}
        self._changed = threading.Condition()
        room = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with room._changed:
                    room.got.append((time.time(), body))
                    room._changed.notify_all()
                status, answer = room.answer(body)
                try:
                    self.send_response(status)
                    for name, value in room.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(answer)))
                    self.end_headers()
                    self.wfile.write(answer)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/robot/send"

    @property
    def titles(self) -> list[str]:
        return [body["title"] for _, body in self.got]

    def wait(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, seconds), f"the room got {self.titles}"


@contextmanager
def a_room(answer=None):
    room = Room(answer)
    thread = threading.Thread(target=room.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield room
    finally:
        room.server.shutdown()
        room.server.server_close()
        thread.join(5)


def a_card(title: str, severity: str = "warning", **more) -> Card:
    return Card(title=title, status="firing", severity=severity, text="x", **more)


def merged(cards) -> Card:
    """A digest that names how many cards it counts."""
    return a_card("digest", number=str(len(cards)))
