"""One file a command: `arguments(parser)` declares what it takes, `run(args)` does it and returns the exit status.

A configuration or rule file with faults may simply be raised: `main` prints them and returns 2.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from exporter.config import Config
from exporter.model import Reading
from exporter.reading import read
from exporter.shop import Shop


def config_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config.file", dest="config_file", metavar="F", default="config.yaml", help="the configuration (config.yaml)"
    )


class Scratch:
    """A memory that ends with the command: what a person tries by hand leaves no trace in the state."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], dict[str, Any]] = {}

    def recall(self, shop: str, probe: str) -> dict[str, Any]:
        return self._kept.get((shop, probe), {})

    def remember(self, shop: str, probe: str, memory: dict[str, Any]) -> None:
        self._kept[shop, probe] = memory


def opened(config: Config) -> dict[str, Shop]:
    return {name: section.opened(name, config.zone, Scratch()) for name, section in config.shops.items()}


def once(config: Config, shop: Shop, name: str) -> Iterator[tuple[Reading, Shop]]:
    """One run of each part of a probe now; the shop is the bounded one it asked, with the trace of its statements."""
    for each, probe in config.shops[shop.name].parts(shop.name).items():
        if each.probe == name:
            bounded = shop.bounded(name, probe.timeout, each.part)
            yield read(name, probe, bounded, datetime.now(UTC)), bounded
