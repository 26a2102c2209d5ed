"""One connection: signed in when first asked, one question after another, and answers that stream by."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from exporter.queues.errors import Garbled, TimedOut, Unreachable, Unsupported
from exporter.queues.kafka.refusals import refusal
from exporter.queues.kafka.signing import Account, exchange
from exporter.queues.kafka.wire import SPOKEN, Read, Stream, data, flexible, request, string
from exporter.queues.sockets import LEAST, dialled, gone, told

if TYPE_CHECKING:
    from exporter.database.deadline import Deadline

_PIECE = 1 << 16
_LARGEST_ANSWER = 16 << 20
"""Bytes of an answer without records."""

_DRAINED = 1 << 18
"""Bytes of an answer nobody wants that are read rather than the connection given up."""

_TLS_ALERT, _HTTP = b"\x15\x03", b"HTTP"


class Link:
    """`name` says in errors who this is: no address is told."""

    def __init__(self, name: str, place: tuple[str, int], account: Account) -> None:
        self.name, self.place, self._account = name, place, account
        self._socket: socket.socket | None = None
        self._versions: Mapping[int, tuple[int, int]] = {}
        self._number = 0
        self._left = 0  # bytes of the answer at hand that are still to come
        self._turn = threading.Lock()
        self._closed = False

    def version(self, read: Read, deadline: Deadline) -> int:
        """The one in which `read` is asked; raises Unsupported where the broker and we have none in common."""
        if not self._versions:
            with self._taken(deadline):
                self._ready(deadline)
        low, high = self._versions.get(read, (0, -1))
        for each in SPOKEN[read]:
            if low <= each <= high:
                return each
        raise Unsupported(f"{self.name} does not know a question in a version of ours (request {read.value}): Kafka "
                          "2.1 and newer do")  # fmt: skip

    @contextlib.contextmanager
    def stream(self, read: Read, fields: bytes, deadline: Deadline, most: int = _LARGEST_ANSWER) -> Iterator[Stream]:
        """The answer, of up to `most` bytes, to be read within the `with`; what is left of it is passed over.

        Raises Unreachable, TimedOut, Garbled, Denied or Unsupported.
        """
        version = self.version(read, deadline)
        with self._taken(deadline):
            self._ready(deadline)
            whole = False
            try:
                yield self._asked(read, version, fields, deadline, most)
                if self._left <= _DRAINED:
                    for _ in self._pieces(deadline):
                        pass
                    whole = True
            finally:
                if not whole:  # what is still on its way must not be taken for the answer to the next question
                    self._drop()

    def close(self) -> None:
        """Also ends what is being asked: whoever waits for it gets Unreachable."""
        self._closed = True
        if (at_work := self._socket) is not None:
            with contextlib.suppress(OSError):
                at_work.shutdown(socket.SHUT_RDWR)
        with self._turn:
            self._drop()

    @contextlib.contextmanager
    def _taken(self, deadline: Deadline) -> Iterator[None]:
        if not self._turn.acquire(timeout=deadline.left):
            raise TimedOut(f"{self.name} was busy with another question until the time of this run was over")
        try:
            yield
        finally:
            self._turn.release()

    def _ready(self, deadline: Deadline) -> None:
        """A connection that was idle may have been closed by the broker (after 10 minutes): that is no fault."""
        if deadline.left < LEAST:
            raise TimedOut(f"no time of this run was left to ask {self.name}")
        if self._socket is not None and gone(self._socket):
            self._drop()
        if self._socket is None:
            if self._closed:
                raise Unreachable("this shop was closed")
            try:
                self._socket = dialled(self.name, self.place, self._account.context, deadline)
                self._greet(deadline)
            except BaseException:
                self._drop()
                raise

    def _greet(self, deadline: Deadline) -> None:
        answer = self._asked(Read.API_VERSIONS, 0, b"", deadline)
        if code := answer.i16():
            raise refusal(code, self.name, "what it can be asked")
        self._versions = {key: (low, high) for key, low, high in answer.array(lambda a: (a.i16(), a.i16(), a.i16()))}
        if not self._account.mechanism:
            return
        mechanism = self._account.mechanism.upper()
        answer = self._asked(Read.SASL_HANDSHAKE, 1, string(mechanism), deadline)
        if code := answer.i16():
            raise refusal(code, self.name, "who we are")
        answer.array(Stream.text)
        steps = exchange(self._account.mechanism, self._account.user, self._account.password, self.name)
        with contextlib.suppress(StopIteration):
            sent = next(steps)
            while True:
                answer = self._asked(Read.SASL_AUTHENTICATE, 0, data(sent), deadline)
                code, _ = answer.i16(), answer.text()
                if code:
                    raise refusal(code, self.name, "anything to us")
                sent = steps.send(answer.data())

    def _asked(
        self, read: Read, version: int, fields: bytes, deadline: Deadline, most: int = _LARGEST_ANSWER
    ) -> Stream:
        self._number = (self._number + 1) % 0x7FFFFFFF
        with told(self.name, self._socket, deadline) as link:
            link.settimeout(max(LEAST, deadline.left))
            link.sendall(request(read, version, self._number, fields))
        self._left = 4
        prefix = b"".join(self._pieces(deadline))
        if prefix[:2] == _TLS_ALERT:
            raise Unreachable(f"{self.name} speaks TLS there; write tls: true")
        (size,) = struct.unpack(">i", prefix)
        if prefix == _HTTP or not 4 <= size <= most:  # noqa: PLR2004 - its number at the least
            raise Garbled(f"{self.name} answers with something that is not Kafka's, or is far too long")
        self._left = size
        answer = Stream(self._pieces(deadline), compact=flexible(read, version))
        if answer.i32() != self._number:
            raise Garbled(f"{self.name} answers another question than ours")
        answer.tags()
        return answer

    def _pieces(self, deadline: Deadline) -> Iterator[bytes]:
        while self._left:
            with told(self.name, self._socket, deadline) as link:
                link.settimeout(max(LEAST, deadline.left))
                piece = link.recv(min(self._left, _PIECE))
            if not piece:
                signed = "" if self._account.mechanism else "; where clients sign in, it needs user, password and sasl"
                raise Unreachable(f"{self.name} closed the connection instead of an answer{signed}")
            if deadline.left <= 0:
                raise TimedOut(f"{self.name} was still answering after {deadline.total:.3g} s")
            self._left -= len(piece)
            yield piece

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
