"""One connection: one question after another, each with an end, and each answer read to its last byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled, TimedOut, Unreachable
from exporter.queues.rocketmq.frames import PREFIX, Header, Key, Read, header, lengths, request
from exporter.queues.sockets import LEAST, gone, reason, told

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

PIECE = 1 << 16
LARGEST_ANSWER = 8 << 20
"""Bytes of an answer to an admin question; a message may be larger."""

_OTHERS = 100
"""Frames that nobody asked for and that are passed over until the answer comes."""


class Body:
    """The body of an answer as it comes in."""

    def __init__(self, link: Link, length: int, deadline: Deadline) -> None:
        self._link, self._deadline, self.left = link, deadline, length

    def take(self, count: int) -> bytes:
        """Exactly so many bytes; raises Garbled where the answer has fewer."""
        if not 0 <= count <= self.left:
            raise Garbled("what came is shorter than it says itself")
        taken = self._link.receive(count, self._deadline)
        self.left -= count
        return taken

    def pieces(self, count: int) -> Iterator[bytes]:
        """So many bytes, in pieces."""
        while count:
            size = min(count, PIECE)
            yield self.take(size)
            count -= size

    def drain(self) -> None:
        """A broker whose message is not taken to the end logs an error."""
        for _ in self.pieces(self.left):
            pass


class Link:
    """Opened when first asked, and anew after an error. `name` says in errors who this is: no address is told."""

    def __init__(self, name: str, place: tuple[str, int], key: Key | None) -> None:
        self.name, self._place, self._key = name, place, key
        self._socket: socket.socket | None = None
        self._number = 0
        self._turn = threading.Lock()
        self._closed = False

    def ask(self, code: Read, fields: Mapping[str, str], deadline: Deadline) -> tuple[Header, bytes]:
        """Header and body, whatever code the broker answers; raises Unreachable, TimedOut or Garbled."""
        with self.stream(code, fields, deadline, LARGEST_ANSWER) as (answer, body):
            return answer, b"".join(body.pieces(body.left))

    @contextlib.contextmanager
    def stream(
        self, code: Read, fields: Mapping[str, str], deadline: Deadline, most: int
    ) -> Iterator[tuple[Header, Body]]:
        """The same for an answer of up to `most` bytes, read piece by piece within the `with`, drained at its end."""
        if not self._turn.acquire(timeout=deadline.left):
            raise TimedOut(f"{self.name} was busy with another question until the time of this run was over")
        whole = False
        try:
            answer, body = self._answer(code, fields, deadline, most)
            try:
                yield answer, body
            finally:
                body.drain()
                whole = True
        finally:
            if not whole:  # what is still on its way must not be taken for the answer to the next question
                self._drop()
            self._turn.release()

    def close(self) -> None:
        """Also ends what is being asked: whoever waits for it gets Unreachable."""
        self._closed = True
        if (at_work := self._socket) is not None:
            with contextlib.suppress(OSError):
                at_work.shutdown(socket.SHUT_RDWR)
        with self._turn:
            self._drop()

    def receive(self, count: int, deadline: Deadline) -> bytes:
        into = bytearray(count)
        view, got = memoryview(into), 0
        with told(self.name, self._socket, deadline) as link:
            while got < count:
                link.settimeout(max(LEAST, deadline.left))
                if not (size := link.recv_into(view[got:])):
                    raise Unreachable(f"{self.name} closed the connection in the middle of an answer")
                got += size
                if deadline.left <= 0:
                    raise TimeoutError
        return bytes(into)

    def _answer(self, code: Read, fields: Mapping[str, str], deadline: Deadline, most: int) -> tuple[Header, Body]:
        self._number = (self._number + 1) % 0x7FFFFFFF
        self._send(request(code, fields, self._number, self._key), deadline)
        for _ in range(_OTHERS):
            length, rest = lengths(self.receive(PREFIX, deadline), max(most, LARGEST_ANSWER))
            answer = header(self.receive(length, deadline), rest)
            body = Body(self, rest, deadline)
            if answer.answers and answer.number == self._number:
                return answer, body
            body.drain()  # a question to us, or an answer to a question that was given up
        raise Garbled(f"{self.name} sends answers to other questions than ours")

    def _send(self, frame: bytes, deadline: Deadline) -> None:
        """A connection that was idle may have been closed by the broker (after 120 s): that is no fault."""
        if deadline.left < LEAST:
            raise TimedOut(f"no time of this run was left to ask {self.name}")
        if self._socket is not None and gone(self._socket):
            self._drop()
        if self._socket is None:
            self._socket = self._dialled(deadline)
        with told(self.name, self._socket, deadline) as link:
            link.settimeout(max(LEAST, deadline.left))
            link.sendall(frame)

    def _dialled(self, deadline: Deadline) -> socket.socket:
        if self._closed:
            raise Unreachable("this shop was closed")
        try:
            link = socket.create_connection(self._place, timeout=max(LEAST, deadline.left))
        except TimeoutError:
            raise TimedOut(f"{self.name} does not take a connection within the time of this run") from None
        except (OSError, UnicodeError) as error:
            raise Unreachable(f"no connection to {self.name}: {reason(error)}") from None
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
