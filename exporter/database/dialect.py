"""How SQLAlchemy writes SQL for MySQL's family without asking the server what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.mysql.pymysql import MySQLDialect_pymysql

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

URL = "mysql+order_health://"


class Dialect(MySQLDialect_pymysql):
    """Asks nothing at first: by a proxy's VERSION() it would ask for variables that the server behind has no more."""

    supports_statement_cache = True

    def initialize(self, connection: Connection) -> None:
        pass


registry.register("mysql.order_health", __name__, "Dialect")
