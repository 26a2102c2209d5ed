import pytest

from tests.repair.shops import desk_on_mariadb, desk_on_postgres, desk_on_sqlite


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("mariadb", marks=pytest.mark.server),
        pytest.param("postgres", marks=pytest.mark.server),
    ]
)
def desk(request, tmp_path):
    """The plain order system, empty, on each kind of database, with a configuration beside it."""
    if request.param == "sqlite":
        found = desk_on_sqlite(tmp_path)
    else:
        server = request.getfixturevalue(request.param)
        found = (desk_on_mariadb if request.param == "mariadb" else desk_on_postgres)(server, tmp_path)
    found.config()
    yield found
    found.plain.close()


@pytest.fixture
def lite(tmp_path):
    """The same on SQLite, for what does not depend on the database."""
    found = desk_on_sqlite(tmp_path)
    found.config()
    yield found
    found.plain.close()
