"""The trimmed replay: the healthy hour in eight seconds, then every incident of `make replay`."""

from __future__ import annotations

import pytest

from tests.incidents.__main__ import good, table
from tests.incidents.replay import replay


@pytest.mark.server
@pytest.mark.timeout(300)
def test_every_incident_is_told_in_its_room_in_time_with_its_evidence_and_told_as_over():
    result = replay(healthy=8)
    assert good(result), f"\n{table(result)}"
