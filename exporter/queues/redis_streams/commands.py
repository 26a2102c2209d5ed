"""The only commands that can be sent to a Redis server."""

from __future__ import annotations

from enum import Enum


class Read(Enum):
    """All that can be asked: nothing here writes, consumes, blocks or carries a body that was not meant to be read.

    XINFO STREAM is not among them: it returns the first and the last message whole.
    """

    AUTH = ("AUTH",)
    SELECT = ("SELECT",)
    TIME = ("TIME",)
    TYPE = ("TYPE",)
    XLEN = ("XLEN",)
    XINFO_GROUPS = ("XINFO", "GROUPS")
    XPENDING = ("XPENDING",)
    XRANGE = ("XRANGE",)
    XREVRANGE = ("XREVRANGE",)
    LLEN = ("LLEN",)
    LRANGE = ("LRANGE",)
    EVAL_RO = ("EVAL_RO",)
    EVAL = ("EVAL",)
    DBSIZE = ("DBSIZE",)
    SCAN = ("SCAN",)
    PTTL = ("PTTL",)
    CLUSTER_SLOTS = ("CLUSTER", "SLOTS")
    MASTER = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME")

    @property
    def acl(self) -> str:
        """As an ACL names it."""
        return "|".join(self.value).lower()


Question = tuple[Read | bytes | str | int, ...]
"""A Read and its arguments."""


def packed(question: Question) -> bytes:
    words = [word for part in question for word in (part.value if isinstance(part, Read) else (part,))]
    coded = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(coded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in coded)


def acl(question: Question) -> str:
    return question[0].acl if isinstance(question[0], Read) else ""
