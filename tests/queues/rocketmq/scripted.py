"""A broker that says what a test tells it to: for answers that no real one gives when asked to."""

from __future__ import annotations

import json
import socket
import socketserver
import struct
import threading
from collections.abc import Callable
from typing import Any

Answers = Callable[[dict[str, Any]], list[bytes]]
"""The header of a request → pieces to send; none: the connection is closed."""


def frame(request: dict[str, Any], body: bytes = b"", code: int = 0, **header: Any) -> bytes:
    """An answer to the request; `header` replaces what would stand there."""
    written = {"code": code, "flag": 1, "language": "JAVA", "opaque": request["opaque"], "version": 409, **header}
    text = json.dumps(written).encode()
    return struct.pack(">II", 4 + len(text) + len(body), len(text)) + text + body


def stored(
    body: bytes, offset: int = 0, *, flags: int = 0, properties: bytes = b"KEYS\x01O-1", magic: int = 0xDAA320A7
):
    """A message as a broker stores it, between IPv4 hosts."""
    rest = struct.pack(">I", len(body)) + body + b"\x05topic" + struct.pack(">H", len(properties)) + properties
    host = socket.inet_aton("10.0.0.9") + struct.pack(">I", 10911)
    fixed = struct.pack(">IIIIqqIq", magic, 0, 0, 0, 0, offset, flags, 1_795_000_000_000) + host
    fixed += struct.pack(">q", 1_795_000_000_123) + host + struct.pack(">Iq", 0, 0)
    return struct.pack(">I", 4 + len(fixed) + len(rest)) + fixed + rest


class Scripted:
    """Name server and broker in one; `asked` are the headers of all requests."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[int, Answers] = {}
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                while prefix := self.rfile.read(8):
                    length, header = struct.unpack(">II", prefix)
                    request = json.loads(self.rfile.read(header & 0xFFFFFF))
                    self.rfile.read(length - 4 - (header & 0xFFFFFF))
                    outer.asked.append(request)
                    pieces = outer.answers[request["code"]](request)
                    for piece in pieces:
                        self.wfile.write(piece)
                    if not pieces:
                        return

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

            def handle_error(self, request, client_address) -> None:
                """A client that goes away is no fault here."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def says(self, number: int, body: bytes | dict[str, Any] = b"", **header: Any) -> None:
        text = json.dumps(body).encode() if isinstance(body, dict) else body
        self.answers[number] = lambda request: [frame(request, text, **header)]

    def keeps(self, *sizes: int, oldest: int = 0) -> None:
        """A topic with one queue of messages of these sizes, in a commit log where each follows the one before."""
        place = {"brokerAddrs": {"0": f"127.0.0.1:{self.port}"}, "brokerName": "a", "cluster": "c"}
        self.says(105, {"brokerDatas": [place], "queueDatas": [{"brokerName": "a", "readQueueNums": 1, "perm": 6}]})
        figures = {"minOffset": oldest, "maxOffset": oldest + len(sizes)}
        queue = '{"brokerName":"a","queueId":0,"topic":"t"}'
        self.says(202, f'{{"offsetTable":{{{queue}:{json.dumps(figures, separators=(",", ":"))}}}}}'.encode())
        told = [
            {"physicSize": size, "physicOffset": sum(sizes[:number]), "tagsCode": 0}
            for number, size in enumerate(sizes)
        ]

        def index(request):
            start, count = (
                int(request["extFields"][name]) - shift for name, shift in (("index", oldest), ("count", 0))
            )
            body = {"queueData": told[start : start + count], "maxQueueIndex": oldest + len(sizes)}
            return [frame(request, json.dumps(body).encode())]

        self.answers[321] = index

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
