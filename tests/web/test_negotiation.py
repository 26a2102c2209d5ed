"""What a client says it can read."""

import pytest
from starlette.requests import Request

from exporter.web.negotiation import accepts_gzip, language


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, False),
        (b"", False),
        (b"gzip", True),
        (b"GZIP;q=0.5", True),
        (b"deflate, gzip;q=1.0, *;q=0.5", True),
        (b"gzip;q=0", False),
        (b"*", True),
        (b"*;q=0", False),
        (b"br", False),
        (b"gzip;q=x", False),
        (b"gzip," * 1000, False),
    ],
)
def test_gzip_only_for_who_asks(header, wanted):
    assert accepts_gzip(header) is wanted


@pytest.mark.parametrize(
    ("header", "query", "wanted"),
    [
        ("", "", "zh"),
        ("*", "", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "", "zh"),
        ("en-GB,en;q=0.9", "", "en"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "", "en"),
        ("fr;q=1, en;q=0.5", "", "en"),
        ("en;q=0.3, zh-TW;q=0.9", "", "zh"),
        ("en", "lang=zh", "zh"),
        ("zh", "lang=en", "en"),
        ("en", "lang=<script>", "en"),
    ],
)
def test_the_language_is_the_readers(header, query, wanted):
    scope = {"type": "http", "headers": [(b"accept-language", header.encode())], "query_string": query.encode()}
    assert language(Request(scope)) == wanted
