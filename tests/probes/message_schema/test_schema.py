"""Schema files: what is read, what is refused at load, and that nothing in one can hold the process up."""

import json
import re
import socket
import time

import pytest

from exporter.probes.message_schema.formats import FORMATS
from exporter.probes.message_schema.judging import Fault, judged
from exporter.probes.message_schema.patterns import MOST, steps
from exporter.probes.message_schema.schema import Schema


@pytest.fixture
def read(tmp_path):
    def read(given):
        text = given if isinstance(given, bytes) else json.dumps(given).encode()
        (tmp_path / "order.json").write_bytes(text)
        return Schema.read("order.json", tmp_path)

    return read


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"$ref": "http://schemas.example/order.json"}, 'leads out of the file, and nothing is fetched; write "#/defi'),
        ({"$ref": "other.json#/definitions/a"}, "leads out of the file"),
        ({"items": {"$ref": "#/definitions/itm"}, "definitions": {"item": {}}}, "did you mean 'item'"),
        ({"properties": {"a": {"$id": "http://x.example/"}}}, "properties.a: $id stands at the top"),
        ({"patternProperties": {".*": {}}}, "patternProperties is not judged; list properties"),
        ({"properites": {}}, "did you mean 'properties'"),
        ({"type": "strnig"}, "type: is one of array, boolean"),
        ({"properties": {"a": {"maxLength": "5"}}}, "properties.a.maxLength: is a whole number"),
        ({"exclusiveMinimum": True}, "read as draft 7"),
        ({"required": "no"}, 'write ["orderNo", "items"]'),
        ({"format": "hostname"}, "is none that is judged, which are date-time"),
        ({"pattern": "^a"}, "needs a maxLength of 1,000 or less"),
        ({"pattern": "^(a+)+$", "maxLength": 50}, "may take too long"),
        ({"pattern": "^(", "maxLength": 50}, "is no regular expression"),
        ({"properties": {'a"+b': {}}}, "has a name that cannot be judged"),
        ({"anyOf": []}, "anyOf: is a list of schemas"),
        ([], "is no schema; write an object"),
        (b"{", "order.json:1:2: is no JSON"),
        (b"\xff{}", "is no UTF-8 text"),
        (b"[" * 100_000, "too deep"),
        (b'{"const": NaN}', "NaN"),
        (b'{"maximum": 1e400}', "or a number too large"),
        (b'"' + b"x" * 1_100_000 + b'"', "larger than 1 MB"),
        ({"type": "x", "format": "y", "enum": [], "maxLength": -1, "minLength": -1}, "; and 2 more faults"),
    ],
)
def test_a_file_with_a_fault_is_refused_with_the_place_and_a_remedy(read, given, told):
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        read(given)
    assert str(error.value).startswith("order.json")


def test_a_file_that_is_not_there_says_where_it_is_looked_for(tmp_path):
    with pytest.raises(ValueError, match=r"nowhere\.json: cannot be read: no such file.*as seen from config\.yaml"):
        Schema.read("nowhere.json", tmp_path)


def test_nothing_is_fetched_whatever_stands_in_the_file(read, monkeypatch):
    def refuse(*_):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "create_connection", refuse)
    schema = read(
        {"$schema": "http://x.example/draft", "$id": "http://x.example/y", "properties": {"a": {"$ref": "#"}}}
    )
    assert judged(b'{"a": {"a": {}}}', schema) is None


def test_a_schema_is_compiled_once_however_often_it_is_read(read):
    given = {"type": "object", "required": ["compiled_once"]}
    assert read(given).validator is read({**given, "title": "again"}).validator


def test_definitions_whose_names_differ_by_one_sign_stay_apart(read):
    schema = read({
        "properties": {"a": {"$ref": "#/definitions/it-em"}, "b": {"$ref": "#/$defs/it_em"}},
        "definitions": {"it-em": {"type": "string"}}, "$defs": {"it_em": {"type": "number"}},
    })  # fmt: skip
    assert judged(b'{"a": "x", "b": 1}', schema) is None
    assert judged(b'{"a": "x", "b": "x"}', schema) == Fault("$.b", "type")


def test_a_definition_that_leads_to_itself_is_a_failure_and_no_crash(read):
    schema = read({"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/a"}}})
    assert judged(b"{}", schema) == Fault("$", "depth")


@pytest.mark.parametrize(
    "pattern",
    ["(a+)+$", "(a|a)*$", "(a*)*b", ".*.*.*=", r"(\d+\s?)+x", r"(.+)\1+$", "(?=(a+)+b)a", "((ab)?c?){60}x"],
)
def test_a_pattern_that_may_backtrack_for_long_is_too_dear(pattern):
    assert steps(pattern, 200) > MOST


@pytest.mark.parametrize("pattern", [r"^O-[0-9]{8,20}$", r"^[A-Z]+$", r"^(?:paid|pending)$", r"^\d{4}-\d\d(-\d\d)?$"])
def test_usual_patterns_are_allowed(pattern):
    assert steps(pattern, 200) <= MOST


@pytest.mark.parametrize("pattern", [r"^[a-z]+[a-z]+$", r"[a-y]{1,20}[a-y]{1,20}z", r"^(?:a|a|aa){0,6}$", r"[a-z]+\d"])
def test_what_is_allowed_ends_soon_on_the_worst_text(pattern):
    assert steps(pattern, 100) <= MOST
    begun = time.monotonic()
    re.search(pattern, "a" * 100 + "!")
    assert time.monotonic() - begun < 0.2


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("date-time", "2024-06-01T12:00:00.5+08:00", "2024-06-01 12:00:00"),
        ("date", "2024-06-01", "2024-13-01"),
        ("time", "12:00:00Z", "25:00:00Z"),
        ("email", "li@example.com", "li@example"),
        ("uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567"),
        ("uri", "https://img.example/a.png", "img/a.png"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", ":::1"),
    ],
)
def test_formats_tell_right_from_wrong(name, good, bad):
    assert FORMATS[name](good)
    assert not FORMATS[name](bad)
    begun = time.monotonic()
    for text in ("a." * 130_000, "a@" + "b." * 130_000, ":" * 260_000, "2" * 260_000):
        assert not FORMATS[name](text)
    assert time.monotonic() - begun < 0.1
