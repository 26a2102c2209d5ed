"""Where databases are: URLs as people write them, and nothing of them in any text."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, SecretStr
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from exporter.strict import Strict


def normal(text: object) -> str:
    try:
        url = make_url(str(text))
    except (ArgumentError, ValueError):  # the latter for a port that is no number, with what stands there
        url = None
    if url is None or not url.get_backend_name():
        raise ValueError("is not a database URL; write for example mysql+pymysql://order_health@10.0.0.5/shop")
    if url.get_backend_name() != "sqlite" and "@" in f"{url.host}{url.database}":
        # else the end of the password would be taken for the host, which errors and `check` may name
        raise ValueError(
            "has more than one @; write %40 in the password, or give it apart (`password:`, SHOP_DB_PASSWORD)"
        )
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername)).render_as_string(hide_password=False)


_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
    "mariadb+pymysql": "mysql+pymysql",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}


def _supported(text: str) -> str:
    if (driver := make_url(text).drivername) not in {"mysql+pymysql", "postgresql+psycopg", "sqlite"}:
        raise ValueError(f"no driver for {driver}; use mysql+pymysql://, postgresql+psycopg:// or sqlite:///")
    return text


def _known(text: str) -> str:
    url = make_url(text)
    try:
        url.get_dialect()
    except (NoSuchModuleError, ImportError):
        raise ValueError(f"no driver for {url.drivername}; write for example sqlite:///order-health.db") from None
    return text


StateUrl = Annotated[SecretStr, BeforeValidator(_known), BeforeValidator(normal)]
"""Any database that SQLAlchemy knows."""

DatabaseUrl = Annotated[SecretStr, BeforeValidator(_supported), BeforeValidator(normal)]
"""A secret as a whole: a password may stand in it."""


def with_password(url: SecretStr, password: SecretStr | None) -> URL:
    address = make_url(url.get_secret_value())
    return address.set(password=password.get_secret_value()) if password else address


def named(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
        raise ValueError("this name becomes a label; write letters, digits, _, . and -, such as main")
    return name


class Database(Strict):
    """A further connection of a shop: a place where some of its tables live."""

    url: DatabaseUrl
    """As `database` of a shop."""
    password: SecretStr | None = None
    """Put into `url`."""

    def address(self) -> URL:
        return with_password(self.url, self.password)

    @classmethod
    def written(cls, value: object) -> object:
        """A bare URL stands for a database without further settings."""
        return {"url": value} if isinstance(value, str) else value
