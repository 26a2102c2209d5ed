"""What the codes of AMQP mean to a person; the broker's own words name accounts and are not repeated."""

from __future__ import annotations

from exporter.queues.errors import Denied, Missing, QueueError, Unreachable, Unsupported

SIGN_IN = "us to sign in"
OWN = "messages of our own queue"
"""Two things that are asked for, and that are refused in words of their own."""

_RIGHTS = (
    r"rabbitmqctl set_permissions USER '^order-health\.' '^order-health\.' '^(order-health\..*|EXCHANGE)$', with the "
    "exchanges of the watched queues for EXCHANGE"
)
_STOPS, _LIMIT = "it is stopping, or short of resources", "a limit or a policy of the virtual host forbids it"
_CODES = {
    320: (Unreachable, "the broker closed the connection instead of {what}: " + _STOPS),
    403: (Denied, "the account may not have {what}: " + _RIGHTS),
    404: (Missing, "{what} is not there any more"),
    405: (Unreachable, "the broker has locked {what} just now"),
    406: (Unsupported, "the broker refuses {what}: " + _LIMIT),
    506: (Unreachable, "the broker closed the connection instead of {what}: " + _STOPS),
    530: (Denied, "the broker does not allow {what}: not there, not for this account, or beyond a limit"),
}
_OURS = {
    (403, SIGN_IN): (Denied, "the broker refuses the account or its password for AMQP"),
    (404, OWN): (Unreachable, "our own queue has expired, or somebody deleted it; there will be another one"),
}


def refusal(code: int, what: str) -> QueueError:
    """`what` was asked for, and answered by closing the channel or the connection."""
    kind, text = _OURS.get((code, what)) or _CODES.get(code, (QueueError, "the broker refuses {what}"))
    return kind(f"{text.replace('{what}', what)} (code {code})")
