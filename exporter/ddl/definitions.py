"""Definitions inside CREATE and ALTER: a column, an index, a foreign key."""

from __future__ import annotations

from exporter.database.shape import IndexShape, Part
from exporter.ddl.nouns import Change, ColumnDef, Name
from exporter.ddl.tokens import Tokens
from exporter.ddl.words import VALUE_ENDS

_SYNONYMS = {
    "INTEGER": "int", "BOOL": "tinyint(1)", "BOOLEAN": "tinyint(1)", "DEC": "decimal", "NUMERIC": "decimal",
    "FIXED": "decimal", "REAL": "double", "CHARACTER": "char", "NCHAR": "char", "NVARCHAR": "varchar",
    "INT4": "int", "INT8": "bigint", "INT2": "smallint", "FLOAT8": "double", "FLOAT4": "float",
}  # fmt: skip
_MODIFIERS = ("UNSIGNED", "ZEROFILL", "SIGNED", "VARYING", "PRECISION", "BINARY")
_ZONES = (("WITH", "TIME", "ZONE"), ("WITHOUT", "TIME", "ZONE"))
KEYS = ("PRIMARY", "UNIQUE", "KEY", "INDEX", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN", "CHECK", "PERIOD")


def type_of(tokens: Tokens) -> str:
    """`varchar(64)`, `bigint unsigned`, `enum('a','b')`: as a server writes it, without CHARACTER SET."""
    word = tokens.name()
    base = _SYNONYMS.get(word.upper(), word.lower())
    if base == "double" or word.upper() == "CHARACTER":
        tokens.take("PRECISION")
    if tokens.take("VARYING"):
        base = "varchar"
    sizes = ""
    if tokens.peek() == "(":
        inside = tokens.brackets()
        sizes = "(" + ",".join(_size(each) for each in inside.parts()) + ")"
    rest = []
    while modifier := tokens.any(*_MODIFIERS):
        rest += [modifier.lower()] if modifier in ("UNSIGNED", "ZEROFILL") else []
    for zone in _ZONES:
        if tokens.take(*zone):
            rest.append(" ".join(zone).lower())
    while tokens.take("[", "]"):
        rest.append("[]")
    return " ".join((base + sizes if "(" not in base else base, *rest))


def _size(tokens: Tokens) -> str:
    token = tokens.next()
    return "'" + token.text.replace("'", "''") + "'" if token.kind == "string" else token.text


def column(tokens: Tokens, name: str | None = None) -> tuple[ColumnDef, list[IndexShape], Name | None]:
    """A column's definition, the indexes that it brings along, and the table it refers to; reads to the end."""
    name = tokens.name() if name is None else name
    said: dict[str, object] = {"type": type_of(tokens) if tokens.left else ""}
    indexes: list[IndexShape] = []
    parent: Name | None = None
    while tokens.left:
        if tokens.take("PRIMARY", "KEY") or tokens.take("PRIMARY"):
            said["nullable"] = False
            indexes.append(IndexShape("PRIMARY", (Part(name),), unique=True))
        elif tokens.take("UNIQUE"):
            tokens.take("KEY")
            indexes.append(IndexShape(name, (Part(name),), unique=True))
        elif tokens.take("REFERENCES"):
            parent = tokens.table()
        elif tokens.take("AFTER"):
            said["after"] = tokens.name()
        elif not _attribute(tokens, said):
            _other(tokens)
    return ColumnDef(name, **said), indexes, parent  # type: ignore[arg-type] # the words of ColumnDef


def _attribute(tokens: Tokens, said: dict[str, object]) -> bool:
    """Takes one attribute that says something about the column itself."""
    if tokens.take("NOT", "NULL"):
        said["nullable"] = False
    elif tokens.take("NULL"):
        said["nullable"] = True
    elif tokens.take("DEFAULT"):
        said["default"] = tokens.peek() != "NULL"
        _value(tokens)
    elif tokens.any("AUTO_INCREMENT", "AUTOINCREMENT"):
        said["auto"] = True
    elif tokens.take("CHARACTER", "SET") or tokens.take("CHARSET"):
        said["charset"] = tokens.value().lower()
    elif tokens.take("COLLATE"):
        said["collation"] = tokens.value().lower()
    elif tokens.take("GENERATED", "ALWAYS", "AS") or tokens.take("AS"):
        tokens.brackets()
        said["generated"] = "stored" if tokens.any("STORED", "PERSISTENT") else "virtual"
    elif tokens.take("FIRST"):
        said["after"] = ""
    else:
        return False
    return True


def _value(tokens: Tokens) -> None:
    """A default: a value, a call, or an expression in brackets."""
    first = True
    while tokens.left and (first or tokens.peek() not in VALUE_ENDS):
        if tokens.peek() == "(":
            tokens.brackets()
        else:
            tokens.next()
        first = False


def _other(tokens: Tokens) -> None:
    """Attributes that change nothing we judge: COMMENT 'x', ON UPDATE …, CHECK (…), STORAGE …"""
    if tokens.take("COMMENT"):
        tokens.value()
    elif tokens.peek() == "(":
        tokens.brackets()
    else:
        tokens.next()


def key(tokens: Tokens, table: Name) -> Change | None:
    """ADD of an index, a key or a constraint; None when a column is meant."""
    named = ""
    if tokens.take("CONSTRAINT") and tokens.peek() not in ("PRIMARY", "UNIQUE", "FOREIGN", "CHECK"):
        named = tokens.name()
    if tokens.take("CHECK"):
        valid = _options(tokens)
        return Change("check", table, named, options=valid)
    if tokens.take("FOREIGN", "KEY"):
        tokens.exists()
        own = "" if tokens.peek() == "(" else tokens.name()
        columns = [each.name() for each in tokens.brackets().parts()]
        if not tokens.take("REFERENCES"):
            raise tokens.unreadable()
        parent = tokens.table()
        index = IndexShape(named or own, tuple(Part(each) for each in columns), unique=False)
        return Change("add-key", table, named or own, index=index, parent=parent, options=_options(tokens))
    if tokens.take("PRIMARY", "KEY"):
        return Change("add-index", table, "PRIMARY", index=index_of(tokens, "PRIMARY", unique=True))
    unique = tokens.take("UNIQUE")
    kind = tokens.any("FULLTEXT", "SPATIAL").lower()
    if not tokens.any("INDEX", "KEY") and not unique and not kind:
        return None
    exists = tokens.exists()
    shape = index_of(tokens, named, unique=unique, kind=kind)
    return Change("add-index", table, shape.name, index=shape, exists=exists, options=_options(tokens))


def index_of(tokens: Tokens, name: str, *, unique: bool, kind: str = "") -> IndexShape:
    """`[name] [USING btree] (a, b(10) DESC) [USING btree]`; a name that is not given is the first column's."""
    if tokens.left and tokens.peek() not in ("(", "USING"):
        name = tokens.name()
    if tokens.take("USING"):
        kind = kind or tokens.next().text.lower()
    parts = tuple(_part(each) for each in tokens.brackets().parts())
    if tokens.take("USING"):
        kind = kind or tokens.next().text.lower()
    partial = any(each.text.upper() == "WHERE" for each in tokens.all[tokens.at :])
    return IndexShape(name or (parts[0].column if parts else ""), parts, unique, kind or "btree", partial)


def _part(tokens: Tokens) -> Part:
    if tokens.peek() == "(":
        return Part("")  # an expression
    name, prefix = tokens.name(), None
    if tokens.peek() == "(":
        inside = tokens.brackets()
        token = inside.next() if inside.left else None
        if token is None or token.kind != "number":
            return Part("")  # a call
        prefix = int(token.text) if token.text.isdecimal() else None
    return Part(name, prefix, descending=tokens.take("DESC"))


def _options(tokens: Tokens) -> frozenset[str]:
    """NOT VALID, which PostgreSQL may say of a constraint."""
    rest = " ".join(each.text.upper() for each in tokens.all[tokens.at :] if each.kind == "word")
    tokens.skip()
    return frozenset({"not valid"} if "NOT VALID" in rest else ())
