"""Carries one request to a robot and brings the whole answer back, bounded in time and size."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING

from exporter.model import Receipt

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 3.0
READ_SECONDS = 10.0
_LARGEST = 64 * 1024
_NEVER_CONNECTED = {"NewConnectionError", "NameResolutionError", "SSLCertVerificationError", "InvalidURL"}
_IDLE_SECONDS = 30.0  # a connection unused for longer may be closed by the other side just as we send


class NoAnswerError(Exception):
    """Nothing came back. `arrived` is False only when the message surely did not leave."""

    def __init__(self, why: str, *, arrived: bool) -> None:
        super().__init__(why)
        self.arrived = arrived

    def receipt(self) -> Receipt:
        return Receipt(False, str(self), outcome="retry")


class Post:
    """One session for one robot, used by one thread; `ca_file` is the authority that vouches for its server."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._ca_file = ca_file
        self._session: requests.Session | None = None
        self._used = 0.0

    def __call__(self, request: requests.Request) -> requests.Response:
        """Raises `NoAnswerError`; its text never holds the address, since that holds the token."""
        import requests  # noqa: PLC0415 - start is quick because nothing is sent yet

        session = self._opened()
        try:
            with session.send(
                session.prepare_request(request),
                timeout=(CONNECT_SECONDS, READ_SECONDS),
                allow_redirects=False,
                **session.merge_environment_settings(
                    request.url, {}, True, self._ca_file, None
                ),  # stream, as the body is bounded
            ) as response:
                return _whole(response)
        except requests.exceptions.ConnectTimeout:
            raise NoAnswerError(f"no connection within {CONNECT_SECONDS:g} s", arrived=False) from None
        except requests.exceptions.ReadTimeout:
            raise NoAnswerError(f"no answer within {READ_SECONDS:g} s", arrived=True) from None
        except (requests.exceptions.RequestException, OSError) as error:
            raise NoAnswerError(_why(error), arrived=not _refused(error)) from None
        finally:
            self._used = time.monotonic()

    def close(self) -> None:
        if self._session:
            self._session.close()

    def _opened(self) -> requests.Session:
        import requests  # noqa: PLC0415

        if self._session is None:
            self._session = requests.Session()
        elif time.monotonic() - self._used > _IDLE_SECONDS:
            self._session.close()
        return self._session


def _whole(response: requests.Response) -> requests.Response:
    """A copy with its body read, and without the address."""
    import requests  # noqa: PLC0415

    until = time.monotonic() + READ_SECONDS
    body = bytearray()
    while len(body) < _LARGEST:
        chunk = response.raw.read1(_LARGEST - len(body), decode_content=True)
        if not chunk:
            break
        body += chunk
        if time.monotonic() > until:
            raise NoAnswerError(f"the answer did not end within {READ_SECONDS:g} s", arrived=True)
    whole = requests.Response()
    whole.status_code, whole.reason, whole.headers = response.status_code, response.reason, response.headers
    whole.encoding, whole.raw = response.encoding, io.BytesIO(bytes(body))
    return whole


def _causes(error: BaseException) -> list[BaseException]:
    """The error and all that caused it; urllib3 keeps the cause in `reason` or among the arguments."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        each = queue.pop(0)
        if isinstance(each, BaseException) and each not in found:
            found.append(each)
            queue += [getattr(each, "reason", None), each.__cause__, each.__context__, *each.args]
    return found


def _refused(error: BaseException) -> bool:
    """Whether there never was a connection."""
    names = {type(each).__name__ for each in _causes(error)}
    return bool(names & _NEVER_CONNECTED)


def _why(error: BaseException) -> str:
    """What the system said (`Connection refused`), else the kind of the innermost error."""
    causes = _causes(error)
    said = [each.strerror for each in causes if isinstance(each, OSError) and each.strerror]
    return f"no answer: {said[-1] if said else type(causes[-1]).__name__}"
