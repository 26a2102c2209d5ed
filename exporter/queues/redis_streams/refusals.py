"""What a Redis server refuses, told for people: without the account, the address and the values it repeats."""

from __future__ import annotations

from exporter.database.errors import masked
from exporter.queues.errors import Denied, QueueError, Unreachable, Unsupported
from exporter.queues.redis_streams.replies import Refused

MOVING = frozenset({"MOVED", "ASK", "TRYAGAIN"})

_UNREACHABLE = {
    "LOADING": "the server is still loading its data",
    "MASTERDOWN": "the server lost its master, and does not answer from old data",
    "CLUSTERDOWN": "the cluster is down: some of its slots have no server",
    "BUSY": "the server is busy with somebody's script",
    "ASK": "the key is just being moved to another node of the cluster",
    "TRYAGAIN": "the key is just being moved to another node of the cluster",
}
_PASSWORD = ("WRONGPASS", "NOAUTH", "DENIED")


_AUTH = ("err auth", "err client sent auth", "err invalid password")


def no_scripts(refused: Refused) -> bool:
    """Of EVAL: this account may not, or the server has none."""
    text = refused.text.lower()
    return "unknown command" in text or _forbidden(refused)


def refusal(refused: Refused, what: str) -> QueueError:
    """`what`: the command, as an ACL names it: `xinfo|groups`."""
    word, text = refused.word, refused.text.lower()
    if word in _PASSWORD or text.startswith(_AUTH):
        return Denied("the server refuses the account or its password; look at user and password of this queue")
    if _forbidden(refused):
        return Denied(f"the account may not run {what.upper()} here; give it +{what} and ~ the key (ACL SETUSER)")
    if word in _UNREACHABLE or "max number of clients" in text:
        return Unreachable(_UNREACHABLE.get(word, "the server takes no more connections (maxclients)"))
    if word == "MOVED":
        return Unsupported("this server is a node of a cluster; write redis+cluster://…")
    if "unknown command" in text or "unknown subcommand" in text:
        return Unsupported(f"the server does not know {what.upper()}, or it was renamed there")
    return Unsupported(f"the server refuses {what.upper()}: {masked(refused.text)}")


def _forbidden(refused: Refused) -> bool:
    text = refused.text.lower()
    return refused.word == "NOPERM" or "user executing the script can't" in text or "acl failure in script" in text
