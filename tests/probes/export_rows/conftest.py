import pytest

from tests.probes.export_rows.exports import Day


@pytest.fixture
def day(lite, origin):
    return Day(lite, origin)
