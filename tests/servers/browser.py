"""Headless Chromium, and axe-core from npm: a page as people and their screen readers get it."""

import json
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import pytest

AXE = "axe-core@4.14.1"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
    "--enable-logging=stderr", "--virtual-time-budget=15000", "--timeout=60000",
)  # fmt: skip
_SECONDS = 90


def chromium():
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.fail("chromium is missing; install it with: tests/servers/install.sh chromium")
    return found


def axe(folder: Path) -> str:
    """The script of axe-core, fetched once into a folder that outlives the tests' own."""
    script = folder / "package" / "axe.min.js"
    if not script.is_file():
        if not shutil.which("npm"):
            pytest.fail("npm is missing; install it with: tests/servers/install.sh npm")
        folder.mkdir(parents=True, exist_ok=True)
        got = subprocess.run(
            ["npm", "pack", "--silent", AXE], cwd=folder, check=False, capture_output=True, text=True, timeout=100
        )
        if got.returncode:
            pytest.fail(f"axe-core cannot be fetched with `npm pack {AXE}`: {got.stderr[-500:]}")
        subprocess.run(["tar", "xzf", got.stdout.split()[-1]], cwd=folder, check=True, timeout=60)
    return script.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Look:
    """What a page made of itself: its document after scripts, and what it complained of in the console."""

    html: str
    console: list[str]

    def noted(self, name):
        """What a script left in `<script type="application/json" id=name>`."""
        found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', self.html, re.DOTALL)
        assert found, f"the page has no {name}; its end: {self.html[-500:]}"
        return json.loads(unescape(found[1]))


def look(url, *, width=1280, height=900, language="zh-CN", dark=False, picture=None):
    """Opens it in a browser of its own. `picture`: a file for a screenshot, and then there is no document."""
    what = [f"--screenshot={picture}"] if picture else ["--dump-dom"]
    colours = ["--blink-settings=preferredColorScheme=0"] if dark else []
    with tempfile.TemporaryDirectory() as profile:
        ran = subprocess.run(
            [
                chromium(), *_FLAGS, *colours, *what, f"--user-data-dir={profile}", f"--accept-lang={language}",
                f"--window-size={width},{height}", url,
            ],
            check=False, capture_output=True, text=True, timeout=_SECONDS,
        )  # fmt: skip
    console = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
    return Look(ran.stdout, console)
