"""Who may change what is silenced: whoever has logged in; without a login, somebody on this machine."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from exporter.silences.tickets import command, form

if TYPE_CHECKING:
    from starlette.requests import Request

    from exporter.web import View

REFUSED = (
    "Only who has logged in may do this: set basic_auth_users in the file of --web.config.file. Without it, "
    "`order-health silence` on the sidecar's machine and the buttons of cards work."
)
LARGEST_BODY = 16 * 1024
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip")


def visitor(request: Request, view: View) -> str | None:
    """The name of who may, "" where it is not known, None for who may not.

    A proxy on this machine asks for people elsewhere. So without a login, to come from this machine is enough only
    where nothing tells of a proxy: neither a header, nor an `external_url` that leads elsewhere. Else whoever asks must
    show that they may read the state.
    """
    user = request.scope.get("user")
    if isinstance(user, str):
        return user
    if not request.client or not _is_here(request.client.host):
        return None
    bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
    if hmac.compare_digest(bearer.encode(), command(view.desk.key()).encode()):
        return ""
    outside = _host(view.desk.terms.external_url)
    asked = _host(f"//{request.headers.get('host', '')}")
    is_relayed = request.scope.get("http_version") == "1.0" or any(name in request.headers for name in _FORWARDED)
    return "" if _is_here(asked) and (not outside or _is_here(outside)) and not is_relayed else None


def is_foreign(request: Request) -> bool:
    """Whether a browser says that another site's page sent this."""
    return request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}


def form_token(view: View, user: str) -> str:
    return form(user, _hour(view), view.desk.key())


def is_ours(token: str, view: View, user: str) -> bool:
    """Whether the form was on a page that this visitor was shown within the last hour or two."""
    good = [form(user, _hour(view) - ago, view.desk.key()) for ago in (0, 1)]
    return any(hmac.compare_digest(token.encode(), each.encode()) for each in good)


async def body(request: Request) -> bytes | None:
    """None where it is larger than anything we ask for."""
    read = b""
    async for part in request.stream():
        read += part
        if len(read) > LARGEST_BODY:
            return None
    return read


def fields(raw: bytes) -> dict[str, str]:
    """Of a form; the first where a name comes twice, nothing where it is no form."""
    try:
        found = parse_qs(raw.decode("utf-8", "replace"), max_num_fields=20)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}


def _hour(view: View) -> int:
    return int(view.desk.now().timestamp() // 3600)


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # a bracket too few
        return ""


def _is_here(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
