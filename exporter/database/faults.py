"""What a refused statement means for the mapping, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from exporter.database import StatementError, privileges
from exporter.database.errors import GRANT_ELSEWHERE, Denied, Missing, ShopError
from exporter.strict import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from exporter.database import Database
    from exporter.database.catalog import Catalog
    from exporter.database.deadline import Deadline
    from exporter.database.session import Fault

_ACCOUNT = {"mysql": "SELECT CURRENT_USER()", "postgresql": "SELECT CURRENT_USER"}


def told(
    fault: Fault, catalog: Catalog, schema: str | None, table: str, columns: Sequence[str], *, deadline: Deadline
) -> ShopError:
    """The error to raise for a statement over these columns of this table."""
    code = f" ({fault.code})" if fault.code else ""
    where = ".".join(filter(None, (catalog.schema(schema), table)))
    if fault.kind == "table":
        near = _near(table, catalog.names(schema, deadline))
        return Missing(f"there is no table {where}{code}{near}; name the right one in the mapping")
    if fault.kind == "column":
        column = fault.names.get("column", "?").rpartition(".")[2]
        near = _near(column, catalog.facts(schema, table, deadline).columns)
        return Missing(f"there is no column {column} in {where}{code}{near}; name the right one in the mapping")
    if fault.kind in ("denied", "access"):
        what = f"column {fault.names['column']} of " if "column" in fault.names else ""
        remedy = grant(catalog, schema, table, columns, account(catalog.database, deadline))
        return Denied(f"the account may not read {what}{where}{code}{GRANT_ELSEWHERE}", remedy)
    return ShopError(f"the database refuses the statement over {where}{code}: {fault.text}")


def _near(name: str, known: Iterable[str]) -> str:
    names = {each.lower(): each for each in known}
    found = nearest(name.lower(), names, count=3)
    return f"; there is {', '.join(names[each] for each in found)}" if found else ""


def shut_out(error: Denied, catalog: Catalog, schema: str | None, table: str, columns: Sequence[str]) -> Denied:
    """The same refusal with the GRANT that ends it, for an account that may not even use the database."""
    if not error.account:
        return error
    return Denied(str(error), grant(catalog, schema, table, columns, error.account), account=error.account)


def account(database: Database, deadline: Deadline) -> str:
    """What the server calls the account; empty where there are no accounts."""
    asked = _ACCOUNT.get(database.family.name)
    try:
        return str(database.ask(text(asked), deadline)[0][0]) if asked else ""
    except (ShopError, StatementError):
        return "order_health@%"


def grant(catalog: Catalog, schema: str | None, table: str, columns: Sequence[str], to: str) -> str:
    """The statement that lets the account `to` (as the server calls it) read these columns; empty without one."""
    place = catalog.schema(schema), table
    return privileges.select(catalog.database.family.name, place, columns, to) if to else ""
