from __future__ import annotations

import gzip
import sys

import lz4.frame
import pytest
import zstandard

from exporter.queues import Garbled, Unsupported
from exporter.queues.kafka.inflating import inflated

TEXT = b"".join(b'{"orderSn":"%d","note":"again and again"}' % n for n in range(20_000))


def pieces(data, size):
    return (data[at : at + size] for at in range(0, len(data), size))


PACKED = {1: gzip.compress(TEXT), 3: lz4.frame.compress(TEXT), 4: zstandard.compress(TEXT)}


@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("codec", PACKED)
def test_pieces_of_any_size_are_inflated(codec, size):
    found = list(inflated(codec, pieces(PACKED[codec], size)))
    assert b"".join(found) == TEXT
    assert max(map(len, found)) <= 1 << 16


def literal(data):
    return bytes([60 << 2, len(data) - 1]) + data


@pytest.mark.parametrize(
    ("elements", "text"),
    [
        (literal(b"order") + b"\x05\x05", b"orderorder"),  # 5 back by 5
        (literal(b"ab") + b"\x1e\x02\0", b"ab" + b"ababab" + b"ab"),  # 8 back by 2: into itself
        (literal(b"abc") + b"\x0b\x03\0\0\0", b"abcabc"),
        (b"\xf4\x03\0" + b"wxyz", b"wxyz"),
    ],
)
def test_copies_of_snappy_reach_back_and_into_themselves(elements, text):
    assert b"".join(inflated(2, [bytes([len(text)]), elements])) == text


def test_blocks_of_javas_snappy_follow_each_other():
    block = b"\x05" + literal(b"order")
    framed = b"\x82SNAPPY\0" + b"\0\0\0\x01\0\0\0\x01" + (len(block).to_bytes(4, "big") + block) * 3
    for size in (1, 5, 100):
        assert b"".join(inflated(2, pieces(framed, size))) == b"order" * 3


@pytest.mark.parametrize("elements", [b"\x09\x01", b"\x01\x00", b"\xfc\xff\xff\xff\xff", literal(b"too long"), b""])
def test_snappy_that_is_none_is_garbled(elements):
    with pytest.raises(Garbled):
        list(inflated(2, [b"\x05", elements]))


@pytest.mark.parametrize(("codec", "module"), [(3, "lz4.frame"), (4, "zstandard")])
def test_a_missing_library_says_what_to_install(monkeypatch, codec, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(Unsupported, match=r"pip install 'order-health\[kafka\]'"):
        list(inflated(codec, [PACKED[codec]]))
