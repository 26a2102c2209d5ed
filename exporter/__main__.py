"""`order-health`: the commands."""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from collections.abc import Sequence

from exporter import __version__

COMMANDS = {
    "run": "watch the shops, expose /metrics, put cards into the rooms",
    "check": "config, connections, grants and plans; non-zero on a fault",
    "probe": "one run of a probe: samples, evidence, statements, timings",
    "reconcile": "one day's orders, callbacks, bill and export held against each other",
    "repair": "a plan of guarded SQL that a person may run to end what a probe found; runs nothing",
    "card": "show a test card, or really send it through the real path",
    "rules": "what each rule evaluates to now; `rules test FILE` runs their unit tests",
    "silence": "silence alerts of the running sidecar, list silences, end them",
    "ddl": "judge a migration against the live schema before it runs; exit status for CI",
    "schema": "propose a JSON Schema for the messages of a topic, from a sample of them",
    "init": "write a config for the shop that a URL leads to",
    "demo": "an embedded shop with the reference incident, and three local rooms",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; only that command's room is imported."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="order-health", description="Watches an order system.")
    parser.add_argument("--version", action="version", version=f"order-health {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen = next((word for word in words if word in COMMANDS), None)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text[:1].upper() + text[1:] + ".")
        if name == chosen:
            importlib.import_module(f"exporter.commands.{name}").arguments(command)
    args = parser.parse_args(words)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    return _run(args)


def _run(args: argparse.Namespace) -> int:
    """The exit status; files with faults are told here, for every command in the same way."""
    from exporter.config import ConfigFaultError  # noqa: PLC0415 - `--help` and `--version` need none of it
    from exporter.rules import RuleFaultError  # noqa: PLC0415

    try:
        return int(importlib.import_module(f"exporter.commands.{args.command}").run(args))
    except (ConfigFaultError, RuleFaultError) as error:
        print(error, file=sys.stderr)  # noqa: T201 - a command prints
        return 2
    except BrokenPipeError:
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
