"""What listens where a broker should, and answers what a test wants."""

import contextlib
import socket
import struct
import threading
import time

from exporter.queues.rabbitmq.wire import END, long, short


def frame(kind, payload, *, channel=1, size=None, end=END):
    return struct.pack(">BHI", kind, channel, len(payload) if size is None else size) + payload + end


def method(number, arguments=b"", **more):
    return frame(1, struct.pack(">HH", *number) + arguments, **more)


START = method((10, 10), b"\x00\x09" + long(b"") + long(b"PLAIN") + long(b"en_US"), channel=0)
TUNE = method((10, 30), struct.pack(">HIH", 2047, 131_072, 60), channel=0)
OPENED = method((10, 41), b"\0", channel=0)
CHANNEL = method((20, 11), long(b""))
GREETING = [START, TUNE, OPENED, CHANNEL]

HEARTBEAT = frame(8, b"", channel=0)
GOT = method((60, 71), b"\0" * 9 + short("orders") + short("order.created") + b"\0" * 4)
EMPTY = method((60, 72), short(""))


def head(size, flags=0, properties=b""):
    return frame(2, struct.pack(">HHQH", 60, 0, size, flags) + properties)


def body(data, **more):
    return frame(3, data, **more)


def closed(code, number=(20, 40)):
    return method(number, struct.pack(">H", code) + short("for wang@example.com") + b"\0" * 4)


class Impostor:
    """Answers each thing it is sent with the next of these; `every`: seconds between two bytes of the last one."""

    def __init__(self, *answers, every=0.0):
        self._door = socket.create_server(("127.0.0.1", 0))
        self.place = ("127.0.0.1", self._door.getsockname()[1])
        self._answers, self._every = answers, every
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                here, _ = self._door.accept()
                threading.Thread(target=self._talk, args=(here,), daemon=True).start()

    def _talk(self, here):
        with contextlib.suppress(OSError), here:
            for answer in self._answers:
                if not here.recv(65536):
                    return
                if self._every and answer is self._answers[-1]:
                    for at in range(len(answer)):
                        here.sendall(answer[at : at + 1])
                        time.sleep(self._every)
                else:
                    here.sendall(answer)
            here.shutdown(socket.SHUT_WR)
            while here.recv(65536):
                pass

    def close(self):
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
