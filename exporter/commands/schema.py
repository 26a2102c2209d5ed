"""`order-health schema infer`: proposes a JSON Schema for the messages of a topic, from a sample of them."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from exporter.commands import config_file, opened
from exporter.config import Config, load
from exporter.database.errors import ShopError
from exporter.strict import unknown

if TYPE_CHECKING:
    from exporter.queues import Drawn

_SECONDS = 30.0
_FIRST = 5_000
"""Messages of each partition, the newest, that the sample is drawn from."""

_MOST = 1_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The schema goes to standard output, what to know about it to standard error. Of the messages only names of "
        "fields, types, lengths and short codes such as a status are in it. Nothing is consumed."
    )
    parser.add_argument("action", choices=["infer"], help="propose a schema from a sample of messages")
    config_file(parser)
    parser.add_argument("--topic", required=True, metavar="T", help="the topic, queue, stream or list")
    parser.add_argument("--queue", default="", metavar="Q", help="one of the shop's queues, where it has several")
    parser.add_argument("--shop", metavar="S", help="the shop, where there are several")
    parser.add_argument("--count", type=_count, default=200, metavar="N", help="messages to look at (200)")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= _MOST:
        raise argparse.ArgumentTypeError(f"write a number from 1 to {_MOST:,}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """0: a schema was proposed; 1: no message could be used; 2: nothing could be asked."""
    config = load(args.config_file, read_files=False)
    if fault := _fault(config, args):
        return _told(fault, 2)
    name = args.shop or next(iter(config.shops))
    shops = opened(config)
    try:
        drawn = _drawn(shops[name], args)
    except ShopError as error:
        return _told(str(error), 2)
    finally:
        for shop in shops.values():
            shop.close()
    return _proposed(drawn, args.topic)


def _fault(config: Config, args: argparse.Namespace) -> str:
    if args.shop and args.shop not in config.shops:
        return f"no shop {args.shop!r}; {unknown(args.shop, config.shops, 'shops')}"
    if not args.shop and len(config.shops) > 1:
        return f"there are several shops; write --shop with one of {', '.join(config.shops)}"
    queues = config.shops[args.shop or next(iter(config.shops))].queues
    if args.queue and args.queue not in queues:
        return f"no queue {args.queue!r}; {unknown(args.queue, queues, 'queues')}"
    if not args.queue and len(queues) > 1:
        return f"the shop has several queues; write --queue with one of {', '.join(queues)}"
    return ""


def _drawn(shop: Any, args: argparse.Namespace) -> Drawn:
    from exporter.queues import Draw

    asked = Draw(args.count, first=_FIRST)
    found: Drawn = shop.bounded("schema", _SECONDS).queue(args.queue).samples(args.topic, None, asked)
    return found


def _proposed(drawn: Drawn, topic: str) -> int:
    from exporter.probes.message_schema.inferring import Shape
    from exporter.probes.message_schema.judging import UnsoundError, parsed

    shape, unsound = Shape(), Counter[str]()
    for body in drawn.bodies:
        try:
            shape.add(parsed(body.data))
        except UnsoundError as error:
            unsound[error.fault.keyword] += 1
    about = "about " if drawn.estimated else ""
    _told(f"{shape.count} messages looked at, of the {about}{drawn.arrived:,} latest of {topic}")
    for text in (*_left_out(drawn, unsound), *shape.notes()):
        _told(text)
    if not shape.count:
        return _told("no message could be used: nothing to propose", 1)
    head = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "description": f"Proposed from {shape.count} messages of {topic}; tighten it before use.",
    }
    print(json.dumps({**head, **shape.schema()}, indent=2, ensure_ascii=False))
    return 0


def _left_out(drawn: Drawn, unsound: Counter[str]) -> list[str]:
    told = [f"{count} left out: no sound JSON ({keyword})" for keyword, count in unsound.items()]
    told += [f"{count} left out: {why}" for why, count in drawn.unread.items()]
    if drawn.too_large:
        largest = max(each.size for each in drawn.too_large)
        told.append(
            f"{len(drawn.too_large)} left out: larger than 256 KB, the largest {largest:,} bytes; "
            "message_size tells which field of them is fat"
        )
    return told


def _told(text: str, status: int = 0) -> int:
    print(f"# {text}", file=sys.stderr)
    return status
