"""RocketMQ's protocol as producers, consumers and administrators speak it: for tests only, it changes what it asks."""

from __future__ import annotations

import contextlib
import json
import socket
import struct
import time
import zlib
from collections.abc import Sequence
from typing import Any

SEND, PULL, COMMIT, CREATE_TOPIC, HEARTBEAT, CREATE_GROUP = 10, 11, 15, 17, 34, 200
MAX_OFFSET, DELETE_TOPIC, SEND_BATCH = 30, 215, 320
DELETE_TOPIC_FROM_NAME_SERVER, ROUTE = 216, 105
COMPRESSED = 1


class Refused(Exception):  # noqa: N818 - read as a sentence: pytest.raises(Refused)
    """The code and the remark of an answer that is no success."""


class Client:
    """One connection; `key` signs as ACL asks."""

    def __init__(self, port: int, key: Any = None) -> None:
        self.link = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.number = 0
        self.key = key

    def close(self) -> None:
        self.link.close()

    def ask(self, code: int, fields: dict[str, Any], body: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """Header and body of a success; raises Refused."""
        self.number += 1
        written = {name: str(value) for name, value in fields.items()}
        header = json.dumps({
            "code": code, "language": "JAVA", "version": 401, "opaque": self.number, "flag": 0,
            "extFields": self.key.signed(written, body) if self.key else written,
        }).encode()  # fmt: skip
        self.link.sendall(struct.pack(">II", 4 + len(header) + len(body), len(header)) + header + body)
        while True:
            length, typed = struct.unpack(">II", self._take(8))
            answer = json.loads(self._take(typed & 0xFFFFFF))
            rest = self._take(length - 4 - (typed & 0xFFFFFF))
            if answer["opaque"] == self.number and answer["flag"] & 1:
                if answer["code"]:
                    raise Refused(answer["code"], answer.get("remark"))
                return answer, rest

    def _take(self, count: int) -> bytes:
        taken = bytearray()
        while len(taken) < count:
            if not (piece := self.link.recv(count - len(taken))):
                raise ConnectionError("the broker closed the connection")
            taken += piece
        return bytes(taken)

    def create(self, topic: str, queues: int = 1) -> None:
        self.ask(CREATE_TOPIC, {
            "topic": topic, "defaultTopic": "TBW102", "readQueueNums": queues, "writeQueueNums": queues, "perm": 6,
            "topicFilterType": "SINGLE_TAG", "topicSysFlag": 0, "order": "false",
        })  # fmt: skip

    def send(self, topic: str, body: bytes, queue: int = 0, *, flags: int = 0, **properties: str) -> dict[str, Any]:
        """`flags` as in a stored message; COMPRESSED deflates the body first, others want it as they say."""
        told = "".join(f"{name}\x01{value}\x02" for name, value in properties.items())
        body = zlib.compress(body) if flags == COMPRESSED else body
        answer = self.ask(SEND, {
            "producerGroup": "tests", "topic": topic, "defaultTopic": "TBW102", "defaultTopicQueueNums": 1,
            "queueId": queue, "sysFlag": flags, "bornTimestamp": _now(), "flag": 0, "properties": told,
            "reconsumeTimes": 0, "unitMode": "false", "batch": "false",
        }, body)[0]["extFields"]  # fmt: skip
        self._indexed(topic, queue, int(answer["queueOffset"]) + 1)
        return answer

    def send_all(self, topic: str, bodies: Sequence[bytes], queue: int = 0) -> None:
        """Each becomes a message of its own, many of them in one request."""
        end = self._end(topic, queue) + len(bodies)
        for at in range(0, len(bodies), 1000):
            whole = b"".join(
                struct.pack(">IIIII", 22 + len(body), 0, 0, 0, len(body)) + body + b"\0\0"
                for body in bodies[at : at + 1000]
            )
            self.ask(SEND_BATCH, {
                "a": "tests", "b": topic, "c": "TBW102", "d": 1, "e": queue, "f": 0, "g": _now(), "h": 0, "i": "",
                "j": 0, "k": "false", "l": 0, "m": "true",
            }, whole)  # fmt: skip
        self._indexed(topic, queue, end)

    def _indexed(self, topic: str, queue: int, end: int) -> None:
        """A broker answers once a message is stored, and indexes it a little later."""
        while self._end(topic, queue) < end:
            time.sleep(0.01)

    def _end(self, topic: str, queue: int) -> int:
        return int(self.ask(MAX_OFFSET, {"topic": topic, "queueId": queue})[0]["extFields"]["offset"])

    def group(self, name: str) -> None:
        """Makes it; since 5.x nobody can commit for a group that was not made."""
        told = {"groupName": name, "consumeEnable": True, "consumeBroadcastEnable": True}
        self.ask(CREATE_GROUP, {}, json.dumps(told).encode())

    def join(self, group: str, topic: str, model: str = "CLUSTERING") -> None:
        """A consumer comes online, as the Java client does it."""
        subscription = {
            "topic": topic, "subString": "*", "tagsSet": [], "codeSet": [], "subVersion": _now(),
            "expressionType": "TAG", "classFilterMode": False,
        }  # fmt: skip
        consumer = {
            "groupName": group, "consumeType": "CONSUME_PASSIVELY", "messageModel": model,
            "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "subscriptionDataSet": [subscription], "unitMode": False,
        }  # fmt: skip
        told = {"clientID": f"test@{id(self)}", "producerDataSet": [], "consumerDataSet": [consumer]}
        self.ask(HEARTBEAT, {}, json.dumps(told).encode())

    def pull(self, group: str, topic: str, offset: int, queue: int = 0, most: int = 32) -> tuple[int, bytes]:
        """Where the next pull begins, and the messages."""
        with contextlib.suppress(Refused):
            answer, body = self.ask(PULL, {
                "consumerGroup": group, "topic": topic, "queueId": queue, "queueOffset": offset, "maxMsgNums": most,
                "sysFlag": 4, "commitOffset": 0, "suspendTimeoutMillis": 0, "subscription": "*", "subVersion": 0,
                "expressionType": "TAG",
            })  # fmt: skip
            return int(answer["extFields"]["nextBeginOffset"]), body
        return offset, b""

    def commit(self, group: str, topic: str, offset: int, queue: int = 0) -> None:
        self.group(group)
        self.ask(COMMIT, {"consumerGroup": group, "topic": topic, "queueId": queue, "commitOffset": offset})


def _now() -> int:
    return int(time.time() * 1000)
