"""The rules by their ids, which are stable: comments, CI and docs/ddl.md name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from exporter.ddl.nouns import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    severity: Severity
    text: str


RULES: Mapping[str, Rule] = {
    # what the order system, its probes and its searches depend on
    "used-table": Rule("block", "A table that the mapping, a search or a query reads is dropped, renamed or emptied."),
    "used-column": Rule("block", "A column that the mapping, a search or a query reads is dropped or renamed."),
    "index-lost": Rule("block", "No index serves a probe's window, a lookup or a search any more."),
    "index-narrowed": Rule("warn", "A probe or a search loses its index, or a part of it, yet can be served."),
    "unique-lost": Rule("block", "Nothing keeps rows unique any more that must be unique."),
    "read-by-view": Rule("block", "A view reads what is dropped or renamed."),
    "read-by-trigger": Rule("block", "A trigger reads what is dropped or renamed."),
    # what loses data or rows
    "table-dropped": Rule("warn", "A table is dropped or renamed."),
    "column-dropped": Rule("warn", "A column is dropped or renamed."),
    "database-dropped": Rule("block", "A database is dropped."),
    "truncated": Rule("block", "A table or a partition is emptied; no ROLLBACK brings it back."),
    "type-narrowed": Rule("block", "Values that are stored today no longer fit."),
    "type-converted": Rule("block", "A column becomes another type."),
    "money-float": Rule("block", "An exact number becomes, or an amount is, a binary fraction."),
    "enum-values": Rule("block", "Values of an ENUM or SET are taken away or change their order."),
    "null-forbidden": Rule("block", "A column that allows NULL no longer does."),
    "null-allowed": Rule("warn", "A column that is relied on may become NULL."),
    "not-null-without-default": Rule("block", "A new column must be filled by every INSERT, and old code does not."),
    "modify-forgets": Rule("warn", "MODIFY leaves out an attribute that the column has, and so takes it away."),
    "charset-changed": Rule("warn", "A character set or collation changes."),
    "charset-lossy": Rule("block", "The new character set cannot hold what the old one holds, or breaks a comparison."),
    "foreign-key-added": Rule("block", "A foreign key is added."),
    "foreign-key-broken": Rule("block", "A foreign key needs what is dropped or changed."),
    "unique-key-added": Rule("warn", "A unique key is added to a table that has rows."),
    "rows-ignored": Rule("block", "IGNORE deletes or cuts the rows that do not fit, without an error."),
    # what the server does meanwhile
    "table-copy": Rule("block", "A large table is copied, and nobody may write meanwhile."),
    "table-rebuild": Rule("warn", "A large table is rebuilt in place."),
    "writes-locked": Rule("block", "Nobody may write to a large table meanwhile."),
    "algorithm-refused": Rule("block", "The server refuses the ALGORITHM or LOCK that is asked for."),
    "algorithm-unsaid": Rule("warn", "Without ALGORITHM the server silently falls back to a copy."),
    "cost-unknown": Rule("warn", "What a change of a large table costs cannot be known here."),
    "lock-wait-timeout": Rule("block", "Without a lock wait limit a waiting ALTER stops every query behind it."),
    "alters-split": Rule("warn", "Several ALTERs of one table: it is changed as often."),
    # rows and sessions
    "write-unbounded": Rule("block", "UPDATE or DELETE without WHERE."),
    "write-large": Rule("block", "UPDATE or DELETE reads a large part of a large table in one transaction."),
    "checks-off": Rule("block", "Checks, the binary log or strictness are switched off."),
    "index-duplicate": Rule("warn", "Another index serves all that the new one would."),
    "index-many": Rule("warn", "A table gets more than five secondary indexes."),
    "view-replaced": Rule("warn", "A view or trigger is dropped."),
    # what is wrong with the file itself
    "unknown-table": Rule("warn", "A table is not there, or the account does not see it."),
    "unknown-column": Rule("warn", "A column or an index is not there, or the account does not see it."),
    "not-judged": Rule("note", "A statement of a kind that is not judged."),
    "allow-unclear": Rule("warn", "A comment allows a rule that does not exist, or gives no reason."),
}
