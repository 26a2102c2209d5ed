"""How a connection is opened: never two attempts at once, never a storm, and nobody waits past their deadline."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

from exporter.database.errors import Denied, Missing, ShopError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from exporter.database.deadline import Deadline

Link = TypeVar("Link")

_FIRST, _GENTLE, _SLOW = 0.4, 0.9, 15.0
"""Seconds between attempts: the first, the most after a refused connection, the most after a refused account.

A refused connection costs next to nothing, so recovery is noticed within a second; a wrong password may lock
an account.
"""


class Dial(Generic[Link]):
    """Opens in a thread of its own: a name server, a handshake or a frozen server can hold that thread only.

    An attempt that outlives its caller goes on; the next caller gets its connection, or `drop` does.
    """

    def __init__(self, connect: Callable[[], Link], drop: Callable[[Link], None]) -> None:
        self._connect, self._drop = connect, drop
        self._attempt: Future[Link] | None = None
        self._failure: ShopError | None = None
        self._delay = 0.0
        self._again = 0.0

    def link(self, deadline: Deadline) -> Link:
        """Raises Unreachable, Denied or Missing."""
        if self._attempt and self._attempt.done() and (late := self._attempt.exception()):
            self._note(late)
        if self._attempt is None:
            if self._failure and time.monotonic() < self._again:
                raise self._failure.with_traceback(None)
            self._attempt = Future()
            threading.Thread(target=self._try, args=(self._attempt,), name="shop-dial", daemon=True).start()
        try:
            link = self._attempt.result(deadline.left)
        except TimeoutError:
            raise Unreachable(f"the database gave no connection within {deadline.total:g} s") from None
        except Exception as error:  # noqa: BLE001 - whatever a driver raises while connecting
            raise self._note(error) from None
        self._attempt, self._failure, self._delay = None, None, 0.0
        return link

    def abandon(self) -> None:
        """No caller will come for the attempt under way: its connection is dropped as soon as it stands."""
        attempt, self._attempt = self._attempt, None
        if attempt:
            attempt.add_done_callback(self._unwanted)

    def _unwanted(self, attempt: Future[Link]) -> None:
        if not attempt.exception():
            self._drop(attempt.result())

    def _try(self, attempt: Future[Link]) -> None:
        try:
            attempt.set_result(self._connect())
        except BaseException as error:  # noqa: BLE001 - handed to the caller
            attempt.set_exception(error)

    def _note(self, error: BaseException) -> ShopError:
        failure = error if isinstance(error, ShopError) else Unreachable("the database answers with nonsense")
        most = _SLOW if isinstance(failure, Denied | Missing) else _GENTLE
        self._attempt, self._failure = None, failure
        self._delay = min(most, max(_FIRST, self._delay * 2))
        self._again = time.monotonic() + self._delay
        return failure
