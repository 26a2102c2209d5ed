"""`order-health probe NAME`: one run, as the watch would do it, and everything it asked and found."""

from __future__ import annotations

import argparse
import sys

from exporter.commands import config_file, once, opened
from exporter.config import load
from exporter.model import Case, Reading, Sample
from exporter.shop import Asked
from exporter.strict import unknown
from exporter.text import half, halves

MOST_CASES = 20


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="the probe, as it stands under `probes:`")
    config_file(parser)
    parser.add_argument("--shop", metavar="S", help="in this shop only")


def run(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    having = [name for name, section in config.shops.items() if args.name in section.probes]
    if args.shop and args.shop not in config.shops:
        print(f"no shop {args.shop!r}; {unknown(args.shop, config.shops, 'shops')}", file=sys.stderr)
        return 2
    if not having or (args.shop and args.shop not in having):
        names = {name for section in config.shops.values() for name in section.probes}
        print(f"no shop has a probe {args.name!r}; {unknown(args.name, names, 'probes')}", file=sys.stderr)
        return 2
    shops = opened(config)
    failed = False
    for name in [args.shop] if args.shop else having:
        for reading, shop in once(config, shops[name], args.name):
            show(reading, shop.trace)
            failed |= reading.error is not None
        shops[name].close()
    return 1 if failed else 0


def show(reading: Reading, trace: list[Asked]) -> None:
    took = f"{reading.seconds * 1000:.1f} ms"
    print(
        f"# {reading.name.said}: {f'failed after {took}: {reading.error}' if reading.error else f'answered in {took}'}"
    )
    for each in reading.coverage:
        print(f"# {each}")
    for gap in reading.gaps:
        print(f"# not applicable: {gap.check}: {half(gap.why, 'en')}")
    for sample in reading.samples:
        print(written(sample, reading.shop))
        for case in sample.evidence[:MOST_CASES]:
            print(f"    {described(case)}")
    for number, asked in enumerate(trace, 1):
        print(f"\n-- statement {number}: {asked.seconds * 1000:.1f} ms, {asked.rows} rows")
        print(asked.sql)
        for step in asked.plan:
            print(f"--   {step}")


def written(sample: Sample, shop: str) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in sample.labelled(shop).items())
    return f"{sample.metric.name}{{{labels}}} {sample.value:.15g}"


def described(case: Case) -> str:
    since = f"  since {case.since:%Y-%m-%d %H:%M:%S} UTC" if case.since else ""
    return "  ".join(filter(None, (f"{case.ref[:80]!r}{since}", halves(case.note, "en"), case.statement)))
