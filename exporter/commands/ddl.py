"""`order-health ddl FILE`: judges a migration against the live schema before it runs; nothing of it is ever run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from exporter.commands import config_file
from exporter.config import ShopSection, load
from exporter.database.errors import ShopError
from exporter.database.sharing import leave, share
from exporter.ddl import Asked, Fault, Ground, Verdict, judge, read, show
from exporter.ddl.live import Place
from exporter.ddl.script import LONGEST
from exporter.shop.guard import LARGE
from exporter.strict import unknown

FORMATS = {"text": show.text, "json": show.as_json, "sarif": show.sarif}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Exit status: 0 nothing blocks, 1 something does, 2 it could not be judged. Nothing of it is ever run."
    )
    parser.add_argument("file", metavar="FILE", help="the SQL of the migration")
    config_file(parser)
    parser.add_argument("--shop", metavar="S", help="against this shop only")
    parser.add_argument("--format", choices=FORMATS, default="text", help="text (default), json or sarif (2.1.0)")
    parser.add_argument(
        "--large", type=int, default=LARGE, metavar="ROWS", help=f"a table from this size on is large ({LARGE:,})"
    )


def run(args: argparse.Namespace) -> int:
    """0: nothing blocks; 1: something does; 2: it could not be judged."""
    config = load(args.config_file)
    if args.shop and args.shop not in config.shops:
        print(f"no shop {args.shop!r}; {unknown(args.shop, config.shops, 'shops')}", file=sys.stderr)
        return 2
    shops = {name: section for name, section in config.shops.items() if args.shop in (None, name)}
    try:
        verdict = judged(args.file, text(args.file), shops, args.large)
    except Unusable as error:
        verdict = Verdict(args.file, faults=(Fault(error.line, 1, str(error)),))
    except ShopError as error:
        print(f"{args.file}: cannot be judged: {error}", file=sys.stderr)
        return 2
    print(FORMATS[args.format](verdict))
    return verdict.status


class Unusable(Exception):  # noqa: N818 - it names the file's state
    def __init__(self, text: str, line: int = 1) -> None:
        super().__init__(text)
        self.line = line


def text(file: str) -> str:
    """The text of the file; raises Unusable for one that cannot be read, is too large, or is no UTF-8."""
    try:
        with Path(file).open("rb") as source:
            raw = source.read(4 * LONGEST + 1)
    except OSError as error:
        raise Unusable(f"the file cannot be read: {error.strerror}") from None
    if len(raw) > 4 * LONGEST:
        raise Unusable(f"the file has more than {LONGEST:,} characters; judge the migration, not a dump")
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Unusable("this is no UTF-8 text; give the SQL of the migration in UTF-8", line) from None


def judged(file: str, script: str, shops: Mapping[str, ShopSection], large: int) -> Verdict:
    """Each family of databases reads the file in its own dialect."""
    places = [place for name, section in shops.items() for place in _places(name, section, large)]
    try:
        verdict = Verdict(file)
        for family in dict.fromkeys(place.database.family.name for place in places):
            migration, faults = read(script, family)
            if faults:
                return Verdict(file, faults=tuple(sorted(faults, key=lambda each: (each.line, each.column))))
            found = _against(file, migration, [each for each in places if each.database.family.name == family])
            verdict = replace(
                found, findings=(*verdict.findings, *found.findings), notes=(*verdict.notes, *found.notes)
            )
        return verdict
    finally:
        for place in places:
            leave(place.database)


def _against(file: str, migration: list[Asked], places: list[Place]) -> Verdict:
    grounds: list[Ground] = []
    notes: list[str] = []
    for place in places:
        ground, unseen = place.ground(migration)
        grounds.append(ground)
        notes += unseen
    return replace(judge(file, migration, grounds), notes=tuple(dict.fromkeys(notes)))


def _places(name: str, section: ShopSection, large: int) -> Iterator[Place]:
    addresses = {"": section.address(), **{each: one.address() for each, one in section.databases.items()}}
    probes = {each: probe.READS for each, probe in section.probes.items()}
    for database, address in addresses.items():
        at = f"{name}/{database}" if database else name
        yield Place(at, database, share(address, None), section.tables, probes, _selects(section), large)


def _selects(section: ShopSection) -> dict[str, str]:
    """Who asks → the SELECT, of the searches and queries that stand in the configuration."""
    return {who: sql for probe in section.probes.values() for who, sql in probe.selects().items()}
