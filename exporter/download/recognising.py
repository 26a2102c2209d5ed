"""What comes in place of a file: a login page, an error of the application, nothing. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from exporter.download.nouns import Response

_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)
_LOGIN = re.compile(
    rb"type\s*=\s*[\"']?password|<title>[^<]*(?:log ?in|sign ?in|\xe7\x99\xbb\xe5\xbd\x95|\xe7\x99\xbb\xe9\x99\x86)",
    re.IGNORECASE,
)
_FINE = (0, 1, 200, "0", "1", "200", "success", "SUCCESS", "ok", None)
_RENEW = "; renew its token or cookies"
_STATUSES = {
    202: "answers 202, an export made in the background; describe it under `task`",
    304: "answers 304 although no copy was mentioned; something between here and the shop is broken",
    401: f"answers 401{_RENEW}",
    403: f"answers 403{_RENEW}, or let this account export",
    404: "answers 404; correct its address",
    429: "answers 429, too many exports; raise `every`",
}


def refusal(answer: Response, *, task: bool = False, bare: bool = False) -> str:
    """Why this is not the export, and what to do; empty when it is.

    `task`: the answer about one, which is JSON. `bare`: the answer to a HEAD, which has no body.
    """
    accepted = task and answer.status == 202  # noqa: PLR2004 - 202 Accepted
    if not 200 <= answer.status < 300 or (answer.status in _STATUSES and not accepted):  # noqa: PLR2004 - 2xx
        return _STATUSES.get(answer.status, f"answers {answer.status}; look into the shop's log")
    return "" if bare else _body_refused(answer)


def _body_refused(answer: Response) -> str:
    if not answer.size:
        return "answers with nothing, not even a heading; look into the shop's log"
    if _is_page(answer):
        if _LOGIN.search(answer.start) or answer.history:
            return f"answers with a login page{_RENEW}"
        return "answers with a web page, not with a file; correct its address"
    if code := _own_error(answer):
        return f"answers with an error of its own{code.rstrip()}{_RENEW}, or look into the shop's log"
    return ""


def _is_page(answer: Response) -> bool:
    if not _HTML.match(answer.start.removeprefix(b"\xef\xbb\xbf")):
        return False
    # a table in HTML that calls itself a workbook is what many shops export
    workbook = answer.media_type != "text/html" and b"<table" in answer.start.lower()
    return not workbook or _LOGIN.search(answer.start) is not None


def _own_error(answer: Response) -> str:
    """HTTP 200 and `{"code": 401, "msg": …}`: the message stays here, it may name people."""
    if answer.size > len(answer.start) or not answer.start.lstrip().startswith(b"{"):
        return ""
    try:
        said = json.loads(answer.start)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, Mapping):
        return ""
    if said.get("success") is False:
        return " "
    for name in ("code", "errcode", "errno"):
        value = said.get(name)
        if value not in _FINE:
            return f" ({name} {value})" if isinstance(value, int) and abs(value) < 10**6 else " "
    return ""
