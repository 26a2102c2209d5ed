"""A wire between two servers on 127.0.0.1 that is as long as a test wants it."""

from __future__ import annotations

import contextlib
import queue
import socket
import threading
import time


class Relay:
    """What `target` (a port) sends arrives `delay` seconds later; what is sent to it goes at once."""

    def __init__(self, target: int) -> None:
        self.target, self.delay = target, 0.0
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._door.getsockname()[1])
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()

    def cut(self) -> None:
        """Ends the connections that stand now."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._door.accept()
            except OSError:
                return
            try:
                there = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                here.close()
                continue
            self._open += [here, there]
            for each in (here, there):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            line: queue.Queue[tuple[float, bytes]] = queue.Queue()
            threading.Thread(target=self._pass, args=(here, there), daemon=True).start()
            threading.Thread(target=self._take, args=(there, line), daemon=True).start()
            threading.Thread(target=self._give, args=(here, line), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := here.recv(65536):
                there.sendall(data)
        self._end(here, there)

    def _take(self, there: socket.socket, line: queue.Queue[tuple[float, bytes]]) -> None:
        data = b"-"
        while data:
            try:
                data = there.recv(65536)
            except OSError:
                data = b""
            line.put((time.monotonic(), data))

    def _give(self, here: socket.socket, line: queue.Queue[tuple[float, bytes]]) -> None:
        while True:
            came, data = line.get()
            time.sleep(max(0.0, came + self.delay - time.monotonic()))
            if not data:
                return self._end(here)
            try:
                here.sendall(data)
            except OSError:
                return self._end(here)

    @staticmethod
    def _end(*sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
