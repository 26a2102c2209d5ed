"""The trimmed replay: the healthy hour in eight seconds, then the incidents of `make replay` that need no moved clock.

Here it counts that every card comes, to its room, whole, and goes; how soon on a machine that does nothing else is told by
`make replay`.
"""

from __future__ import annotations

import pytest

from tests.incidents.__main__ import good, table
from tests.incidents.replay import replay

SLOW = 10.0


@pytest.mark.server
@pytest.mark.timeout(300)
def test_every_incident_is_told_in_its_room_with_its_evidence_and_told_as_over():
    result = replay(healthy=8, moved_clock=False)
    assert good(result, SLOW), f"\n{table(result)}"
