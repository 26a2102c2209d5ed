"""Tables that no database of the configuration shows: the wrong database, or an account that does not see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from exporter.ddl.nouns import Asked, Fault, Finding, Name, Statement
from exporter.ddl.reading import named
from exporter.ddl.rules import RULES
from exporter.ddl.scene import Ground

_WHERE = "not in a database of this configuration, or hidden from the account"
_INSTEAD = "the right --config.file, USE or schema; or GRANT SELECT on it to the account of order-health"


@dataclass
class Unknown:
    """`known`: how many statements name a table that is known. `tables`: of the others, what they name."""

    known: int = 0
    tables: list[tuple[Statement, list[str]]] = field(default_factory=list)

    @property
    def everything(self) -> bool:
        """No table of the file is known, and no comment says that this is meant."""
        return not self.known and any(not statement.allowed.get("unknown-table") for statement, _ in self.tables)

    def findings(self) -> Iterator[Finding]:
        for statement, names in self.tables:
            text = f"{', '.join(names)}: {_WHERE}; so it was not judged"
            yield plain(statement, "unknown-table", text, _INSTEAD)

    def faults(self) -> Iterator[Fault]:
        statement, names = self.tables[0]
        text = f"none of the tables of this file is known, {', '.join(names)} for one: {_WHERE}; write {_INSTEAD}"
        yield Fault(statement.line, statement.column, text)


def unknown(migration: Sequence[Asked], grounds: Sequence[Ground]) -> Unknown:
    """Looks at the tables as they are before the file; those that it creates itself are known."""
    found, schema = Unknown(), ""
    family = grounds[0].tables.family if grounds else "mysql"
    made: set[str] = set()
    for each in migration:
        schema = each.schema or schema
        made |= {change.table.table.lower() for change in each.changes if change.kind == "create"}
        made |= {change.to.lower() for change in each.changes if change.kind == "rename"}
        spared = {change.table for change in each.changes if change.exists or change.kind == "create"}
        names = [name for name in named(each, family) if name.table and name not in spared]
        strange = [str(name) for name in names if name.table.lower() not in made and not _shown(name, schema, grounds)]
        if strange and grounds:
            found.tables.append((each.statement, list(dict.fromkeys(strange))))
        elif names:
            found.known += 1
    return found


def _shown(name: Name, schema: str, grounds: Sequence[Ground]) -> bool:
    return any(ground.tables.get(Name(name.table, name.schema or schema)) is not None for ground in grounds)


def plain(statement: Statement, rule: str, what: str, instead: str) -> Finding:
    """A finding about the file, whatever the database."""
    finding = Finding(rule, RULES[rule].severity, statement.line, statement.column, what, instead)
    return finding.under({name: why for name, why in statement.allowed.items() if why})
