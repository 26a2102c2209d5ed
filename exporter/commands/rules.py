"""`order-health rules`: every probe once, then what each rule makes of it now; `rules test`: their unit tests."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from exporter.commands import config_file, once, opened
from exporter.config import load
from exporter.metrics import Exposition
from exporter.promql import Version
from exporter.rules import Rulebook, RuleFaultError


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)
    tests = parser.add_subparsers(dest="subcommand", metavar="test").add_parser(
        "test", help="unit tests in promtool's format, without a configuration and without a shop"
    )
    tests.add_argument("--promql", type=int, choices=(2, 3), default=3, help="the Prometheus to be like (3)")
    tests.add_argument("files", nargs="+", metavar="FILE", type=Path)


def run(args: argparse.Namespace) -> int:
    return _tested(args.files, args.promql) if args.subcommand == "test" else _judged(args)


def _tested(files: Sequence[Path], version: Version) -> int:
    """Tells of each file as promtool does: 1 when one of them fails."""
    from exporter.trials import Sheet, failures

    failed = False
    for file in files:
        print("Unit Testing: ", file, flush=True)
        try:
            found = failures(Sheet.read(file, version))
        except RuleFaultError as fault:
            found = list(fault.faults)
        if found:
            failed = True
            print("  FAILED:", file=sys.stderr)
            for each in found:
                print(each, file=sys.stderr)
                print(flush=True)
        else:
            print("  SUCCESS")
        print(flush=True)
    return int(failed)


def _judged(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    rulebook = Rulebook.load(config.rule_files(), config.external(), config.target(), config.alerts.promql)
    exposition = Exposition()
    silent = []
    for name, shop in opened(config).items():
        settings = config.shops[name].parts(name)
        for reading in (reading for probe in config.shops[name].probes for reading, _ in once(config, shop, probe)):
            exposition.put(reading, settings[reading.name].thresholds())
            silent += [f"{reading.name.said}: {reading.error}"] if reading.error else []
        shop.close()
    judgement = rulebook.judge(exposition.series(), datetime.now(UTC))
    for rule in rulebook.names():
        holding = [finding for finding in judgement.findings if finding.rule == rule]
        state = f"failed: {judgement.failed[rule]}" if rule in judgement.failed else "holds" if holding else "quiet"
        print(f"{rule}: {state}")
        for finding in holding:
            labels = ", ".join(f"{key}={value}" for key, value in sorted(finding.labels.items()))
            print(f"    {finding.value:.15g}  {labels}")
    for line in silent:
        print(f"no answer from {line}", file=sys.stderr)
    return 1 if silent or judgement.failed else 0
