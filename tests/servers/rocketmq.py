"""A real RocketMQ for tests: a name server and a broker of a version that Maven Central has."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.servers import free_port, maven, wait_for
from tests.servers.remoting import ROUTE, Client, Refused

VERSIONS = ("4.9.7", "5.5.0")
"""The first writes JSON in fastjson's own way, the other is the newest; 5.3.3 is fetched and run by hand."""

_OPEN = [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in ("java.nio", "sun.nio.ch", "java.lang", "java.util", "jdk.internal.ref")
] + ["--add-exports=java.base/sun.nio.ch=ALL-UNNAMED", "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED"]
_SMALL = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k", "-XX:CICompilerCount=1"]
_LOGBACK = """<configuration><appender name="out" class="ch.qos.logback.core.FileAppender"><file>{}</file>
<encoder><pattern>%d %p %m%n</pattern></encoder></appender><root level="INFO"><appender-ref ref="out"/></root>
</configuration>"""


class RocketMQ:
    """`options` are settings of broker.conf; `accounts` the text of a plain_acl.yml, `key` its administrator's."""

    def __init__(self, version: str, accounts: str = "", key: object = None, **options: object) -> None:
        self.version, self._java, self._jars = version, maven.java(), maven.jars("rocketmq", version)
        self.home = Path(tempfile.mkdtemp(prefix="oh-rocketmq-"))
        self.name_port, self.port = free_port(), _free_three()
        self._key = key
        self._processes: list[subprocess.Popen[bytes]] = []
        (self.home / "conf").mkdir()
        for part in ("namesrv", "broker"):
            text = _LOGBACK.format(self.home / f"{part}.log")
            (self.home / "conf" / f"logback_{part}.xml").write_text(text, encoding="utf-8")
        if accounts:
            (self.home / "conf" / "plain_acl.yml").write_text(accounts, encoding="utf-8")
        self._write("namesrv.properties", {"listenPort": self.name_port})
        self._write("broker.conf", {
            "brokerClusterName": "DefaultCluster", "brokerName": "broker-a", "brokerId": 0, "brokerIP1": "127.0.0.1",
            "listenPort": self.port, "namesrvAddr": f"127.0.0.1:{self.name_port}", "storePathRootDir": self.store,
            "storePathCommitLog": self.store / "commitlog", "mappedFileSizeCommitLog": 64 << 20,
            "mappedFileSizeConsumeQueue": 60_000, "maxMessageSize": 16_777_216, "flushConsumerOffsetInterval": 300,
            "waitTimeMillsInSendQueue": 60_000, "osPageCacheBusyTimeOutMills": 60_000,
            "diskMaxUsedSpaceRatio": 99, "enableSingleTopicRegister": "false", "aclEnable": "true" if accounts else "false", **options,
        })  # fmt: skip

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def url(self) -> str:
        return f"rocketmq://127.0.0.1:{self.name_port}"

    def start(self) -> RocketMQ:
        self._run("namesrv.NamesrvStartup", "namesrv.properties", "boot success", 96)
        self.start_broker()
        return self

    def start_broker(self) -> None:
        self._run("broker.BrokerStartup", "broker.conf", "boot success", 384)
        self._wait_for_route()

    def stop_broker(self) -> None:
        self._end(self._processes.pop())

    def freeze_broker(self) -> None:
        self._processes[-1].send_signal(signal.SIGSTOP)

    def thaw_broker(self) -> None:
        self._processes[-1].send_signal(signal.SIGCONT)

    def client(self, key: object = None) -> Client:
        return Client(self.port, key)

    def wait_for_topic(self, name: str) -> None:
        """Until the name server tells who keeps it."""
        names = Client(self.name_port)

        def known() -> bool:
            with contextlib.suppress(Refused):
                names.ask(ROUTE, {"topic": name})
                return True
            return False

        try:
            self.wait_until(known)
        finally:
            names.close()

    def wait_until(self, ready: Callable[[], object], within: float = 30.0) -> None:
        until = time.monotonic() + within
        while not ready():
            if time.monotonic() > until:
                pytest.fail(f"the broker is not so far after {within:g} s:\n{self.log()[-2000:]}")
            time.sleep(0.05)

    def fingerprint(self) -> dict[str, str]:
        """What the broker keeps on disk: messages, their indexes, topics, groups, offsets."""
        places = [self.store / each for each in ("config", "commitlog", "consumequeue", "index")]
        found = [file for place in places for file in sorted(place.rglob("*")) if file.is_file()]
        # what it writes every 10 s whoever asks: its clock, and copies of what its files said before
        files = [file for file in found if file.name != "timercheck" and file.suffix != ".bak"]
        return {str(file.relative_to(self.store)): sha256(file.read_bytes()).hexdigest() for file in files}

    def log(self) -> str:
        """What the broker logged, wherever this version does."""
        return "\n".join(file.read_text(errors="replace") for file in self.home.rglob("*.log"))

    def remove(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait(20)
        shutil.rmtree(self.home, ignore_errors=True)

    def _wait_for_route(self) -> None:
        """A broker that missed the name server at its start tells it about itself with the next new topic."""
        names, broker = Client(self.name_port), self.client(self._key)
        numbers = itertools.count()

        def known() -> bool:
            with contextlib.suppress(Refused):
                names.ask(ROUTE, {"topic": "ready0"})
                return True
            broker.create(f"ready{next(numbers)}")
            return False

        try:
            self.wait_until(known)
        finally:
            names.close()
            broker.close()

    def _write(self, name: str, settings: dict[str, object]) -> None:
        text = "".join(f"{key}={value}\n" for key, value in settings.items())
        (self.home / name).write_text(text, encoding="utf-8")

    def _run(self, main: str, settings: str, ready: str, heap: int) -> None:
        log = self.home / f"{settings}.out"
        log.write_bytes(b"")
        command = [
            self._java, f"-Xms{heap}m", f"-Xmx{heap}m", "-XX:MaxDirectMemorySize=256m", *_SMALL, *_OPEN,
            f"-Duser.home={self.home}", f"-Drocketmq.home.dir={self.home}", "-cp", f"{self._jars}/*",
            f"org.apache.rocketmq.{main}", "-c", str(self.home / settings),
        ]  # fmt: skip
        environment = {**os.environ, "ROCKETMQ_HOME": str(self.home), "NAMESRV_ADDR": ""}
        with log.open("ab") as sink:
            process = subprocess.Popen(command, stdout=sink, stderr=sink, cwd=self.home, env=environment)
        self._processes.append(process)

        def booted() -> None:
            if ready not in log.read_text(errors="replace"):
                raise RuntimeError(f"{main} has not said that it is ready")

        wait_for(booted, process, log, 90)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


def _free_three() -> int:
    """A broker also listens two below its port and one above it."""
    while True:
        port = free_port()
        if not any(_taken(each) for each in (port - 2, port, port + 1)):
            return port


def _taken(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
