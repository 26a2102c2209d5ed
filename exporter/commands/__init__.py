"""One file a command: `arguments(parser)` declares what it takes, `run(args)` does it and returns the exit status."""

from __future__ import annotations

import argparse
import sys

from exporter.config import Config, ConfigFaultError, load


def config_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config.file", dest="config_file", metavar="F", default="config.yaml", help="config.yaml")


def load_or_say(file: str) -> Config | None:
    """The configuration, or None after its faults stand on stderr."""
    try:
        return load(file)
    except ConfigFaultError as error:
        print(*error.faults, sep="\n", file=sys.stderr)
        return None
