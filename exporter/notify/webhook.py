"""A program that takes alerts by HTTP: Alertmanager's webhook with our evidence, signed, each notification once."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, SecretStr

from exporter.model import Card, Receipt
from exporter.notify import Channel, Secret, Verdict
from exporter.payload import fitting, payload

if TYPE_CHECKING:
    import requests

SIGNATURE, KEY = "X-Order-Health-Signature", "Idempotency-Key"
_OURS = {SIGNATURE.lower(), KEY.lower(), "content-type", "content-length", "host", "transfer-encoding"}
_PLAIN_BYTES = 16 * 1024
_LONGEST_WAIT = 3600.0


def _address(url: SecretStr) -> SecretStr:
    if not re.fullmatch(r"https?://[^\s/?#@]+(?:[/?][^\s#]*)?", url.get_secret_value()):
        raise ValueError(
            "write a URL such as https://hooks.example.com/alerts; a name and a password go into `headers`"
        )
    return url


def _headers(headers: Mapping[str, SecretStr]) -> Mapping[str, SecretStr]:
    for name, value in headers.items():
        if name.lower() in _OURS:
            raise ValueError(f"{name} is set by order-health itself")
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name):
            raise ValueError(f"{name!r} is no name of a header")
        if not re.fullmatch(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?", value.get_secret_value()):
            raise ValueError(f"the value of {name} must be ASCII on one line, without spaces around it")
    return headers


class Webhook(Channel):
    """`url` and the values of `headers` are secrets; with `secret` every message is signed."""

    FOR_PROGRAMS: ClassVar[bool] = True

    kind: Literal["webhook"] = "webhook"
    """A program of your own, told as Alertmanager tells it."""
    per_minute: Annotated[int, Field(ge=2)] = 600
    url: Annotated[SecretStr, AfterValidator(_address)]
    """Where it listens."""
    secret: Secret | None = None
    """What every message is signed with."""
    headers: Annotated[dict[str, SecretStr], AfterValidator(_headers)] = Field(default_factory=dict)
    """Sent along, such as `Authorization`."""

    def messages(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        return (self._signed(card, now),)

    def plain(self, card: Card, now: datetime) -> tuple[requests.Request, ...]:
        """The same in a few kilobytes: the worst alerts without their evidence, the others counted."""
        group = card.group
        if group:
            group = fitting(
                replace(group, alerts=tuple(replace(each, evidence=()) for each in group.alerts)), _PLAIN_BYTES
            )
        return (self._signed(replace(card, group=group, cases=()), now),)

    def receipt(self, response: requests.Response) -> Receipt:
        """2xx is a yes, whatever stands in it; the text of a refusal is not repeated, for it may echo the message."""
        status = response.status_code
        if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            return Receipt(True, "accepted")
        waits = _wait(response)
        if status == HTTPStatus.TOO_MANY_REQUESTS or (status == HTTPStatus.SERVICE_UNAVAILABLE and waits is not None):
            return Receipt(False, f"HTTP {status}: asks for a pause", 60 if waits is None else waits, "wait")
        found = _VERDICTS.get(status) or _VERDICTS.get(status // 100) or _REFUSED
        return Receipt(False, f"HTTP {status}: {found.meaning}", waits or found.again_in, found.outcome)

    def _signed(self, card: Card, now: datetime) -> requests.Request:
        import requests  # noqa: PLC0415 -- only a process that sends pays for it

        body = json.dumps(told(card), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers = {name: value.get_secret_value() for name, value in self.headers.items()}
        headers |= {"Content-Type": "application/json; charset=utf-8", KEY: key(card)}
        if self.secret:
            headers[SIGNATURE] = signature(self.secret, int(now.timestamp()), body)
        # `auth`: a .netrc of this machine must not take the place of our own Authorization
        return requests.Request(
            "POST", self.url.get_secret_value(), data=body, headers=headers, auth=lambda request: request
        )


def told(card: Card) -> dict[str, Any]:
    """The body: the group in Alertmanager's form, and in `orderHealth.card` what people are told of it.

    A card without a group (a report, the test card) has an empty list of alerts and an empty `groupKey`.
    """
    body = payload(card.group) if card.group else {**_NOTHING, "status": _status(card)}
    shown = {
        "title": card.title,
        "status": card.status,
        "severity": card.severity,
        "text": card.text,
        "number": card.number,
        "unit": card.unit,
        "facts": [{"name": fact.name, "value": fact.value} for fact in card.facts],
        "cases": list(card.cases),
        "links": [{"title": link.title, "url": link.url} for link in card.links],
        "mention": list(card.mention),
        "language": card.language,
    }
    return {**body, "orderHealth": {"version": 1, "card": shown}}


def key(card: Card) -> str:
    """The same for every attempt to tell this, another one for all else that is ever told."""
    group = card.group
    # the title of a card changes with a repeat, as do short forms with what they leave out
    known = [card.status, card.text, card.number, *(f"{fact.name}={fact.value}" for fact in card.facts)]
    if group:
        known = [group.key, group.receiver, group.reason, group.at.isoformat()]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32]


def signature(secret: SecretStr, stamp: int, body: bytes) -> str:
    """`t=<seconds since 1970>,v1=<hex>`: HMAC-SHA256 of `<t>.<body>`; the receiver should refuse an old `t`."""
    digest = hmac.new(secret.get_secret_value().encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


_REFUSED = Verdict("permanent", "refused; check `url:`, `secret:` and `headers:`")
_VERDICTS = {
    408: Verdict("retry", "asks to try again", 10),
    413: Verdict("split", "too long; sending a short form instead", 0),
    425: Verdict("retry", "asks to try again", 10),
    1: Verdict("retry", "no final answer", 30),
    3: Verdict("permanent", "redirects are not followed; write the final address as `url:`"),
    5: Verdict("retry", "the receiver's fault", 10),
}

_NOTHING: Mapping[str, Any] = {
    "version": "4",
    "groupKey": "",
    "truncatedAlerts": 0,
    "receiver": "",
    "groupLabels": {},
    "commonLabels": {},
    "commonAnnotations": {},
    "externalURL": "",
    "notification_reason": "none",
    "alerts": [],
}


def _status(card: Card) -> str:
    return "firing" if card.status == "firing" else "resolved"


def _wait(response: requests.Response) -> float | None:
    """Seconds of Retry-After; a moment is held against the answer's own clock, not ours."""
    asked = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d{1,9}", asked, re.ASCII):
        return min(float(asked), _LONGEST_WAIT)
    try:
        seconds = (parsedate_to_datetime(asked) - parsedate_to_datetime(response.headers["Date"])).total_seconds()
    except (ValueError, TypeError, KeyError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT)
