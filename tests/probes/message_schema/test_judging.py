"""Bodies that are no sound JSON, and those that break a schema: a path and a keyword, never a value."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.probes.message_schema.judging import Fault, judged
from exporter.probes.message_schema.schema import Schema

ANYTHING = Schema("any.json", "{}", frozenset())


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", Fault("$", "json")),
        (b"{'a': 1}", Fault("$", "json")),
        (b'{"a": 1} {"b": 2}', Fault("$", "json")),
        (b'{"a": "\xff"}', Fault("$", "utf-8")),
        ('{"a": 1}'.encode("utf-16"), Fault("$", "utf-8")),
        (b"[" * 10_000 + b"]" * 10_000, Fault("$", "depth")),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, Fault("$", "depth")),
        (b"[1e400]", Fault("$", "number")),
        (b"[-1e400]", Fault("$", "number")),
        (b"[NaN]", Fault("$", "number")),
        (b"[Infinity]", Fault("$", "number")),
        (b"9" * 5000, Fault("$", "number")),
        (b'{"a": 1, "b": {"orderNo": 1, "orderNo": 2}}', Fault("$..orderNo", "duplicate")),
        (b'{"13800138000": 1, "13800138000": 2}', Fault("$..*", "duplicate")),
        (b'{"\\ud800": 1, "\\ud800": 2}', Fault("$..*", "duplicate")),
    ],
)
def test_what_strict_readers_refuse_has_a_keyword_of_its_own(data, fault):
    assert judged(data, ANYTHING) == fault


@pytest.mark.parametrize("data", [b"{}", b"\xef\xbb\xbf{}", b'"\\ud800"', b"[[[[1.5]]]]", b"null"])
def test_sound_json_of_any_kind_is_nothing_to_tell(data):
    assert judged(data, ANYTHING) is None


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_judged_without_an_error(data):
    found = judged(data, ANYTHING)
    assert found is None or found.path.startswith("$")


ORDER = {
    "required": ["no"],
    "properties": {
        "no": {"maxLength": 5},
        "a.b": {"type": "string"},
        "paid": {"multipleOf": 0.01},
        "lines": {"items": {"properties": {"sku": {"enum": ["A", "B"]}}, "additionalProperties": False}},
        "by_day": {"additionalProperties": {"type": "integer"}},
        "kind": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "never": False,
    },
}


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"no": "O-1234"}, Fault("$.no", "maxLength")),
        ({"a.b": 1}, Fault("$.a.b", "type")),
        ({"paid": 1.005}, Fault("$.paid", "multipleOf")),
        ({"lines": [{"sku": "A"}, {"sku": "C"}]}, Fault("$.lines[*].sku", "enum")),
        ({"lines": [{"13800138000": 1}]}, Fault("$.lines[*]", "additionalProperties")),
        ({"by_day": {"li@example.com": "x"}}, Fault("$.by_day.*.*", "type")),
        ({"kind": 5}, Fault("$.kind", "anyOf")),
        ({"never": 5}, Fault("$.never", "false")),
    ],
)
def test_a_path_has_the_names_of_the_schema_and_no_key_that_may_be_data(tmp_path, more, fault):
    (tmp_path / "s.json").write_text(json.dumps(ORDER))
    schema = Schema.read("s.json", tmp_path)
    assert judged(json.dumps({"no": "O-1", **more}).encode(), schema) == fault


def test_of_what_is_missing_the_first_is_named(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps({"required": ["no", "items", "paid"]}))
    assert judged(b'{"no": 1}', Schema.read("s.json", tmp_path)) == Fault("$.items", "required")


EVERYTHING = {
    "type": ["object", "array"],
    "properties": {
        "list": {"uniqueItems": True, "contains": {"type": "integer"}},
        "订单号": {"const": {"a": [1, None, True]}},
        "a b": {"if": {"type": "integer"}, "then": {"minimum": 3}, "else": {"maxLength": 3}},
        "n": {"multipleOf": 0.01},
        "x-y": {"oneOf": [{"type": "string"}, {"maxLength": 2}]},
    },
    "additionalProperties": {"$ref": "#/$defs/m"},
    "propertyNames": {"maxLength": 5, "pattern": "^[^;]"},
    "$defs": {"m": {"type": ["object", "string"], "additionalProperties": {"$ref": "#"}}},
}
KEYS = st.sampled_from(["{", "{0}", "{data}", '"', "'", "\\", "%s", "[0]", "x.y", *EVERYTHING["properties"]])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS | st.text(max_size=7), below, max_size=4),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schemas")
    (folder / "s.json").write_text(json.dumps(EVERYTHING))
    return Schema.read("s.json", folder)


@given(value=VALUES)
def test_whatever_the_keys_are_a_path_is_made_of_the_schema_s_own_names(everything, value):
    found = judged(json.dumps(value).encode(), everything)
    names = "|".join(map(re.escape, everything.names))
    assert found is None or re.fullmatch(rf"\$(\.(\*|{names})|\[\*\])*", found.path)
