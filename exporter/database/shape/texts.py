"""What each family of databases is asked about the shape of its tables: by literal name, so that only these are opened.

Questions of one kind answer with the same columns in every family. Those about one table name it first, so that one
statement can ask about many: `many()`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COLUMNS = {  # table, place, name, full type, nullable, default, charset, collation, extra
    "mysql": "SELECT :name, ordinal_position, column_name, column_type, is_nullable = 'YES', column_default,"
    " character_set_name, collation_name, extra FROM information_schema.columns"
    " WHERE table_schema = :schema AND table_name = :name",
    "postgresql": "SELECT t.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,"
    " pg_get_expr(d.adbin, d.adrelid), '', coalesce(l.collname, ''),"
    " CASE WHEN a.attgenerated <> '' THEN 'stored generated' WHEN a.attidentity <> '' THEN 'identity' ELSE '' END"
    " FROM pg_attribute a JOIN pg_class t ON t.oid = a.attrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
    " LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum"
    " LEFT JOIN pg_collation l ON l.oid = a.attcollation"
    " WHERE n.nspname = :schema AND t.relname = :name AND a.attnum > 0 AND NOT a.attisdropped",
    "sqlite": "SELECT :name, cid, name, type, NOT (\"notnull\" OR pk), dflt_value, '', '',"
    " CASE WHEN hidden IN (2, 3) THEN 'generated' ELSE '' END FROM pragma_table_xinfo(:name)",
}
INDEXES = {  # table, place, index, column or null, prefix, descending, unique, kind, partial
    "mysql": "SELECT :name, seq_in_index, index_name, column_name, sub_part, collation = 'D', non_unique = 0,"
    " index_type, 0 FROM information_schema.statistics WHERE table_schema = :schema AND table_name = :name",
    "postgresql": "SELECT t.relname, k.place, c.relname, a.attname, NULL, (i.indoption[k.place - 1] & 1) = 1,"
    " i.indisunique, m.amname, i.indpred IS NOT NULL"
    " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid"
    " JOIN pg_am m ON m.oid = c.relam JOIN pg_namespace n ON n.oid = t.relnamespace"
    " CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(num, place)"
    " LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.num AND k.num > 0"
    " WHERE n.nspname = :schema AND t.relname = :name AND i.indisvalid AND k.place <= i.indnkeyatts",
    "sqlite": "SELECT :name, i.seqno, CASE l.origin WHEN 'pk' THEN 'PRIMARY' ELSE l.name END, i.name, NULL, i.\"desc\","
    " l.\"unique\", 'btree', l.partial"
    " FROM pragma_index_list(:name) l JOIN pragma_index_xinfo(l.name) i WHERE i.key = 1"
    " UNION ALL SELECT :name, 0, 'PRIMARY', name, NULL, 0, 1, 'btree', 0 FROM pragma_table_info(:name)"
    " WHERE pk = 1 AND upper(type) = 'INTEGER'",
}
FACTS = {  # rows, bytes, engine, row format, charset, collation, partitioned
    "mysql": "SELECT table_rows, data_length + index_length, engine, row_format, substring_index(table_collation, '_',"
    " 1), table_collation, create_options LIKE '%partitioned%'"
    " FROM information_schema.tables WHERE table_schema = :schema AND table_name = :name",
    "postgresql": "SELECT CASE WHEN reltuples > 0 THEN reltuples ELSE pg_relation_size(t.oid) / 100 END::bigint,"
    " pg_total_relation_size(t.oid), '', '', '', '', t.relkind = 'p'"
    " FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE n.nspname = :schema AND t.relname = :name",
    "sqlite": "SELECT coalesce(max(rowid), 0), 0, '', '', '', '', 0 FROM \"{name}\"",
}
_KEYS = (  # name, table, column, parent, parent's column, on delete, on update
    "SELECT k.constraint_name, k.table_name, k.column_name, k.referenced_table_name, k.referenced_column_name,"
    " r.delete_rule, r.update_rule FROM information_schema.key_column_usage k"
    " JOIN information_schema.referential_constraints r ON r.constraint_schema = :schema"
    " AND r.constraint_schema = k.constraint_schema AND r.constraint_name = k.constraint_name"
    " AND r.table_name = k.table_name WHERE k.table_schema = :schema AND k.referenced_table_schema = :schema"
    " AND {which} ORDER BY k.table_name, k.constraint_name, k.ordinal_position"
)
_PG_KEYS = (
    "SELECT c.conname, t.relname, a.attname, p.relname, b.attname,"
    " CASE c.confdeltype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT'"
    " ELSE 'NO ACTION' END,"
    " CASE c.confupdtype WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT'"
    " ELSE 'NO ACTION' END"
    " FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class p ON p.oid = c.confrelid"
    " JOIN pg_namespace n ON n.oid = {which}.relnamespace"
    " CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY k(here, there, place)"
    " JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.here"
    " JOIN pg_attribute b ON b.attrelid = p.oid AND b.attnum = k.there"
    " WHERE c.contype = 'f' AND n.nspname = :schema AND {which}.relname = :name ORDER BY t.relname, c.conname, k.place"
)
_LITE_KEYS = (
    'SELECT \'fk\' || k.id, m.name, k."from", k."table", coalesce(k."to", \'\'), k.on_delete, k.on_update'
    " FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) k WHERE m.type = 'table' AND {which} = :name"
    " ORDER BY m.name, k.id, k.seq"
)
OWN_KEYS = {
    "mysql": _KEYS.replace("{which}", "k.table_name = :name"),
    "postgresql": _PG_KEYS.replace("{which}", "t"),
    "sqlite": _LITE_KEYS.replace("{which}", "m.name"),
}
KEYS_TO = {
    "mysql": _KEYS.replace("{which}", "k.referenced_table_name = :name"),
    "postgresql": _PG_KEYS.replace("{which}", "p"),
    "sqlite": _LITE_KEYS.replace("{which}", 'k."table"'),
}
TRIGGERS = {  # name, table, timing, event, body
    "mysql": "SELECT trigger_name, event_object_table, action_timing, event_manipulation, action_statement"
    " FROM information_schema.triggers WHERE event_object_schema = :schema LIMIT {most}",
    "postgresql": "SELECT g.tgname, t.relname,"
    " CASE WHEN g.tgtype & 2 > 0 THEN 'BEFORE' WHEN g.tgtype & 64 > 0 THEN 'INSTEAD OF' ELSE 'AFTER' END,"
    " concat_ws(' OR ', CASE WHEN g.tgtype & 4 > 0 THEN 'INSERT' END, CASE WHEN g.tgtype & 16 > 0 THEN 'UPDATE' END,"
    " CASE WHEN g.tgtype & 8 > 0 THEN 'DELETE' END, CASE WHEN g.tgtype & 32 > 0 THEN 'TRUNCATE' END), p.prosrc"
    " FROM pg_trigger g JOIN pg_class t ON t.oid = g.tgrelid JOIN pg_namespace n ON n.oid = t.relnamespace"
    " JOIN pg_proc p ON p.oid = g.tgfoid WHERE n.nspname = :schema AND NOT g.tgisinternal LIMIT {most}",
    "sqlite": "SELECT name, tbl_name, '', '', sql FROM sqlite_master WHERE type = 'trigger' LIMIT {most}",
}
VIEWS = {  # name, definition
    "mysql": "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = :schema"
    " LIMIT {most}",
    "postgresql": "SELECT v.relname, pg_get_viewdef(v.oid) FROM pg_class v JOIN pg_namespace n ON n.oid ="
    " v.relnamespace WHERE n.nspname = :schema AND v.relkind IN ('v', 'm') LIMIT {most}",
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'view' LIMIT {most}",
}
TABLES = {"mysql": "SELECT count(*) FROM information_schema.tables WHERE table_schema = :schema"}
_MINE = "grantee = concat('''', replace(current_user(), '@', '''@'''), '''')"
RIGHTS = {  # table, or "" for the whole schema; what the account may there
    "mysql": f"SELECT '', privilege_type FROM information_schema.user_privileges WHERE {_MINE}"
    " UNION SELECT '', privilege_type FROM information_schema.schema_privileges"
    f" WHERE {_MINE} AND :schema LIKE table_schema"
    " UNION SELECT table_name, privilege_type FROM information_schema.table_privileges"
    f" WHERE {_MINE} AND table_schema = :schema",
}


def many(words: str, family: str, names: Sequence[str]) -> tuple[str, Mapping[str, object]]:
    """The question about one `:name` as one about several, and its binds.

    MySQL opens every table of the schema for `table_name IN (…)`, and only the named one for each `table_name = …`.
    """
    if family == "postgresql":
        return words.replace("= :name", "= ANY(CAST(:names AS text[]))"), {"names": list(names)}
    asked = (words.replace(":name", f":name{place}") for place in range(len(names)))
    return " UNION ALL ".join(asked), {f"name{place}": name for place, name in enumerate(names)}
