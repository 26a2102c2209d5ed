"""Settings of the session that take protection away, and statements that nobody judges."""

from __future__ import annotations

from collections.abc import Iterator

from exporter.ddl.nouns import Finding
from exporter.ddl.scene import Scene

_OFF = ("0", "OFF", "FALSE")
_SWITCHES = {
    "foreign_key_checks": "rows that refer to nothing are written and never found again",
    "unique_checks": "duplicates are written",
    "sql_log_bin": "replicas, and what reads the binary log, never see the change",
    "check_constraint_checks": "rows that break a CHECK are written",
}
_PLAIN = ("SELECT", "SHOW", "EXPLAIN", "DESC", "DESCRIBE", "BEGIN", "START", "COMMIT", "ROLLBACK", "INSERT", "REPLACE",
          "WITH", "VALUES", "END", "SAVEPOINT", "RELEASE", "UNLOCK", "FLUSH", "ANALYZE", "COMMENT", "DO")  # fmt: skip
_JUDGED = ("ALTER", "CREATE", "CREATE INDEX", "DROP", "DROP INDEX", "DROP VIEW", "DROP TRIGGER", "DROP DATABASE",
           "RENAME", "TRUNCATE", "UPDATE", "DELETE", "SET", "USE")  # fmt: skip


def check(scene: Scene) -> Iterator[Finding]:
    for name, value in scene.asked.settings.items():
        if name in _SWITCHES and value.upper() in _OFF:
            yield scene.find("checks-off", f"{name} is switched off: {_SWITCHES[name]}", "the migration without it")
        if name == "sql_mode" and "STRICT" not in value.upper() and "@" not in value:
            text = "strict mode is switched off: values that do not fit are cut without an error"
            yield scene.find("checks-off", text, "the migration without it")
    if scene.asked.verb not in _PLAIN and scene.asked.verb not in _JUDGED:
        what = scene.asked.verb if scene.asked.verb != "OTHER" else "this statement"
        yield scene.find("not-judged", f"{what} is of a kind that is not judged here", "a look by a person")
