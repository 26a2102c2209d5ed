import pytest

from tests.probes.plain import on_mariadb, on_sqlite


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.server)])
def plain(request, tmp_path):
    """The plain order system, empty, on each kind of database."""
    shop = on_sqlite(tmp_path) if request.param == "sqlite" else on_mariadb(request.getfixturevalue("mariadb"), "plain")
    yield shop
    shop.close()


@pytest.fixture
def lite(tmp_path):
    """The plain order system on SQLite, for what does not depend on the database."""
    shop = on_sqlite(tmp_path)
    yield shop
    shop.close()
