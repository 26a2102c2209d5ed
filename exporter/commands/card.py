"""`order-health card`: the test card as each room would get it; `--send` carries it through the real path.

`--dead` lists the cards that were given up instead, and sends them again or throws them away.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from exporter import cards
from exporter.commands import config_file
from exporter.config import Config, load
from exporter.delivery import Sender
from exporter.model import Card
from exporter.notify import Channel
from exporter.state import State, StateFaultError
from exporter.strict import unknown

PATIENCE = 30.0
"""Seconds until a room that has not answered counts as silent."""


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)
    parser.add_argument("--channel", metavar="C", help="only this one")
    parser.add_argument("--send", action="store_true", help="really send it")
    parser.add_argument("--dead", action="store_true", help="list the cards that were given up")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--resend", action="store_true", help="with --dead: send these again")
    what.add_argument("--discard", action="store_true", help="with --dead: throw these away")


def run(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    rooms = config.rooms()
    if args.channel and args.channel not in rooms:
        print(f"no room {args.channel!r}; {unknown(args.channel, rooms, 'rooms')}", file=sys.stderr)
        return 2
    if args.dead:
        return dead(config, args)
    if args.resend or args.discard:
        print("--resend and --discard are about the cards that were given up: add --dead", file=sys.stderr)
        return 2
    channels = {name: each for name, each in rooms.items() if args.channel in (None, name)}
    if not channels:
        print("no channels are configured; add one under `channels:`", file=sys.stderr)
        return 2
    for name, channel in channels.items():
        show(name, channel, trial(config))
    return send(config, channels) if args.send else 0


def dead(config: Config, args: argparse.Namespace) -> int:
    """A running sidecar notices within a minute what was changed in its state."""
    try:
        state = State(config.state_url())
    except StateFaultError as fault:
        print(fault, file=sys.stderr)
        return 1
    try:
        for each in state.dead(args.channel):
            given_up = each.given_up.astimezone(config.zone)
            print(
                f"{given_up:%Y-%m-%d %H:%M} {each.channel} [{each.cause or 'unknown'}] {each.card.title}: {each.detail}"
            )
        if args.resend:
            print(f"{state.resend(args.channel, datetime.now(UTC).timestamp())} cards leave within a minute")
        elif args.discard:
            print(f"{state.discard(args.channel)} cards were thrown away")
    finally:
        state.close()
    return 0


def trial(config: Config) -> Card:
    return cards.trial(
        now=datetime.now(UTC), zone=config.zone, language=config.language, external_url=config.web.external_url
    )


def show(name: str, channel: Channel, card: Card) -> None:
    for number, message in enumerate(channel.messages(card, datetime.now(UTC)), 1):
        body = message.prepare().body or b""
        raw = body if isinstance(body, bytes) else body.encode()
        print(f"# {name} ({channel.kind}), message {number}: {len(raw)} bytes")
        print(json.dumps(json.loads(raw), ensure_ascii=False, indent=2))


def send(config: Config, channels: Mapping[str, Channel]) -> int:
    """Through outbox, sender and receipt, on a state of its own; 0 when every room said yes."""
    state = State("sqlite://")
    state.commit({}, [(name, trial(config)) for name in channels], datetime.now(UTC))
    sender = Sender(state, channels, now=lambda: datetime.now(UTC), merge=cards.digest)
    sender.start()
    until = time.monotonic() + PATIENCE
    answers = sender.rooms()
    while time.monotonic() < until and any(room.last_receipt is None for room in answers):
        time.sleep(0.05)
        answers = sender.rooms()
    sender.stop()
    for room in answers:
        said = "accepted" if room.accepted else room.detail or f"no answer within {PATIENCE:g} s"
        print(f"{room.name}: {said}", file=sys.stdout if room.accepted else sys.stderr)
    return 0 if all(room.accepted for room in answers) else 1
