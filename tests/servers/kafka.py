"""A real Kafka for tests: one KRaft node, broker and controller in one process, of a version that Maven Central has."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from tests.servers import free_port, maven, wait_for

VERSION, OLDER = "4.3.1", "3.9.1"

USER, PASSWORD = "order_health", "a:p@ss/word,="
"""Who may sign in by PLAIN where there is a certificate; what it may do is for the test to grant."""

_CLUSTER = "b3JkZXItaGVhbHRoLXRlcw"
_SMALL = ["-Xms192m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k"]
_STARTED = "Kafka Server started"
_LOGIN = "org.apache.kafka.common.security"


class Kafka:
    """`certificate`: a PEM file of a key and its certificate; with it, clients can also sign in, with and without TLS.

    `options` are settings of server.properties, with _ for the dots.
    """

    def __init__(self, certificate: Path | None = None, *, version: str = VERSION, **options: object) -> None:
        self._java, self._jars = maven.java(), maven.jars("kafka", version)
        self.home = Path(tempfile.mkdtemp(prefix="oh-kafka-"))
        names = {"PLAIN": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
        if certificate:
            names |= {"SIGNED": "SASL_PLAINTEXT", "TLS": "SSL", "BOTH": "SASL_SSL"}
        self.ports = {name: free_port() for name in names}
        self.log = self.home / "server.log"
        self._process: subprocess.Popen[bytes] | None = None
        places = {name: f"{name}://127.0.0.1:{port}" for name, port in self.ports.items()}
        settings = {
            "process.roles": "broker,controller", "node.id": 1,
            "controller.quorum.voters": f"1@127.0.0.1:{self.ports['CONTROLLER']}",
            "listeners": ",".join(places.values()),
            "advertised.listeners": ",".join(place for name, place in places.items() if name != "CONTROLLER"),
            "controller.listener.names": "CONTROLLER", "inter.broker.listener.name": "PLAIN",
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in names.items()),
            "log.dirs": self.home / "data", "offsets.topic.replication.factor": 1, "offsets.topic.num.partitions": 1,
            "transaction.state.log.replication.factor": 1, "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 1, "group.initial.rebalance.delay.ms": 0,
            "share.coordinator.state.topic.replication.factor": 1, "share.coordinator.state.topic.min.isr": 1,
            "message.max.bytes": 20_000_000, "replica.fetch.max.bytes": 20_000_000,
            "log.cleaner.dedupe.buffer.size": 2_097_152, "log.cleaner.backoff.ms": 100, "num.io.threads": 4,
            "broker.session.timeout.ms": 2000, "broker.heartbeat.interval.ms": 500,
            "log.retention.check.interval.ms": 500, "file.delete.delay.ms": 100, "log.initial.task.delay.ms": 100,
            **({name.replace("_", "."): value for name, value in options.items()}),
            **(_secured(certificate) if certificate else {}),
        }  # fmt: skip
        text = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.home / "server.properties").write_text(text, encoding="utf-8")

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.ports['PLAIN']}"

    @property
    def url(self) -> str:
        return f"kafka://{self.host}"

    def start(self) -> Kafka:
        if not (self.home / "data").exists():
            format_ = self._command("kafka.tools.StorageTool", "format", "-t", _CLUSTER, "-c", self._settings)
            subprocess.run(format_, check=True, capture_output=True, timeout=90)
        with self.log.open("wb") as sink:
            run = self._command("kafka.Kafka", self._settings)
            self._process = subprocess.Popen(run, stdout=sink, stderr=sink, cwd=self.home)
        wait_for(self._started, self._process, self.log, 90)
        return self

    def freeze(self) -> None:
        self._running.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._running.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """At once, as a machine that loses its power."""
        self._running.kill()
        self._running.wait(20)
        self._process = None

    def remove(self) -> None:
        if self._process:
            self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process, "the broker is not running"
        return self._process

    @property
    def _settings(self) -> str:
        return str(self.home / "server.properties")

    def _command(self, *arguments: str) -> list[str]:
        return [self._java, *_SMALL, "-cp", f"{self._jars}/*", *arguments]

    def _started(self) -> None:
        if _STARTED not in self.log.read_text(errors="replace"):
            raise RuntimeError("the broker has not said that it is ready")


def _secured(certificate: Path) -> dict[str, object]:
    settings: dict[str, object] = {
        "ssl.keystore.type": "PEM", "ssl.keystore.location": certificate,
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }  # fmt: skip
    for name in ("signed", "both"):
        for mechanism in ("plain", "scram-sha-256", "scram-sha-512"):
            module = "plain.PlainLoginModule" if mechanism == "plain" else "scram.ScramLoginModule"
            told = f' user_{USER}="{PASSWORD}"' if mechanism == "plain" else ""
            settings[f"listener.name.{name}.{mechanism}.sasl.jaas.config"] = f"{_LOGIN}.{module} required{told};"
    return settings
