"""`order-health init URL` looks at a shop's database and writes a first config.yaml for it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from exporter import discover
from exporter.commands import starter
from exporter.config import ConfigFaultError, load
from exporter.config.addresses import DatabaseUrl
from exporter.database import Database
from exporter.discover import fits
from exporter.discover.survey import Survey
from exporter.mapping.presets import presets
from exporter.shop import Denied, ShopError
from exporter.strict import nearest

if TYPE_CHECKING:
    from exporter.discover import Found
    from exporter.discover.fits import Fit

_SECRETS = {"password", "passwd"}
_EXAMPLE = "mysql+pymysql://user@host:3306/database"
_MANY = 5
"""So many names say enough."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", help=f"{_EXAMPLE}, postgresql://…, sqlite:///file.db; its password in SHOP_DB_PASSWORD")
    parser.add_argument("--preset", help=f"the shop is known to be one of {', '.join(presets())}")
    parser.add_argument("--output", type=Path, default=Path("config.yaml"), help="the file to write (config.yaml)")
    parser.add_argument("--name", default="main", help='what the shop is called in labels and cards ("main")')
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace) -> int:
    """0 when a file was written; 2 with a sentence on stderr otherwise."""
    try:
        return _run(args)
    except _Refused as refused:
        print(f"order-health init: {refused}", *refused.grants, sep="\n  ", file=sys.stderr)
        return 2


class _Refused(Exception):  # noqa: N818 - a sentence for the operator, not a fault of the program
    """Says what is wrong and what to do; `grants` are statements for a DBA."""

    def __init__(self, text: str, grants: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.grants = grants


def _run(args: argparse.Namespace) -> int:
    if args.preset and args.preset not in presets():
        guess = nearest(args.preset, presets())
        hint = f"did you mean {guess[0]}?" if guess else f"write one of {', '.join(presets())}"
        raise _Refused(f"{args.preset!r} is not a preset; {hint}")
    if args.output.exists() and not args.force:
        raise _Refused(f"{args.output} is there already; write --output OTHER.yaml, or --force to replace it")
    url, password = _url(args.url)
    found = _look(url, password, args.preset)
    tables, words = _choose(found, args.preset)
    text = starter.text(
        name=args.name,
        database=url.render_as_string(),
        password=url.get_backend_name() != "sqlite",
        found=words,
        tables=tables,
        doubts=found.doubts,
    )
    _write(args.output, text)
    _tell(args.output, words, found, given=password is not None and "SHOP_DB_PASSWORD" not in os.environ)
    return 0


def _url(given: str) -> tuple[sa.URL, str | None]:
    """The URL without its password, and the password. What is said about it repeats none of it: it may hold one."""
    try:
        url = sa.make_url(TypeAdapter(DatabaseUrl).validate_python(given).get_secret_value())
    except ValidationError as error:
        raise _Refused(f"the URL: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    server = url.get_backend_name() != "sqlite"
    if not url.database or url.database == ":memory:":
        example = _EXAMPLE if server else "sqlite:///shop.db"
        raise _Refused(f"the URL names no database; write it at the end, as in {example}")
    secret = [value for key, value in url.query.items() if key in _SECRETS]
    password = url.password or (str(secret[0]) if secret else None) or os.environ.get("SHOP_DB_PASSWORD")
    bare = url.difference_update_query(_SECRETS)
    return bare._replace(password=None), password


def _look(url: sa.URL, password: str | None, preset: str | None) -> Found:
    place = f"{url.host}:{url.port}" if url.port else str(url.host or url.database)
    try:
        database = Database(url.set(password=password) if password else url)
    except ShopError as error:
        raise _Refused(str(error)) from None
    survey = Survey(database)
    try:
        found = discover.look(survey, wanted=preset)
        if not found.tables:
            raise _Refused("this account sees no table in this database; is it the right one?", _needed(survey, preset))
    except Denied as error:
        if error.account:
            raise _Refused(f"{place}: {error}", _needed(survey, preset, error.account)) from None
        hint = "" if password else "; none was given: export SHOP_DB_PASSWORD=…"
        raise _Refused(f"{place}: {error}{hint}") from None
    except ShopError as error:
        raise _Refused(f"{place}: {error}") from None
    finally:
        database.close()
    return found


def _needed(survey: Survey, preset: str | None, account: str = "") -> tuple[str, ...]:
    """The exact grants where the shop is known, otherwise one that lets init find out."""
    if account:
        survey.account = account
    return fits.grants(survey, preset) if preset else survey.grant_all()


def _choose(found: Found, wanted: str | None) -> tuple[str | dict[str, Any], str]:
    """What `tables:` shall say, and a sentence about it."""
    if found.best:
        return found.best.tables, f"{_named(found.best)} fits this database{_lacking(found.best)}."
    if wanted:
        raise _Refused(f"the preset {wanted} does not fit: this account sees too few of its tables and columns")
    if found.fits:
        names = ", ".join(_named(fit) for fit in found.fits[:_MANY])
        raise _Refused(f"more than one preset fits ({names}); say which with --preset")
    if found.proposal:
        words = "No preset fits; these tables and columns look likely. Go through every line marked `check`."
        return found.proposal, words
    raise _Refused(
        f"none of the {found.tables} tables that this account sees looks like orders; --preset NAME if you know it,"
        " or write your own mapping, as docs/mapping.md shows"
    )


def _named(fit: Fit) -> str:
    own = f" with the prefix {fit.prefix!r}" if isinstance(fit.tables, dict) and "prefix" in fit.tables else ""
    return f"The preset {fit.preset}{own}"


def _lacking(fit: Fit) -> str:
    if not fit.absent:
        return ""
    more = f" and {len(fit.absent) - _MANY} more" if len(fit.absent) > _MANY else ""
    return f", but for {', '.join(fit.absent[:_MANY])}{more}"


def _write(output: Path, text: str) -> None:
    """The whole file or none, and none that `run` would refuse."""
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        load(draft, {"SHOP_DB_PASSWORD": "unread"})
        draft.replace(output)
    except OSError as error:
        raise _Refused(f"{output} cannot be written: {error.strerror}") from None
    except ConfigFaultError as error:
        raise _Refused(str(error).replace(str(draft), str(output))) from None
    finally:
        draft.unlink(missing_ok=True)


def _tell(output: Path, words: str, found: Found, *, given: bool) -> None:
    print(words)
    print(f"Wrote {output}.\n\nNext:")
    if given:
        print("  export SHOP_DB_PASSWORD=…      # the password is not in the file")
    for doubt in found.doubts:
        print(f"  look at {doubt.place}: {doubt.text}")
    for grant in found.best.grants if found.best else ():
        print(f"  {grant}")
    print(f"  order-health check --config.file {output}")
    print(f"  order-health run --config.file {output}")
