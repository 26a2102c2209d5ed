"""What the real caches of the tests share: each stands in front of an origin, on a free port, in its own folder."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers import wait_for


@contextmanager
def folder(name: str) -> Iterator[Path]:
    """Open to the accounts that servers change to."""
    home = Path(tempfile.mkdtemp(prefix=f"oh-{name}-"))
    home.chmod(0o777)
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def running(command: Sequence[str], port: int, home: Path) -> Iterator[str]:
    """The server's address, from when it listens until it is stopped by its pid."""
    log = home / "log"
    with log.open("ab") as sink, subprocess.Popen(command, stdout=sink, stderr=sink, cwd=home) as process:
        try:
            wait_for(lambda: socket.create_connection(("127.0.0.1", port), 1).close(), process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
