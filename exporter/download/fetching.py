"""One request and its redirects, as a browser follows them."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from exporter import __version__
from exporter.database.deadline import Deadline
from exporter.download.body import CODINGS, Body
from exporter.download.cookies import Cookies
from exporter.download.nouns import DownloadError, Hop, Request, Response, TooLateError
from exporter.download.wire import connection

if TYPE_CHECKING:
    import http.client

MOST_HOPS = 10
_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}
_NEUTRAL = {"accept", "accept-encoding", "accept-language", "user-agent"}
_WRITTEN = "!#$%&'()*+,/:;=?@[]~"


def fetch(request: Request, deadline: Deadline, cap: int, sink: Callable[[bytes], object] | None = None) -> Response:
    """Follows up to 10 redirects; the body, unpacked, goes to `sink` piece by piece and may have `cap` bytes.

    Proxies of the environment are not used: a proxy may be the cache. Raises DownloadError, TooLateError or
    TooLargeError. Any status is an answer.
    """
    began = time.monotonic()
    cookies, asked = Cookies(), request
    history: list[Hop] = []
    while True:
        body = Body(cap, sink)
        hop, further = _asked(asked, deadline, body, cookies, may_see=_may_see(request.url, asked.url))
        if further is None:
            return Response(
                hop.status,
                hop.headers,
                hop.arrived,
                hop.waited,
                tuple(history),
                body.sha256,
                body.size,
                body.start,
                time.monotonic() - began,
            )
        history.append(hop)
        if len(history) > MOST_HOPS:
            raise DownloadError(f"redirects more than {MOST_HOPS} times")
        asked = _next(asked, hop.status, further, origin=request.url)


def moved(request: Request, url: str) -> Request:
    """A GET of another address by the same person, whose credentials stay behind where it is another server."""
    _place(url)
    if _may_see(request.url, url):
        return replace(request, url=url, method="GET", body=b"")
    return replace(request, url=url, method="GET", body=b"", headers=_neutral(request.headers), cookies={})


def _asked(
    request: Request, deadline: Deadline, body: Body, cookies: Cookies, *, may_see: bool
) -> tuple[Hop, str | None]:
    """The answer to one request, and where it redirects to; else its body is read."""
    place = _place(request.url)
    given = request.headers if may_see else _neutral(request.headers)
    headers = _headers(given, cookies.header(request.url, request.cookies if may_see else {}))
    began = time.monotonic()
    with _told(deadline), connection(place.host, place.port, _tls(request) if place.tls else None, deadline) as link:
        link.request(request.method, place.target, request.body or None, headers)
        with link.getresponse() as answer:
            arrived = time.monotonic()
            cookies.take(request.url, answer)
            hop = Hop(answer.status, _joined(answer), arrived, arrived - began)
            further = answer.getheader("Location") if answer.status in _REDIRECTS else None
            if further is None and request.method != "HEAD":
                body.read(answer)
            return hop, further


@contextmanager
def _told(deadline: Deadline) -> Iterator[None]:
    """What goes wrong, as people read it."""
    import http.client  # noqa: PLC0415 - a sidecar that downloads nothing does without

    try:
        yield
    except TimeoutError:
        raise TooLateError(f"no whole answer within {deadline.total:.3g} s") from None
    except http.client.RemoteDisconnected:
        raise DownloadError("the server hung up without an answer") from None
    except http.client.IncompleteRead:
        raise DownloadError("the answer is cut short") from None
    except OSError as error:
        raise DownloadError(f"the connection broke: {error.strerror or type(error).__name__}") from None
    except http.client.HTTPException:
        raise DownloadError("the server answers with what is not HTTP") from None


@dataclass(frozen=True, slots=True)
class _Place:
    host: str
    port: int
    tls: bool
    target: str


def _place(url: str) -> _Place:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        host = None
    if not host:
        raise DownloadError("redirects to what is no http:// or https:// address")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Place(host, port, parts.scheme == "https", quote(target, safe=_WRITTEN))


def _next(request: Request, status: int, further: str, *, origin: str) -> Request:
    """As browsers do: 307 and 308 repeat the method, the others ask with GET; a body stays with its server."""
    try:
        url = urljoin(request.url, quote(further.encode("latin-1"), safe=_WRITTEN))
    except ValueError:
        url = ""
    _place(url)
    if request.method in {"GET", "HEAD"}:
        return replace(request, url=url)
    if status not in {307, 308}:
        return replace(request, url=url, method="GET", body=b"")
    if not _may_see(origin, url):
        raise DownloadError(f"redirects the {request.method} to another server, which must not see what it sends")
    return replace(request, url=url)


def _may_see(origin: str, url: str) -> bool:
    """Credentials go to the server they are for, and to its encrypted port."""
    ours, theirs = urlsplit(origin), urlsplit(url)
    return _server(ours) == _server(theirs) or (
        ours.hostname == theirs.hostname and (_server(ours)[2], _server(theirs)[2]) == (80, 443)
    )


def _neutral(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in _NEUTRAL}


def _server(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, parts.hostname or "", parts.port or _PORTS[parts.scheme]


def _tls(request: Request) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=request.ca or None)
    except OSError as error:
        raise DownloadError(f"the file `ca` cannot be used: {error.strerror or 'it holds no certificate'}") from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def _headers(given: Mapping[str, str], cookie: str) -> dict[str, str]:
    own = {"User-Agent": f"order-health/{__version__}", "Accept": "*/*", "Accept-Encoding": CODINGS}
    named = {name.lower() for name in given}
    headers = {**{name: value for name, value in own.items() if name.lower() not in named}, **given}
    return {**headers, **({"Cookie": cookie} if cookie else {}), "Connection": "close"}


def _joined(answer: http.client.HTTPResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in answer.getheaders():
        low = name.lower()
        if low != "set-cookie":
            headers[low] = f"{headers[low]}, {value}" if low in headers else value
    return headers
