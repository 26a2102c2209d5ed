"""`order-health init URL` looks at a shop's database and writes a first config.yaml for it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from exporter.commands import starter
from exporter.shop import discover
from exporter.shop.presets import presets
from exporter.strict import nearest

if TYPE_CHECKING:
    import argparse

    from exporter.shop.discover import Fit, Found

_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
_KNOWN = {"mysql+pymysql", "postgresql+psycopg", "sqlite"}
_SECRETS = {"password", "passwd"}
_LIMITS = {
    "mysql": (
        "SET SESSION max_statement_time = 3",
        "SET SESSION max_execution_time = 3000",
        "SET SESSION lock_wait_timeout = 2",
        "SET SESSION TRANSACTION READ ONLY",
    ),
    "postgresql": ("SET statement_timeout = 3000", "SET default_transaction_read_only = on"),
}
"""Each for itself, for no server knows all of them."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", help="mysql+pymysql://user@host/database, sqlite:///file.db, postgresql+psycopg://…")
    parser.add_argument("--preset", help=f"the shop is known to be one of {', '.join(presets())}")
    parser.add_argument("--output", type=Path, default=Path("config.yaml"), help="the file to write (config.yaml)")
    parser.add_argument("--name", default="main", help='what the shop is called in labels and cards ("main")')
    parser.add_argument("--force", action="store_true", help="write over a file that is there")


def run(args: argparse.Namespace) -> int:
    """0 when a file was written; 1 with a sentence on stderr otherwise."""
    try:
        return _run(args)
    except _Refused as refused:
        print(f"order-health init: {refused}", file=sys.stderr)
        return 1


class _Refused(Exception):  # noqa: N818 - a sentence for the operator, not a fault of the program
    """Says what is wrong and what to do."""


def _run(args: argparse.Namespace) -> int:
    if args.preset and args.preset not in presets():
        guess = nearest(args.preset, presets())
        hint = f"did you mean {guess[0]}?" if guess else f"write one of {', '.join(presets())}"
        raise _Refused(f"{args.preset!r} is not a preset; {hint}")
    if args.output.exists() and not args.force:
        raise _Refused(f"{args.output} is there already; write --output OTHER.yaml, or --force to replace it")
    url, password = _url(args.url)
    found = _look(url, password, args.preset)
    shown = url.render_as_string(hide_password=False)
    tables, words = _choose(found, args.preset)
    text = starter.text(
        name=args.name,
        database=shown,
        password=url.get_backend_name() != "sqlite",
        found=words,
        tables=tables,
        doubts=found.doubts,
    )
    args.output.write_text(text, encoding="utf-8")
    _tell(args.output, words, found, given=password is not None and "SHOP_DB_PASSWORD" not in os.environ)
    return 0


def _url(given: str) -> tuple[sa.URL, str | None]:
    """The URL without its password, and the password."""
    try:
        url = sa.make_url(given)
    except sa.exc.ArgumentError:
        raise _Refused("this is not a database URL; write mysql+pymysql://user@host:3306/database") from None
    url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
    if url.drivername not in _KNOWN:
        raise _Refused(f"{url.drivername!r} is not a database it can read; write {', '.join(sorted(_KNOWN))}")
    secret = [value for key, value in url.query.items() if key in _SECRETS]
    password = url.password or (str(secret[0]) if secret else None) or os.environ.get("SHOP_DB_PASSWORD")
    if not url.database:
        raise _Refused("the URL names no database; write it after the host, as in mysql+pymysql://user@host/shop")
    bare = url.difference_update_query(_SECRETS)
    return sa.URL.create(
        bare.drivername, bare.username, None, bare.host, bare.port, bare.database, bare.query
    ), password


def _look(url: sa.URL, password: str | None, preset: str | None) -> Found:
    engine = _engine(url, password)
    try:
        with engine.connect() as connection:
            for statement in _LIMITS.get(url.get_backend_name(), ()):
                _try(connection, statement)
            return discover.look(connection, wanted=preset)
    except ModuleNotFoundError as error:
        raise _Refused(f"the driver {error.name} is not installed; pip install 'order-health[postgres]'") from None
    except sa.exc.DBAPIError as error:
        raise _Refused(_why(url, error)) from None
    finally:
        engine.dispose()


def _engine(url: sa.URL, password: str | None) -> sa.Engine:
    options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "poolclass": sa.pool.NullPool}
    if url.get_backend_name() == "sqlite":
        file = Path(str(url.database)).absolute()
        if not file.is_file():
            raise _Refused(f"there is no file {file}")
        return sa.create_engine(f"sqlite:///file:{file}?mode=ro&uri=true", **options)
    options["connect_args"] = {"connect_timeout": 5}
    if url.get_backend_name() == "mysql":
        options["connect_args"] |= {"read_timeout": 15}
    try:
        return sa.create_engine(url.set(password=password), **options)
    except ModuleNotFoundError as error:
        raise _Refused(f"the driver {error.name} is not installed; pip install 'order-health[postgres]'") from None


def _try(connection: sa.Connection, statement: str) -> None:
    try:
        connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError:
        return


def _why(url: sa.URL, error: sa.exc.DBAPIError) -> str:
    """The driver's own words may hold the account and its host, so only the code is kept."""
    code = error.orig.args[0] if error.orig and error.orig.args and isinstance(error.orig.args[0], int) else 0
    if code in {1045, 1044, 1698}:
        return "the database refused this account; check the user, and the password in SHOP_DB_PASSWORD"
    if code == 1049:  # noqa: PLR2004 - ER_BAD_DB_ERROR
        return f"the server has no database {url.database!r}"
    where = f"{url.host}:{url.port}" if url.port else str(url.host or url.database)
    return f"{where} did not answer as a database should ({type(error.orig).__name__} {code or ''})".replace(" )", ")")


def _choose(found: Found, wanted: str | None) -> tuple[str | dict[str, Any], str]:
    """What `tables:` shall say, and a sentence about it."""
    if found.best:
        return found.best.tables, f"{_named(found.best)} fits this database{_lacking(found.best)}."
    if wanted:
        raise _Refused(f"the preset {wanted} does not fit: too few of its tables and columns are in this database")
    if found.fits:
        names = ", ".join(_named(fit) for fit in found.fits)
        raise _Refused(f"more than one preset fits ({names}); say which with --preset")
    if found.proposal:
        words = "No preset fits; these tables and columns look likely. Go through every line marked `check`."
        return found.proposal, words
    if not found.tables:
        raise _Refused(
            "this database has no tables, or the account may see none; check the database name and the grants"
        )
    raise _Refused(
        f"none of the {found.tables} tables looks like orders; write your own mapping, as docs/mapping.md shows"
    )


def _named(fit: Fit) -> str:
    own = f" with the prefix {fit.prefix!r}" if isinstance(fit.tables, dict) and "prefix" in fit.tables else ""
    return f"The preset {fit.preset}{own}"


def _lacking(fit: Fit) -> str:
    if not fit.absent:
        return ""
    more = f" and {len(fit.absent) - 5} more" if len(fit.absent) > 5 else ""  # noqa: PLR2004 - the first five say enough
    return f", but for {', '.join(fit.absent[:5])}{more}"


def _tell(output: Path, words: str, found: Found, *, given: bool) -> None:
    print(words)
    print(f"Wrote {output}.\n\nNext:")
    if given:
        print("  export SHOP_DB_PASSWORD=…      # the password is not in the file")
    for doubt in found.doubts:
        print(f"  look at {doubt.place}: {doubt.text}")
    print(f"  order-health check --config.file {output}")
    print(f"  order-health run --config.file {output}")
