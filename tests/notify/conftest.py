from collections.abc import Iterator

import pytest

from tests.robots.serving import Served, serve


@pytest.fixture
def served() -> Iterator[Served]:
    with serve() as opened:
        yield opened
