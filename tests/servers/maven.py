"""Servers that run on Java: their jars come from Maven Central, by a pom of tests/servers/poms."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.servers import needed

ROOT = Path(__file__).parent.parent.parent
CACHE = ROOT / ".cache"
"""By product and version; fetched once and kept between test runs."""


def java() -> str:
    return needed("java", "default-jre-headless")


def jars(product: str, version: str) -> Path:
    """The folder of the jars, fetched on first use; safe against test runs beside this one."""
    place = CACHE / product / version
    if not place.exists():
        maven = needed("mvn", "maven")
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=place.parent))
        command = [
            maven, "-q", "-B", "-f", str(ROOT / "tests" / "servers" / "poms" / f"{product}.xml"),
            f"-D{product}={version}", "dependency:copy-dependencies", f"-DoutputDirectory={made}",
        ]  # fmt: skip
        fetched = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if fetched.returncode:
            shutil.rmtree(made)
            pytest.fail(f"{product} {version} cannot be had:\n{fetched.stdout[-1500:]}", pytrace=False)
        try:
            made.rename(place)
        except OSError:  # another run was faster
            shutil.rmtree(made)
    return place
