"""`order-health rules`: every probe once, then what each rule makes of it now."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime

from exporter.commands import config_file, once, opened
from exporter.config import load
from exporter.metrics import Exposition
from exporter.rules import Rulebook


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)


def run(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    rulebook = Rulebook.load(config.rule_files(), config.external())
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
