"""What a value looks like, told from its first bytes: a word for people, never a byte of it."""

from __future__ import annotations

import base64
import re
from codecs import BOM_UTF8, getincrementaldecoder

HEAD = 256
"""Bytes of a value that are looked at."""

_SHORTEST = 1024
"""Bytes below which a value is just text: an order number is in Base64's alphabet as well."""

_MAGIC = (
    (0, b"\xff\xd8\xff", "JPEG"),
    (0, b"\x89PNG", "PNG"),
    (0, b"GIF8", "GIF"),
    (8, b"WEBP", "WebP"),
    (6, b"\x00\x00\x00\x00", "BMP"),  # BM, four bytes of size, four reserved ones
    (4, b"ftyphei", "HEIC"),
    (4, b"ftyp", "MP4"),
    (0, b"II*\x00", "TIFF"),
    (0, b"MM\x00*", "TIFF"),
    (0, b"%PDF", "PDF"),
    (0, b"PK\x03\x04", "ZIP"),
    (0, b"\x1f\x8b", "gzip"),
    (0, b"\xac\xed\x00\x05", "Java object"),
    (0, b"<svg", "SVG"),
)
_URI = re.compile(rb"data:[\w.+/;=\\-]{0,80};base64,")
_ALPHABET = re.compile(rb"[A-Za-z0-9+/_-]+={0,2}")
_HEX = re.compile(rb"[0-9a-f]+|[0-9A-F]+")
_ESCAPED = re.compile(rb"\\[nr]|[\n\r]")

_VARIED = 20
_VARIED_HEX = 8
"""Distinct characters from which it is an encoding; a long line of dashes is none."""


def kind(head: bytes, length: int) -> str:
    """Of a string: its first HEAD bytes as they stand in the JSON, and its length in bytes."""
    text = _ESCAPED.sub(b"", head).replace(rb"\/", b"/")
    uri = _URI.match(text)
    text = text[uri.end() :] if uri else text
    if length < _SHORTEST and not uri:
        return "text"
    varied = len(set(text))
    if _HEX.fullmatch(text) and varied >= _VARIED_HEX:
        return "hex"
    if _ALPHABET.fullmatch(text):
        inside = _signed(_decoded(text))
        if inside or uri or varied >= _VARIED:
            return f"Base64 {inside}".rstrip()
    if text.lstrip()[:1] in (b"{", b"["):
        return "JSON in a text"
    return "text"


def form(head: bytes) -> str:
    """Of a whole body that is no JSON, by its first bytes: "Java object", "gzip", "Base64 JPEG", "XML", "binary" …"""
    if found := _signed(head):
        return found
    if head.removeprefix(BOM_UTF8).lstrip()[:1] == b"<":
        return "XML"
    if (found := kind(head, _SHORTEST)) != "text":
        return found
    try:
        getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut in two
    except UnicodeDecodeError:
        return "binary"
    return "binary" if _CONTROL.search(head) else "text"


_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a]")


def _decoded(text: bytes) -> bytes:
    start = text[:64].rstrip(b"=")
    return base64.b64decode(start[: len(start) // 4 * 4].translate(_PLAIN))


_PLAIN = bytes.maketrans(b"-_", b"+/")


def _signed(head: bytes) -> str:
    for at, magic, name in _MAGIC:
        if head[at : at + len(magic)] == magic and (name != "BMP" or head[:2] == b"BM"):
            return name
    return ""
