"""`order-health check`: config, connections, grants and plans, and what to do about what is wrong."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from itertools import groupby

from exporter.commands import config_file, once, opened
from exporter.config import Config, load
from exporter.database.errors import GRANT_ELSEWHERE
from exporter.mapping import WORDS
from exporter.model import Reading
from exporter.rules import Rulebook, RuleFaultError
from exporter.shop import Asked, Denied, Node, Shop, ShopError
from exporter.text import half

SECONDS = 10.0
"""For what is asked of a shop before its probes run."""


_RIGHTS = 6
"""Rights that a warning names."""


class Report:
    """Prints as it goes; `faults` decides the exit status, a warning does not."""

    def __init__(self) -> None:
        self.faults = 0
        self._granted: set[str] = set()

    def good(self, text: str) -> None:
        print(f"  ok       {text}")

    def note(self, text: str) -> None:
        print(f"  note     {text}")

    def warn(self, text: str) -> None:
        print(f"  warning  {text}")

    def fault(self, text: str) -> None:
        self.faults += 1
        print(f"  FAULT    {text.removesuffix(GRANT_ELSEWHERE)}")

    def tell(self, text: str) -> None:
        """More about the line before."""
        print(f"             {text}")

    def remedy(self, grants: str) -> None:
        """Statements to run, each told once."""
        for grant in grants.splitlines():
            if grant not in self._granted:
                self._granted.add(grant)
                print(f"           {grant}")


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)


def run(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    report = Report()
    print("configuration")
    report.good(args.config_file)
    _rules(config, report)
    for name, shop in opened(config).items():
        print(f"shop {name}")
        if _servers(shop, report):
            _tables(shop, report)
            for probe in config.shops[name].probes:
                for reading, bounded in once(config, shop, probe):
                    _probe(reading, bounded, report)
        shop.close()
    print(_many(report.faults, "fault") if report.faults else "no faults")
    return 1 if report.faults else 0


def _rules(config: Config, report: Report) -> None:
    try:
        rulebook = Rulebook.load(config.rule_files(), config.external())
    except RuleFaultError as error:
        for line in str(error).splitlines():
            report.fault(line)
    else:
        report.good(f"{len(rulebook.names())} rules")
    if not config.channels:
        report.note("no channels: nobody is told; add one under `channels:`, or let Prometheus judge the rules")
    elif not config.web.external_url:
        report.note("web.external_url is not set: cards carry no buttons to the runbook and the status page")


def _servers(shop: Shop, report: Report) -> bool:
    """Whether the tables can be asked for; a replica that does not answer is a fault, too, but the rest goes on."""
    answered = [
        _server(shop.bounded("check", SECONDS).node(name), f"database {name}: " if name else "", report)
        for name in shop.databases
    ]
    for name in shop.replicas:
        _server(shop.bounded("check", SECONDS).replica(name), f"replica {name}: ", report)
    return all(answered)


def _server(node: Node, place: str, report: Report) -> bool:
    try:
        server, abilities = node.server(), node.abilities()
    except ShopError as error:
        report.fault(f"{place}{error}")
        # An account without any right is told the GRANT of each table.
        return isinstance(error, Denied) and bool(error.account)
    version = server.version or "(it tells no version)"
    fences = ", ".join(fence.removeprefix("SET SESSION ") for fence in server.fences)
    report.good(f"{place}{server.product} {version}; session: {fences or 'without any fence'}")
    for each in abilities:
        # Not as a statement of its own line: only what a probe was refused is to be run.
        needs = f"; a probe that reads it needs {each.grant}" if each.grant else ""
        report.tell(f"{each.name}: {each.state}{needs}")
    if not server.limits:
        report.warn(f"{place}the server takes no limit for a statement; what hangs is ended by KILL QUERY alone")
    if server.writes:
        report.warn(f"{place}the account may {_first(server.writes)}; give it SELECT on the mapped columns only")
    elif server.writes is None:
        report.note(f"{place}whether the account may write cannot be told: the server does not show its grants")
    return True


def _tables(shop: Shop, report: Report) -> None:
    """Every mapped table and column is there and may be read: a point read by the key, so it costs nothing."""
    for word in WORDS:
        if shop.mapping.table(word) is None:
            continue
        bounded, faults = shop.bounded("check", SECONDS), list[ShopError]()
        try:
            bounded.lookup(word, "key", ["0"])
        except ShopError as error:
            faults.append(error)
        faults = list(bounded.silent(word).values()) or faults
        for fault in faults:
            report.fault(f"{word}: {fault}")
            if isinstance(fault, Denied):
                report.remedy(fault.grant)
        if not faults:
            report.good(f"{word}: {shop.mapping.table(word).table}")  # type: ignore[union-attr]


def _probe(reading: Reading, shop: Shop, report: Report) -> None:
    """`shop` is the bounded one of this run."""
    name = "/".join(filter(None, reading.name[1:]))
    if reading.error:
        report.fault(f"{name}: {reading.error}")
    else:
        report.good(f"{name}: {_cost(reading, shop.trace)}")
        told = {gap.why for gap in reading.gaps}
        for denied in (each for each in shop.refused if str(each) not in told):
            report.note(f"{name}: went on without this: {str(denied).removesuffix(GRANT_ELSEWHERE)}")
    for denied in shop.refused:
        report.remedy(denied.grant)
    for why, checks in groupby(sorted(reading.gaps, key=lambda gap: gap.why), key=lambda gap: gap.why):
        said = half(why, "en").replace(GRANT_ELSEWHERE, "")
        report.note(f"{name}: not applicable: {', '.join(gap.check for gap in checks)}: {said}")
    for line in _plans(shop.trace):
        report.tell(line)


def _cost(reading: Reading, trace: list[Asked]) -> str:
    spent = sum(asked.seconds for asked in trace) * 1000
    rows = sum(asked.rows for asked in trace)
    asked, series = _many(len(trace), "statement"), len(reading.samples)
    return f"{asked}, {_many(rows, 'row')}, {spent:.1f} ms of the database, {series} series"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _first(rights: tuple[str, ...]) -> str:
    further = len(rights) - _RIGHTS
    return ", ".join(rights[:_RIGHTS]) + (f" and {further} more" if further > 0 else "")


def _plans(trace: list[Asked]) -> Iterator[str]:
    """Each different plan once; of shards, which differ in their numbers, that of the first."""
    seen = set()
    for asked in trace:
        for step in asked.plan:
            alike = re.sub(r"\d+", "", step.table), step.access, step.key
            if alike not in seen:
                seen.add(alike)
                yield str(step)
