"""Real servers for tests: own data directory, free port, 127.0.0.1, started and stopped by pid."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

TEMPLATES = Path(tempfile.gettempdir()) / "order-health-templates"
"""Freshly installed data directories, kept between test runs: installing takes seconds, copying does not."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """These processes stand still, and go on afterwards."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def needed(binary: str, package: str, *places: str) -> str:
    """The path of a server's binary; a missing one fails the test and says how to get it."""
    path = ":".join([*places, "/usr/sbin", "/usr/local/bin", "/usr/bin", "/bin"])
    found = shutil.which(binary) or shutil.which(binary, path=path)
    if not found:
        pytest.fail(f"{binary} is missing; run: apt-get install -y {package}", pytrace=False)
    return found


def template(name: str, install: Callable[[Path], None]) -> Path:
    """The data directory of that name, installed on first use; safe against test runs beside this one."""
    place = TEMPLATES / name
    if not place.exists():
        TEMPLATES.mkdir(mode=0o755, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=TEMPLATES))
        install(made)
        try:
            made.rename(place)
        except OSError:  # another run was faster
            shutil.rmtree(made)
    return place


def wait_for(ready: Callable[[], object], process: subprocess.Popen[bytes], log: Path, seconds: float = 60.0) -> None:
    """Returns when `ready` no longer raises; fails with the server's log when it ends or takes too long."""
    end = time.monotonic() + seconds
    while True:
        try:
            ready()
        except Exception as error:  # not ready yet, whatever it says
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"the server did not start: {error}\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.05)
        else:
            return
