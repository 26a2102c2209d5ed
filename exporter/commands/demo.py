"""`order-health demo`: needs no server."""

from __future__ import annotations

import argparse

from exporter.units import seconds


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--web.listen-address", dest="listen", metavar="A", default="127.0.0.1:9847")
    parser.add_argument("--for", dest="duration", metavar="DURATION", type=_length, help="stop by itself, e.g. 30s")


def _length(text: str) -> float:
    try:
        return seconds(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def run(args: argparse.Namespace) -> int:
    from exporter.demo.replay import play

    return play(args.listen, args.duration)
