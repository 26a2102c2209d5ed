"""What the error codes of Kafka mean to a person."""

from __future__ import annotations

from exporter.queues.errors import Denied, Missing, QueueError, Unreachable, Unsupported

OUT_OF_RANGE = 1
NO_GROUP = 69
_MISSING = {3: "there is no such topic", 17: "that is no name of a topic"}
_DENIED = {
    29: "the account needs READ and DESCRIBE on the topic",
    30: "the account needs DESCRIBE on the group",
    31: "the account needs DESCRIBE on the cluster",
    58: "it does not know this user with this password",
}
_UNSUPPORTED = {
    33: "it does not offer this way to sign in; try another `sasl`",
    34: "nobody signs in there; leave out user, password and sasl",
    35: "it does not know this question",
}
_PASSING = {5, 6, 7, 8, 9, 13, 14, 15, 16, 56, 72, 74, 75, 78, 103}
"""Leaders and coordinators move, or the broker is starting."""


def refusal(code: int, who: str, what: str) -> QueueError:
    """`what` was asked of `who`, and answered with an error."""
    for kind, told in ((Missing, _MISSING), (Denied, _DENIED), (Unsupported, _UNSUPPORTED)):
        if code in told:
            return kind(f"{who} does not tell {what}: {told[code]} (code {code})")
    if code in _PASSING:
        return Unreachable(f"{who} cannot tell {what} just now: leaders are moving, or it is starting (code {code})")
    return QueueError(f"{who} does not tell {what} (code {code})")
