"""TLS to a real MariaDB: only when the address asks for it, checked, and with one context for all connections."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from exporter.database.deadline import Deadline
from exporter.database.mysql import _context
from exporter.shop import Unreachable
from tests.servers import needed
from tests.servers.mariadb import MariaDB


@pytest.fixture(scope="module")
def secured(tmp_path_factory: Any) -> Iterator[tuple[MariaDB, str]]:
    place = tmp_path_factory.mktemp("tls")
    place.chmod(0o755)
    subprocess.run([
        needed("openssl", "openssl"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem",
    ], check=True, capture_output=True, cwd=place)  # fmt: skip
    server = MariaDB(f"--ssl-cert={place / 'cert.pem'}", f"--ssl-key={place / 'key.pem'}")
    try:
        yield server.start(), str(place / "cert.pem")
    finally:
        server.remove()


def cipher(shop: Any) -> str:
    database = shop._premises.source(None).database
    return database.ask(text("SHOW STATUS LIKE 'Ssl_cipher'"), Deadline(5))[0][1]


def test_an_address_without_tls_connects_without(secured, opened):
    assert cipher(opened(secured[0].url("mysql"))) == ""


def test_the_servers_certificate_is_checked(secured, opened):
    server, certificate = secured
    assert cipher(opened(f"{server.url('mysql')}?ssl_ca={certificate}"))
    with pytest.raises(Unreachable, match="certificate"):
        cipher(opened(f"{server.url('mysql')}?tls=true"))


def test_skip_verify_encrypts_all_the_same_with_one_context(secured, opened):
    server, _ = secured
    _context.cache_clear()
    for account in ("root", "other"):
        server.account("other", "SELECT ON mysql.user", password="")
        assert cipher(opened(f"{server.url('mysql', user=account)}?tls=skip-verify"))
    assert _context.cache_info().misses == 1
