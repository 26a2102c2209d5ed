"""What the benchmarks share: a MariaDB of their own, processes ended by pid, percentiles and tables."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import pymysql
import yaml

ROOT = Path(__file__).resolve().parent.parent
ORDER_HEALTH = Path(sys.executable).with_name("order-health")
SCHEMA = ROOT / "exporter" / "presets" / "plain.sql"


class UnavailableError(Exception):
    """A peer or a server that this machine does not have; the message says how to get it."""


def command(*names: str) -> str:
    """The first of these programs that is installed."""
    path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin"
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    raise UnavailableError(f"{names[0]} is not installed; see tests/servers/install.sh")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints one markdown table."""
    print(f"\n### {title}\n")
    print("| " + " | ".join(head) + " |")
    print("|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print(flush=True)


def fetch(url: str, seconds: float = 2.0) -> str:
    """The body of a page; an empty string while nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=seconds) as response:
            return response.read().decode()
    except (OSError, urllib.error.URLError):
        return ""


def values(page: str, name: str) -> dict[str, float]:
    """Label text → value of one metric on an exposition page."""
    lines = (line for line in page.splitlines() if line.startswith((name + "{", name + " ")))
    return {head.removeprefix(name): float(value) for head, _, value in (line.rpartition(" ") for line in lines)}


class Server:
    """A process of the benchmark: started, waited for by its page, ended by its pid."""

    def __init__(self, argv: Sequence[str | Path], folder: Path, *, env: dict[str, str] | None = None) -> None:
        self.log = folder / f"{Path(argv[0]).name}-{time.monotonic_ns()}.log"
        self.began = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in argv], stdout=log, stderr=log, cwd=folder, env={**os.environ, **(env or {})}
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def until(self, url: str, text: str, seconds: float = 60.0) -> float:
        """Seconds from the start until the page holds `text`; raises with the log's end."""
        while text not in fetch(url):
            if self.process.poll() is not None or time.perf_counter() - self.began > seconds:
                raise RuntimeError(f"{self.process.args}: no {text!r} on {url}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.005)
        return time.perf_counter() - self.began

    def rss(self) -> float:
        """Resident MiB now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Database:
    """A MariaDB in a folder of its own, on a free port of 127.0.0.1, with a reader account as a shop would grant it."""

    def __init__(self, folder: Path, *options: str, pool: str = "256M", port: int | None = None) -> None:
        self.folder, self.pool, self.port = folder, pool, port or free_port()
        data = folder / "data"
        self._argv: list[str | Path] = [command("mariadbd", "mysqld"), "--no-defaults", f"--datadir={data}"]
        self._argv += [f"--port={self.port}", "--bind-address=127.0.0.1", f"--socket={folder / 'sock'}"]
        self._argv += [f"--innodb-buffer-pool-size={pool}", "--skip-log-bin", "--innodb-flush-log-at-trx-commit=0"]
        self._argv += [f"--tmpdir={folder}", *options, *(["--user=root"] if os.geteuid() == 0 else [])]
        if not data.exists():
            install = [command("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
            install += ["--auth-root-authentication-method=normal"]
            install += ["--user=root"] if os.geteuid() == 0 else []
            subprocess.run(install, check=True, capture_output=True)
        self.start()
        self.run(
            "CREATE USER IF NOT EXISTS bench@'127.0.0.1' IDENTIFIED BY 'bench'",
            "GRANT SELECT ON *.* TO bench@'127.0.0.1'",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    @property
    def pid(self) -> int:
        return self.server.process.pid

    def start(self) -> None:
        self.server = Server(self._argv, self.folder)
        for _ in range(600):
            try:
                self.connect().close()
            except pymysql.Error:
                if self.server.process.poll() is not None:
                    raise RuntimeError(self.server.log.read_text()[-2000:]) from None
                time.sleep(0.1)
            else:
                return
        raise RuntimeError(f"MariaDB does not answer\n{self.server.log.read_text()[-2000:]}")

    def connect(self, database: str | None = None) -> pymysql.Connection:
        where = {"unix_socket": str(self.folder / "sock")}
        return pymysql.connect(**where, user="root", database=database, autocommit=True, ssl_disabled=True)

    def run(self, *statements: str, database: str | None = None) -> tuple[tuple[object, ...], ...]:
        """Runs the statements in one session; the rows of the last."""
        with self.connect(database) as connection, connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall()

    def create(self, database: str) -> None:
        """The plain schema of the presets, empty."""
        self.run(f"DROP DATABASE IF EXISTS {database}", f"CREATE DATABASE {database} CHARACTER SET utf8mb4")
        text = "\n".join(line for line in SCHEMA.read_text().splitlines() if not line.lstrip().startswith("--"))
        self.run(*[each for each in text.split(";") if each.strip()], database=database)

    def url(self, database: str) -> str:
        return f"mysql+pymysql://bench:bench@127.0.0.1:{self.port}/{database}"


@contextmanager
def workplace() -> Iterator[tuple[Path, ExitStack]]:
    """A temporary folder, and a stack that ends what was started in it, in reverse order."""
    with tempfile.TemporaryDirectory(prefix="order-health-bench-") as folder, ExitStack() as stack:
        yield Path(folder), stack


def sidecar(
    folder: Path,
    shops: dict[str, str],
    probes: dict[str, object],
    *,
    program: Sequence[str | Path] = (ORDER_HEALTH,),
    env: dict[str, str] | None = None,
    **more: object,
) -> tuple[Server, str]:
    """Starts `order-health run` on a free port over these shops (name → database URL); the process and its address."""
    port = free_port()
    path = written(folder, shops, probes, web={"listen": f"127.0.0.1:{port}"}, **more)
    return Server([*program, "run", "--config.file", path], folder, env=env), f"http://127.0.0.1:{port}"


def written(folder: Path, shops: dict[str, str], probes: dict[str, object], **more: object) -> Path:
    """A configuration over these shops, each on the plain tables."""
    shop = {"tables": "plain", "probes": probes}
    config: dict[str, object] = {
        "shops": {name: {"database": url, **shop} for name, url in shops.items()},
        "state": f"sqlite:///{folder / 'state.db'}",
        **more,
    }
    path = folder / "order-health.yaml"
    path.write_text(yaml.safe_dump(config, allow_unicode=True))
    return path
