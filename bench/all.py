"""Every benchmark, one after the other; a figure that cannot be had is named, and the others go on."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

FIGURES = (
    "start",
    "scrape",
    "probe_cost",
    "fault_to_card",
    "outage",
    "storm",
    "alertmanager",
    "fleet",
    "reconcile",
    "rules",
    "page",
)


def main() -> int:
    print(
        f"# Benchmarks, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}",
        flush=True,
    )
    failed = [
        name
        for name in FIGURES
        if subprocess.run([sys.executable, Path(__file__).with_name(f"{name}.py")], check=False).returncode
    ]
    for name in failed:
        print(f"bench/{name}.py did not finish", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
