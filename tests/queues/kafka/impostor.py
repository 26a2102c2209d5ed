"""Something that answers in a broker's place, with whatever a test makes it say."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable

from exporter.queues.kafka.wire import SPOKEN, Read, array, string

Answers = Callable[[int, bytes], bytes | None]
"""Request code and request → the body of the answer after its number; None: the connection is closed."""


def honest(port: int, topic: str = "orders", *, batches: bytes = b"", end: int = 1) -> Answers:
    """A broker with one topic of one partition, which holds `batches`."""

    def metadata(_: bytes) -> bytes:
        partition = struct.pack(">hii", 0, 0, 1) + array([]) * 3
        broker = struct.pack(">i", 1) + string("127.0.0.1") + struct.pack(">i", port) + struct.pack(">h", -1)
        of = struct.pack(">h", 0) + string(topic) + b"\0" + array([partition])
        return struct.pack(">i", 0) + array([broker]) + struct.pack(">hi", -1, 1) + array([of])

    def offsets(request: bytes) -> bytes:
        offset = end if request.endswith(b"\xff") else 0  # the newest is asked for as -1, the oldest as -2
        return struct.pack(">i", 0) + array([string(topic) + array([struct.pack(">ihqq", 0, 0, -1, offset)])])

    def fetched(_: bytes) -> bytes:
        partition = struct.pack(">ihqqqi", 0, 0, end, end, 0, 0) + struct.pack(">i", len(batches)) + batches
        return struct.pack(">ihi", 0, 0, 0) + array([string(topic) + array([partition])])

    answers = {Read.API_VERSIONS: versions, Read.METADATA: metadata, Read.LIST_OFFSETS: offsets, Read.FETCH: fetched}
    return lambda code, request: answers[Read(code)](request)


def versions(_: bytes = b"") -> bytes:
    spoken = [struct.pack(">hhh", read, min(known), min(known)) for read, known in SPOKEN.items()]
    return struct.pack(">h", 0) + array(spoken)


class Impostor:
    """`raw`: sent instead of any answer. `answers` may be set once the port is known. `missing`: bytes of messages that
    never come.
    """

    def __init__(self, raw: bytes | None = None) -> None:
        self._raw, self.answers, self.missing = raw, versions_only, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                link, _ = self._server.accept()
            except OSError:
                return
            self._threads.append(threading.Thread(target=self._answer, args=(link,)))
            self._threads[-1].start()

    def _answer(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError), link, link.makefile("rb") as asked:
            while len(size := asked.read(4)) == 4:
                request = asked.read(int.from_bytes(size, "big"))
                if self._raw is not None:
                    link.sendall(self._raw)
                    return
                code = int.from_bytes(request[:2], "big")
                body = self.answers(code, request)
                if body is None:
                    return
                missing = self.missing if code == Read.FETCH else 0
                link.sendall(struct.pack(">i", len(body) + 4 + missing) + request[4:8] + body)


def versions_only(code: int, _: bytes) -> bytes | None:
    return versions() if code == Read.API_VERSIONS else None
