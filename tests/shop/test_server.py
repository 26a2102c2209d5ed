"""What `check` is told about a database."""

from __future__ import annotations

from tests.shop.conftest import DDL


def test_a_mariadb_account_that_may_write_is_noticed(mariadb, opened):
    name = mariadb.database("rights", DDL.format(time="DATETIME", more=""))
    mariadb.account("reader", "SELECT (id, order_no) ON rights.orders")
    mariadb.account("writer", "SELECT, UPDATE ON rights.*")

    reader = opened(mariadb.url(name, user="reader"), password="secret").node().server()
    writer = opened(mariadb.url(name, user="writer"), password="secret").node().server()

    assert (reader.product, reader.writes) == ("MariaDB", ())
    assert reader.version.startswith("10.") or reader.version.startswith("11.")
    assert writer.writes == ("UPDATE",)
    assert any("READ ONLY" in fence for fence in reader.fences)
    assert "ALL PRIVILEGES" in opened(mariadb.url(name)).node().server().writes
    assert "secret" not in repr(writer)


def test_a_postgres_superuser_is_noticed(postgres, opened):
    found = opened(postgres.url(postgres.database("rights"))).node().server()
    assert found.product == "PostgreSQL"
    assert "SUPER" in found.writes


def test_sqlite_cannot_be_written_at_all(tmp_path, opened):
    (tmp_path / "shop.db").touch()
    found = opened(f"sqlite:///{tmp_path / 'shop.db'}").node().server()
    assert (found.product, found.writes) == ("SQLite", ())
