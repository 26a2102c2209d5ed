"""What a column loses when its type changes: length, sign, fractions, values, exactness."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

_NAMES = {
    "character varying": "varchar", "character": "char", "integer": "int", "numeric": "decimal", "real": "float",
    "double precision": "double", "bpchar": "char", "int4": "int", "int8": "bigint", "bool": "boolean",
    "dec": "decimal",
    "timestamp without time zone": "datetime", "timestamp with time zone": "timestamp", "timestamptz": "timestamp",
    "json": "longtext",  # MariaDB's JSON is one
}  # fmt: skip
_INTS = {"tinyint": 1, "smallint": 2, "mediumint": 3, "int": 4, "bigint": 8}
_TEXTS = {"tinytext": 255, "text": 65_535, "mediumtext": 16_777_215, "longtext": 2**32 - 1}
_BLOBS = {"tinyblob": 255, "blob": 65_535, "mediumblob": 16_777_215, "longblob": 2**32 - 1}
_MOMENTS = ("datetime", "timestamp", "time", "year", "date")
_FLOATS = ("float", "double")
_LISTS = ("enum", "set")
_SHAPE = re.compile(
    r"\s*([a-z][a-z0-9_ ]*?)\s*(?:\((.*)\))?((?: (?:unsigned|zerofill|with(?:out)? time zone))*)\s*", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Type:
    """`base` in MySQL's words; `sizes` numbers or the values of an ENUM."""

    base: str
    sizes: tuple[str, ...] = ()
    unsigned: bool = False

    @classmethod
    def of(cls, text: str, family: str = "mysql") -> Type:
        found = _SHAPE.fullmatch(text.lower() if "'" not in text else text[:4].lower() + text[4:])
        if not found:
            return cls(text.strip().lower())
        name = found[1] + found[3].replace(" unsigned", "").replace(" zerofill", "")
        base = _NAMES.get(name, name)
        if family == "postgresql" and base == "text":
            base = "longtext"
        inside = found[2] or ""
        values = re.findall(r"'((?:[^']|'')*)'", inside) if "'" in inside else inside.split(",") if inside else []
        return cls(base, tuple(each.strip() for each in values), "unsigned" in found[3])

    @property
    def length(self) -> int | None:
        """Most characters, or bytes; None where that says nothing."""
        if self.base in ("char", "varchar", "binary", "varbinary"):
            return (
                int(self.sizes[0])
                if self.sizes and self.sizes[0].isdecimal()
                else 1
                if "var" not in self.base
                else None
            )
        return _TEXTS.get(self.base) or _BLOBS.get(self.base)

    @property
    def texts(self) -> bool:
        return self.base in ("char", "varchar") or self.base in _TEXTS

    @property
    def fraction(self) -> int:
        return int(self.sizes[0]) if self.sizes and self.sizes[0].isdecimal() else 0

    @property
    def digits(self) -> tuple[int, int]:
        """Before and behind the point of a DECIMAL; MySQL's DECIMAL alone is (10,0)."""
        numbers = [int(each) for each in self.sizes if each.isdecimal()]
        whole, scale = (*numbers, 0)[:2] if numbers else (10, 0)
        return whole - scale, scale


def losses(old: Type, new: Type) -> tuple[str, str] | None:
    """The rule that a change of type breaks and what is lost; None when every value stays as it is."""
    if new.base in _FLOATS and old.base not in _FLOATS:
        return "money-float", "exact numbers become binary fractions: sums are off by cents"
    for bases, judged in _ALIKE:
        if old.base in bases and new.base in bases and (bases is not _LISTS or old.base == new.base):
            return judged(old, new)
    if old.base == new.base:
        return _lengths(old, new)
    text = f"{old.base} becomes {new.base or 'another type'}: values are converted, and compared in another way"
    return "type-converted", text


def _decimals(old: Type, new: Type) -> tuple[str, str] | None:
    if new.unsigned and not old.unsigned:
        return "type-narrowed", "values below zero are refused"
    lost = any(after < before for before, after in zip(old.digits, new.digits, strict=True))
    return ("type-narrowed", "digits are lost or refused") if lost else None


def _floats(old: Type, new: Type) -> tuple[str, str] | None:
    return ("type-narrowed", "digits are lost") if (old.base, new.base) == ("double", "float") else None


def _ints(old: Type, new: Type) -> tuple[str, str] | None:
    if _INTS[new.base] < _INTS[old.base]:
        return "type-narrowed", "large values no longer fit"
    if new.unsigned and not old.unsigned:
        return "type-narrowed", "values below zero are refused, and subtractions fail with error 1690"
    if old.unsigned and not new.unsigned and _INTS[new.base] == _INTS[old.base]:
        return "type-narrowed", "the upper half of the values no longer fits"
    return None


def _values(old: Type, new: Type) -> tuple[str, str] | None:
    if gone := [value for value in old.sizes if value not in new.sizes]:
        return (
            "enum-values",
            f"{len(gone)} of {len(old.sizes)} values are gone: rows that hold one are refused or emptied",
        )
    if new.sizes[: len(old.sizes)] != old.sizes:
        return "enum-values", "values change their order, and with it their number and how rows are sorted"
    return None


def _lengths(old: Type, new: Type) -> tuple[str, str] | None:
    if old.base in _MOMENTS:
        return ("type-narrowed", "fractions of a second are rounded off") if new.fraction < old.fraction else None
    if new.length is not None and (old.length is None or new.length < old.length):
        return "type-narrowed", "longer values are refused or cut"
    return None


_Judged = Callable[[Type, Type], tuple[str, str] | None]
_ALIKE: tuple[tuple[Collection[str], _Judged], ...] = (
    (_INTS, _ints), (("decimal",), _decimals), (_LISTS, _values), (_FLOATS, _floats),
    (("char", "varchar", *_TEXTS), _lengths), (("binary", "varbinary", *_BLOBS), _lengths),
)  # fmt: skip
