"""One AMQP connection with one channel; every question has its answer before the next one is asked."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled, QueueError, TimedOut, Unreachable
from exporter.queues.rabbitmq import wire
from exporter.queues.rabbitmq.letters import Letter, head
from exporter.queues.rabbitmq.refusals import OWN, SIGN_IN, refusal
from exporter.queues.rabbitmq.wire import Fields, Method, Send
from exporter.queues.sockets import LEAST, dialled, gone, told

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

WHO = "the broker"
_LARGEST_FRAME = 128 << 10
_PIECE = 64 << 10
_TLS_ALERT = b"\x15\x03"


class Link:
    """Open when it is made. After any error it is of no use any more, and the broker drops our queue with it."""

    def __init__(
        self, place: tuple[str, int], context: ssl.SSLContext | None, account: tuple[str, str], vhost: str,
        deadline: Deadline,
    ) -> None:  # fmt: skip
        if deadline.left < LEAST:
            raise TimedOut(f"no time of this run was left to ask {WHO}")
        self._deadline = deadline
        self._buffer = bytearray()
        self._socket = dialled(WHO, place, context, deadline)
        try:
            self._greet(account, vhost)
        except BaseException:
            self.close()
            raise

    @property
    def gone(self) -> bool:
        """The broker has closed it."""
        return gone(self._socket)

    def ask(self, question: bytes, answer: Method, deadline: Deadline, what: str = "") -> Fields:
        """`what` says in a refusal what was asked for."""
        self._deadline = deadline
        self._send(question)
        return self._expect(what, answer)[1]

    def letters(self, queue: str, count: int, deadline: Deadline) -> Iterator[Letter]:
        """Up to so many messages of our queue, asked for in one go; fewer where it has fewer."""
        self._deadline = deadline
        self._send(wire.get(queue) * count)
        for _ in range(count):
            method, fields = self._expect(OWN, Method.GOT, Method.EMPTY)
            if method is Method.EMPTY:
                continue
            fields.take(9)
            exchange, key = fields.short(), fields.short()
            size, properties = head(self._frame(wire.PROPERTIES))
            pieces = self._body(size)
            yield Letter(exchange, key, size, properties, pieces)
            for _piece in pieces:
                pass

    def close(self) -> None:
        """Also ends what is being asked: whoever waits for it gets Unreachable."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _greet(self, account: tuple[str, str], vhost: str) -> None:
        self._send(wire.HEADER)
        self._expect("anything", Method.START)
        mine = {"product": "order-health", "connection_name": "order-health",
                "capabilities": {"authentication_failure_close": True}}  # fmt: skip
        answer = f"\0{account[0]}\0{account[1]}".encode()
        self._send(wire.frame(
            Send.START_OK, wire.table(mine) + wire.short("PLAIN") + wire.long(answer) + wire.short("en_US")
        ))  # fmt: skip
        fields = self._expect(SIGN_IN, Method.TUNE)[1]
        fields.take(2)
        largest = min(fields.number(4) or _LARGEST_FRAME, _LARGEST_FRAME)
        # no heartbeats: nobody would send ours between two looks, and our queue expires by itself
        self._send(wire.frame(Send.TUNE_OK, struct.pack(">HIH", 1, largest, 0)))
        self._send(wire.frame(Send.OPEN, wire.short(vhost) + wire.short("") + b"\0"))
        self._expect(f"the virtual host {vhost}", Method.OPENED)
        self._send(wire.frame(Send.CHANNEL_OPEN, wire.short("")))
        self._expect("a channel", Method.CHANNEL_OPENED)

    def _expect(self, what: str, *wanted: Method) -> tuple[Method, Fields]:
        fields = Fields(self._frame(wire.METHOD))
        number = (fields.number(2), fields.number(2))
        method = next((each for each in Method if each.value == number), None)
        if method in (Method.CLOSE, Method.CHANNEL_CLOSE):
            raise self._refused(fields, what, whole=method is Method.CLOSE)
        if method is None or method not in wanted:
            raise Garbled(f"{WHO} answers something else than what was asked for")
        return method, fields

    def _refused(self, fields: Fields, what: str, *, whole: bool) -> QueueError:
        code = fields.number(2)
        if whole:
            with contextlib.suppress(QueueError):
                self._send(wire.frame(Send.CLOSE_OK))
        return refusal(code, what)

    def _frame(self, kind: int) -> bytes:
        """The whole of the next frame, which must be of that kind; heartbeats are passed over."""
        while True:
            found, size = self._frame_head()
            data = self._take(size)
            self._frame_end()
            if found == kind:
                return data
            if found != wire.HEARTBEAT:
                raise self._astray(found, data)

    def _astray(self, kind: int, data: bytes) -> QueueError:
        """Where a message, or the rest of one, should follow: the broker may close the channel instead."""
        fields = Fields(data)
        number = (fields.number(2), fields.number(2)) if kind == wire.METHOD else None
        if number in (Method.CLOSE.value, Method.CHANNEL_CLOSE.value):
            return self._refused(fields, OWN, whole=number == Method.CLOSE.value)
        return Garbled(f"{WHO} sends another frame than the one that should follow")

    def _body(self, size: int) -> Iterator[bytes]:
        while size > 0:
            kind, length = self._frame_head()
            if kind in (wire.HEARTBEAT, wire.METHOD):
                data = self._take(length)
                if kind == wire.METHOD:
                    raise self._astray(kind, data)
            elif kind != wire.BODY or length > size:
                raise Garbled(f"{WHO} sends another frame than the one that should follow")
            else:
                size -= length
                while length:
                    piece = self._take(min(length, _PIECE))
                    length -= len(piece)
                    yield piece
            self._frame_end()

    def _frame_head(self) -> tuple[int, int]:
        data = self._take(7)
        if data[:4] == b"AMQP" or data[:2] == _TLS_ALERT or data[:4] == b"HTTP":
            raise Unreachable(
                f"{WHO} speaks no plain AMQP 0-9-1 there; rabbitmqs:// is with TLS, and amqp takes its port"
            )
        kind, _channel, size = struct.unpack(">BHI", data)
        if size > _LARGEST_FRAME:
            raise Garbled(f"{WHO} sends a frame that is longer than was agreed")
        return kind, size

    def _frame_end(self) -> None:
        if self._take(1) != wire.END:
            raise Garbled(f"{WHO} sends a frame that does not end where it should")

    def _send(self, data: bytes) -> None:
        with told(WHO, self._socket, self._deadline) as link:
            link.settimeout(max(LEAST, self._deadline.left))
            link.sendall(data)

    def _take(self, size: int) -> bytes:
        """So many bytes; never waits beyond the deadline, however slowly they come."""
        while len(self._buffer) < size:
            if self._deadline.left <= 0:
                raise TimedOut(f"{WHO} was still answering after {self._deadline.total:.3g} s")
            with told(WHO, self._socket, self._deadline) as link:
                link.settimeout(max(LEAST, self._deadline.left))
                piece = link.recv(_PIECE)
            if not piece:
                raise Unreachable(f"{WHO} closed the connection")
            self._buffer += piece
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data
