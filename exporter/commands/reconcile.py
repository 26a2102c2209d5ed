"""`order-health reconcile`: orders, callbacks, bill and export of one day held against each other, once."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from exporter.commands import config_file, opened
from exporter.config import Config, load
from exporter.reconcile import Day, Progress, Reconciliation, Wanted
from exporter.shop import Shop, ShopError
from exporter.strict import unknown

EQUAL, DIFFERENT, CANNOT = 0, 1, 2

_PACE = 0.2


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)
    parser.add_argument("--date", required=True, type=_date, metavar="D", help="the business day: 2026-01-25")
    parser.add_argument("--shop", metavar="S", help="which shop, where there are several")
    parser.add_argument("--bill", action="append", default=[], type=Path, metavar="FILE", help="a merchant's bill")
    parser.add_argument("--export", action="append", default=[], type=Path, metavar="FILE", help="what finance exports")
    parser.add_argument(
        "--by", choices=("created", "paid"), default="created", help="which time makes an order the day's"
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="write all differences there, as CSV and XLSX")
    parser.add_argument("--number-column", default="", metavar="NAME", help="the export's column of order numbers")
    parser.add_argument("--amount-column", default="", metavar="NAME", help="the export's column of amounts")
    parser.add_argument(
        "--sub-merchant", default="", metavar="ID", help="whose lines of a service provider's bill count"
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day; write 2026-01-25") from None


def run(args: argparse.Namespace) -> int:
    from exporter.sheets import SheetFaultError

    config = load(args.config_file)
    name = args.shop or next(iter(config.shops))
    if name not in config.shops or (not args.shop and len(config.shops) > 1):
        return _cannot(f"which shop? write --shop; {unknown(args.shop or '', config.shops, 'shops')}")
    if missing := [path for path in (*args.bill, *args.export) if not path.is_file()]:
        return _cannot(f"{missing[0]}: no such file")
    shop = opened(config)[name]
    try:
        return _reconciled(args, config, shop)
    except (ShopError, SheetFaultError, OSError) as error:
        return _cannot(str(error))
    finally:
        shop.close()


def _reconciled(args: argparse.Namespace, config: Config, shop: Shop) -> int:
    from exporter.bills import Terms
    from exporter.reconcile import report

    day = Day(args.date, shop.zone)
    wanted = Wanted(
        day,
        args.bill,
        args.export,
        args.by,
        args.number_column,
        args.amount_column,
        Terms(args.sub_merchant),
        _offline(config, shop.name),
    )
    if not args.bill and not args.export and not shop.maps("callbacks", "trade_no", "received"):
        return _cannot("this shop keeps no callbacks: give something to hold its orders against, --bill or --export")
    gc.disable()  # millions of rows and no cycles among them: to look for some takes a tenth of the time
    progress, clear = _bar()
    done = Reconciliation(shop, wanted, progress)
    try:
        with done.tallies:
            done.run()
            clear()
            for line in report.terminal(done, day, config.language):
                print(line)
            if args.out:
                print(*report.write(done, day, args.out, config.language), sep="\n")
            return EQUAL if done.tallies.equal else DIFFERENT
    finally:
        gc.enable()
        clear()


def _offline(config: Config, shop: str) -> frozenset[str]:
    """Channels without online payment, as the probe that watches payments has them."""
    from exporter.probes.pending_paid import PendingPaid

    probe = config.shops[shop].probes.get("pending_paid")
    return frozenset((probe if isinstance(probe, PendingPaid) else PendingPaid()).offline)


def _bar() -> tuple[Progress, Callable[[], None]]:
    """Draws on a terminal's stderr which side is read and how far; draws nothing into a file."""
    if not sys.stderr.isatty():
        return lambda *_: None, lambda: None
    began = last = time.monotonic()

    def progress(stage: str, rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PACE:
            last = now
            sys.stderr.write(f"\r\x1b[K{stage:<10} {rows:>12,} rows  {now - began:5.0f} s")
            sys.stderr.flush()

    def clear() -> None:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()

    return progress, clear


def _cannot(text: str) -> int:
    print(text, file=sys.stderr)
    return CANNOT
