"""Which field of a body is fat, whatever the body is and however it comes."""

from __future__ import annotations

import base64
import json
import os
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.queues import Contents, Field
from exporter.queues.fields import Scanner

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 12)


def scanned(body: bytes, piece: int = 65536) -> Contents:
    scanner = Scanner()
    for at in range(0, len(body), piece):
        scanner.feed(body[at : at + piece])
    assert scanner.length == len(body)
    return scanner.contents()


def order(picture: str) -> bytes:
    return json.dumps({"no": "O-1", "items": [{"sku": "a"}, {"sku": "b", "picture": picture}]}).encode()


def test_the_fat_field_is_named_by_its_path_and_is_a_picture():
    found = scanned(order(JPEG.decode()))
    assert found.form == "JSON"
    assert found.fields[0] == Field("$.items[*].picture", len(JPEG), "Base64 JPEG")
    assert found.why == ""


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 1000])
def test_it_does_not_matter_in_which_pieces_a_body_comes(piece):
    body = json.dumps({"a": 'x\\"y' * 50, "b": {"c": ["é\n" * 40, "\\"], "d": 1.5}, "e": JPEG.decode()}).encode()
    assert scanned(body, piece) == scanned(body)


JSONS = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=4),
    max_leaves=12,
)


def longest(value, path="$"):
    """Path → bytes of all strings there, as the scanner should have found them."""
    if isinstance(value, str):
        yield path, len(json.dumps(value)) - 2
    elif isinstance(value, list):
        for each in value:
            yield from longest(each, f"{path}[*]")
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from longest(each, f"{path}.{key}")


@given(st.lists(JSONS, max_size=3) | st.dictionaries(st.sampled_from("abcd"), JSONS, max_size=4), st.integers(1, 9))
def test_it_finds_what_a_parser_finds(value, piece):
    sums: dict[str, int] = {}
    for path, size in longest(value):
        sums[path] = sums.get(path, 0) + size
    found = scanned(json.dumps(value).encode(), piece)
    strings = [field for field in found.fields if field.kind not in {"object", "array"}]
    assert all(sums[field.path] == field.bytes for field in strings)
    assert max(sums.values(), default=0) == max((field.bytes for field in strings), default=0)
    assert found.why == ""


@given(st.binary(max_size=300), st.integers(1, 20))
def test_no_bytes_upset_it(body, piece):
    scanned(body, piece)
    scanned(b'{"a":"' + body, piece)


def test_12_mb_take_no_memory_and_no_time():
    body = order(base64.b64encode(os.urandom(9_437_184)).decode())
    tracemalloc.start()
    begun = time.monotonic()
    found = scanned(body)
    seconds, (_, peak) = time.monotonic() - begun, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found.fields[0] == Field("$.items[*].picture", 12_582_912, "Base64")
    assert seconds < 1
    assert peak < 300_000


def test_escaped_slashes_do_not_hide_a_picture_and_cost_little():
    picture = (JPEG * 3000).replace(b"/", rb"\/")
    begun = time.monotonic()
    assert scanned(b'{"p":"' + picture + b'"}').fields == (Field("$.p", len(picture), "Base64 JPEG"),)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize("levels", [10_000, 300_000])
def test_ten_thousand_levels_are_read_in_constant_memory(levels):
    body = b'[{"a":' * levels + b'"' + b"x" * 5000 + b'"' + b"}]" * levels
    tracemalloc.start()
    found = scanned(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 500_000 + len(body) / 65536 * 64
    assert bool(found.why) == (levels > 10_000)
    assert all(len(field.path) < 200 for field in found.fields)


def test_invalid_utf_8_is_counted_like_anything_else():
    assert scanned(b'{"a":"' + b"\xff\xfe\xc3" * 1000 + b'","\xff":"' + b"y" * 2000 + b'"}').fields == (
        Field("$.a", 3000, "text"),
        Field("$.*", 2000, "text"),
    )


def test_many_small_values_are_told_by_what_holds_them():
    body = json.dumps({"no": "1", "items": [{"id": n, "name": "n" * 9} for n in range(2000)]}).encode()
    first, second = scanned(body).fields[:2]
    assert (first.path, first.kind) == ("$.items", "array")
    assert first.bytes > len(body) - 100
    assert (second.path, second.bytes) == ("$.items[*].name", 18_000)


def test_a_key_that_may_be_data_is_not_told():
    body = json.dumps({"orders": {f"2026112300{n}": {"memo": "m" * 90} for n in range(2000)}, "张三": "1"}).encode()
    paths = [field.path for field in scanned(body).fields]
    assert paths[:2] == ["$.orders.*.memo", "$.*"] or paths[1] == "$.orders.*.memo"
    assert not any("2026" in path or "张" in path for path in paths)


def test_a_body_that_breaks_off_says_so():
    assert scanned(b'{"a":"' + b"x" * 3000) == Contents("JSON", (Field("$.a", 3000, "text"),), "the JSON breaks off")


@pytest.mark.parametrize(
    ("body", "form"),
    [
        (b"\xac\xed\x00\x05sr\x00", "Java object"),
        (b"\x1f\x8b\x08\x00\x00", "gzip"),
        (b"<?xml version='1.0'?><a/>", "XML"),
        (b"\x0a\x05order\x12\x03abc", "binary"),
        ("订单".encode() * 200, "text"),
        (JPEG, "Base64 JPEG"),
        (b"\xff\xd8\xff\xe0" * 40, "JPEG"),
        (b"", "empty"),
        (b"\xef\xbb\xbf  {}", "JSON"),
    ],
)
def test_a_body_that_is_no_json_is_told_by_what_it_looks_like(body, form):
    assert scanned(body).form == form
    assert scanned(body, 1).form == form


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (base64.b64encode(b"\x89PNG\r\n\x1a\n" + os.urandom(2000)).decode(), "Base64 PNG"),
        (base64.urlsafe_b64encode(b"%PDF-1.7" + os.urandom(2000)).decode(), "Base64 PDF"),
        ("data:image/jpeg;base64," + JPEG.decode(), "Base64 JPEG"),
        (base64.encodebytes(b"PK\x03\x04" + os.urandom(2000)).decode(), "Base64 ZIP"),
        (os.urandom(2000).hex(), "hex"),
        ("no way " * 400, "text"),
        ("-" * 4000, "text"),
        ("1234567890" * 20, "text"),
        (json.dumps({"a": ["b"] * 500}), "JSON in a text"),
        ("没有图片" * 500, "text"),
    ],
)
def test_a_value_is_told_by_what_it_looks_like(value, kind):
    assert scanned(json.dumps({"v": value}).encode()).fields[0].kind == kind
