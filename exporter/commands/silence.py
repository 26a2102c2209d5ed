"""`order-health silence`: asks the running sidecar over its web, for the state is the sidecar's alone."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from exporter.commands import config_file
from exporter.config import Config, load
from exporter.silences.tickets import command
from exporter.state import State, StateFaultError
from exporter.web.listen import split

PASSWORD = "ORDER_HEALTH_PASSWORD"  # noqa: S105 - the name of a variable
TIMEOUT = 10.0
_UNAUTHORIZED, _FORBIDDEN = 401, 403
_HERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - where it listens, seen from here


class Unanswered(Exception):  # noqa: N818 - what a person is told, not a fault of the program
    """The sidecar did not answer, or refused; the text says what to do."""


def arguments(parser: argparse.ArgumentParser) -> None:
    config_file(parser)
    parser.add_argument("--url", metavar="U", help="where the sidecar answers, instead of web.listen on this machine")
    parser.add_argument("--user", metavar="NAME", help=f"for basic auth; the password is taken from ${PASSWORD}")
    parser.add_argument("--ca", metavar="FILE", help="the authority of the sidecar's certificate")
    words = parser.add_subparsers(dest="word", required=True, metavar="add|list|end")
    add = words.add_parser("add", help="silence what matches")
    add.add_argument(
        "--match", action="append", required=True, metavar="M", help="severity=warning, shop!=demo, topic=~order_.*"
    )
    add.add_argument("--for", dest="length", required=True, metavar="DURATION", help="4h, 2d")
    add.add_argument("--by", help="who asks for it ($USER, or the login)")
    add.add_argument("--comment", default="", help="why")
    words.add_parser("list", help="what stands, and what ended within the last week")
    end = words.add_parser("end", help="end one before its time")
    end.add_argument("id", metavar="ID")
    end.add_argument("--by", help="who ends it ($USER, or the login)")


def run(args: argparse.Namespace) -> int:
    config = load(args.config_file)
    by = getattr(args, "by", None) or ("" if args.user else os.environ.get("USER", ""))
    try:
        if args.word == "add":
            wanted = {"matchers": args.match, "for": args.length, "by": by, "comment": args.comment}
            show(_ask(config, args, "POST", "", wanted), config.zone)
        elif args.word == "end":
            show(_ask(config, args, "DELETE", f"/{args.id}", {"by": by}), config.zone)
        else:
            for row in _ask(config, args, "GET", "", {}):
                show(row, config.zone)
    except Unanswered as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


def show(row: Mapping[str, Any], zone: tzinfo) -> None:
    ends = datetime.fromisoformat(row["ends"]).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    state = f"until {ends}" if row["active"] else f"ended {ends}{f' by {by}' if (by := row['ended_by']) else ''}"
    print(
        f"{row['id']}  {row['kind']}, {state}, by {row['by']}  {' '.join(row['matchers'])}  {row['comment']}".rstrip()
    )


def _ask(config: Config, args: argparse.Namespace, method: str, path: str, what: Mapping[str, Any]) -> Any:
    import requests

    root = (args.url or _address(config.web.listen)).rstrip("/")
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment does not lead to this machine
        session.verify = args.ca or True
        sent: dict[str, Any] = {"params": what} if method == "DELETE" else {"json": what} if what else {}
        if args.user:
            session.auth = (args.user, os.environ.get(PASSWORD, ""))
        ask = partial(
            session.request, method, f"{root}/api/silences{path}", timeout=TIMEOUT, allow_redirects=False, **sent
        )
        try:
            answer = ask()
            if answer.status_code == _FORBIDDEN and not args.user and not args.url:
                answer = ask(headers={"Authorization": f"Bearer {_proof(config)}"})
        except requests.RequestException as error:
            raise Unanswered(
                f"no order-health answers at {root} ({type(error).__name__}); start it with `order-health run`, or "
                "write where it is with --url"
            ) from None
    return _read(answer, root)


def _read(answer: Any, root: str) -> Any:
    if answer.status_code == _UNAUTHORIZED:
        raise Unanswered(f"{root} asks for a password: add --user NAME and set ${PASSWORD}")
    try:
        said = answer.json()
    except ValueError:
        raise Unanswered(f"{root} answered HTTP {answer.status_code}, but is no order-health; see --url") from None
    if not answer.ok:
        raise Unanswered(str(said.get("error", json.dumps(said))) if isinstance(said, dict) else "refused")
    return said


def _address(listen: str) -> str:
    host, port = split(listen)
    return f"http://{_HERE.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def _proof(config: Config) -> str:
    """Whoever may read the state may silence: so needs no password on the sidecar's own machine."""
    url = config.state_url()
    if url.get_backend_name() == "sqlite" and not os.access(str(url.database), os.R_OK | os.W_OK):
        raise Unanswered(
            f"this user may not read the sidecar's state ({url.database}): run it as the sidecar's user, or with --user"
        )
    try:
        state = State(url)
        try:
            return command(state.key())
        finally:
            state.close()
    except StateFaultError as fault:
        raise Unanswered(str(fault)) from None
