"""`order-health repair NAME`: writes SQL by which a person may end what a probe found; nothing of it is ever run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from exporter.commands import Scratch, config_file, once
from exporter.config import Config, load
from exporter.repair import Draft, Head, Payment, fulfilment_start, pending_paid, reservations, scripts
from exporter.repair.words import Wording
from exporter.shop import Shop, ShopError
from exporter.state import State, StateFaultError
from exporter.strict import unknown

WRITTEN, CANNOT, WRONG = 0, 1, 2
RUNS = 10
"""So many runs of the probe, as one may not see everything."""

SECONDS = 60.0
"""So long may the cases be read anew; the probe has its own time."""

_NOT_PLANNED = {
    "negative_stock": "only a count of the goods tells the right quantity; its runbook says how to find what was lost",
}


class Remembered(Scratch):
    """What the running order-health knows of open cases, read and never changed: the oldest ones left the window."""

    def __init__(self, state: State | None) -> None:
        super().__init__()
        self._state = state

    def recall(self, shop: str, probe: str) -> dict[str, Any]:
        return super().recall(shop, probe) or (self._state.recall(shop, probe) if self._state else {})


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Exit status: 0 the plan is written, 1 the shop gave no answer, 2 wrong words. Nothing is ever run."
    parser.add_argument("name", metavar="NAME", help=f"what to repair: {', '.join(KINDS)}")
    config_file(parser)
    parser.add_argument("--shop", metavar="S", help="which shop, where there are several")
    parser.add_argument("--output", type=Path, metavar="FILE", help="a file that is not there yet; else it is printed")
    parser.add_argument("--event", metavar="E", help="fulfilment_start: the event in the shop's log that is the start")
    parser.add_argument("--limit", type=_count, metavar="N", help="the oldest N cases only")


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of cases; write 20")
    return int(text)


def run(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    if fault := _fault(args, config):
        print(fault, file=sys.stderr)
        return WRONG
    kind, probe = args.name, KINDS[args.name][0]
    name = args.shop or next(each for each, section in config.shops.items() if probe in section.probes)
    say = Wording(config.language, config.zone)
    state = _state(config)
    shop = config.shops[name].opened(name, config.zone, Remembered(state))
    try:
        drawn = KINDS[kind][1](args, config, shop, say)
        places = {each: _place(shop, each) for each in shop.databases}
        head = Head(kind, probe, name, datetime.now(UTC), places, args.limit)
        return _write(scripts(drawn, head, say), args.output)
    except ShopError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return CANNOT
    finally:
        shop.close()
        if state:
            state.close()


def _fault(args: argparse.Namespace, config: Config) -> str:
    """What is wrong with the words of the command; empty when all is well."""
    if args.name not in KINDS:
        why = _NOT_PLANNED.get(args.name)
        return f"there is no plan for {args.name}: {why}" if why else f"no plan {args.name!r}; {_known(args.name)}"
    if (args.name == "fulfilment_start") != bool(args.event):
        return "fulfilment_start, and no other plan, needs --event: write the kind of event that is the start"
    if args.output and args.output.exists():
        return f"{args.output} is there already; name another file"
    if args.shop and args.shop not in config.shops:
        return f"no shop {args.shop!r}; {unknown(args.shop, config.shops, 'shops')}"
    probe = KINDS[args.name][0]
    having = [name for name in config.shops if args.shop in (None, name) and probe in config.shops[name].probes]
    if not having:
        return f"{args.shop or 'no shop'} has no probe {probe}; write {probe}: {{}} under its probes"
    return "" if len(having) == 1 else f"which shop? write --shop; {unknown('', having, 'shops')}"


def _known(name: str) -> str:
    return unknown(name, KINDS, "plans")


def _state(config: Config) -> State | None:
    """None where there is none yet or it cannot be read: then only what the probe finds now is planned."""
    url = config.state_url()
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).is_file()):
        return None
    try:
        return State(url)
    except StateFaultError as fault:
        print(f"older open cases are not known: {fault}", file=sys.stderr)
        return None


def _ran(config: Config, shop: Shop, probe: str) -> bool:
    """Runs the probe until it has seen everything, and says whether it has; raises ShopError where it has no answer."""
    for _ in range(RUNS):
        readings = [reading for reading, _ in once(config, shop, probe)]
        if errors := [reading.error for reading in readings if reading.error]:
            raise ShopError(errors[0])
        samples = [sample for reading in readings for sample in reading.samples]
        if not any(each.value for each in samples if each.metric.name.endswith("_truncated")):
            return True
    return False


def _pending_paid(_: argparse.Namespace, config: Config, shop: Shop, say: Wording) -> Draft:
    from exporter.probes.pending_paid.memory import Memory

    whole = _ran(config, shop, pending_paid.PROBE)
    memory = shop.bounded(pending_paid.PROBE, SECONDS).notes.read(Memory.loads)
    payments = [
        Payment(p.trade_no, p.at, p.transaction, p.amount, p.currency, p.channel, p.source) for p in memory.open
    ]
    links = [(link.trade_no, link.key, link.number) for link in memory.links]
    return _noted(pending_paid.draft(shop.bounded("repair", SECONDS), say, payments, links), whole, say)


def _reservations(_: argparse.Namespace, config: Config, shop: Shop, say: Wording) -> Draft:
    from exporter.probes.negative_stock import NegativeStock
    from exporter.probes.negative_stock.memory import Memory

    probe = config.shops[shop.name].probes[reservations.PROBE]
    if not isinstance(probe, NegativeStock):
        raise TypeError(probe)
    whole = _ran(config, shop, reservations.PROBE)
    memory = shop.bounded(reservations.PROBE, SECONDS).notes.read(Memory.loads)
    when = reservations.When(datetime.now(UTC), timedelta(seconds=probe.stale_after), frozenset(probe.stale_when))
    return _noted(reservations.draft(shop.bounded("repair", SECONDS), say, memory.stale, when), whole, say)


def _noted(draft: Draft, whole: bool, say: Wording) -> Draft:
    return draft if whole else replace(draft, notes=(say("not_whole"), *draft.notes))


def _fulfilment_start(args: argparse.Namespace, config: Config, shop: Shop, say: Wording) -> Draft:
    from exporter.probes.fulfilment import Fulfilment

    probe, now = config.shops[shop.name].probes[fulfilment_start.PROBE], datetime.now(UTC)
    if not isinstance(probe, Fulfilment):
        raise TypeError(probe)
    since = now - timedelta(seconds=probe.promise + probe.look_back)
    return fulfilment_start.draft(shop.bounded("repair", SECONDS), say, args.event, since, now)


KINDS: Mapping[str, tuple[str, Callable[[argparse.Namespace, Config, Shop, Wording], Draft]]] = {
    "pending_paid": (pending_paid.PROBE, _pending_paid),
    "reservations": (reservations.PROBE, _reservations),
    "fulfilment_start": (fulfilment_start.PROBE, _fulfilment_start),
}
"""By name: the probe that finds the cases, and how they become a draft."""


def _place(shop: Shop, database: str) -> tuple[str, Any]:
    node = shop.node(database)
    return node.family, node.catalog.database.url


def _write(found: Mapping[str, str], output: Path | None) -> int:
    for name, text in found.items():
        if output is None:
            print(text)
            continue
        file = output.with_stem(f"{output.stem}.{name}") if name and len(found) > 1 else output
        try:
            with file.open("x", encoding="utf-8") as sink:
                sink.write(text)
        except OSError as error:
            print(f"{file}: {error.strerror}; name another file", file=sys.stderr)
            return WRONG
        print(file)
    return WRITTEN
